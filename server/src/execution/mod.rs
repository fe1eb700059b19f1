//! Runs: starting them, looking at them, following what they write.

pub mod cli;
pub mod language;
pub mod loader;
pub mod mutation;
pub mod object;
pub mod record;
pub mod subscription;
pub mod test_result;
