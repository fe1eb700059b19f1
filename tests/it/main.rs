//! Stories told to the real thing.

mod execution;
mod prove;
mod sandbox;
mod tidy;
