//! Jobs, as whoever waits for them sees them.

pub mod cursor;
pub mod loader;
pub mod object;
pub mod query;
pub mod subscription;
