//! The door for programs that keep tasks here, as those programs use it.

mod bad_input;
mod client;
mod doors;
mod hold;
mod lease;
mod plan;
mod queue;
