//! The door for programs on web pages, as those pages use it.

mod ada;
mod bad_input;
mod cancel;
mod download;
mod early;
mod killed;
mod lab;
mod last_record;
mod limits;
mod migration;
mod polling;
mod program;
mod rows;
mod socket;
