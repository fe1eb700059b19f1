//! Processes, databases and networks that break in the middle: what was acknowledged ends, once in effect, and waits for nobody.
//!
//! The processes are real, and so is what is done to them. Where a fault needs a second process or a network, PostgreSQL alone is
//! told: on SQLite there is one process and no network.

mod clock;
mod database;
mod network;
mod poison;
mod redis;
mod scene;
mod sender;
mod workers;
