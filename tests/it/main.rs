//! Stories told to the real thing.

mod docs;
mod execution;
mod prove;
mod sandbox;
mod tidy;
