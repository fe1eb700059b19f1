//! The door for programs that keep tasks here, as those programs use it.

mod bad_input;
mod batch;
mod broken_off;
mod client;
mod doors;
mod fields;
mod hold;
mod lease;
mod memory;
mod pages;
mod plan;
mod queue;
