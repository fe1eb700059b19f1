//! Jobs and lanes, as whoever waits for them sees them, and whoever looks after them steers them.

pub mod cursor;
pub mod loader;
pub mod mutation;
pub mod object;
pub mod query;
pub mod subscription;
