//! Stories told to the real thing.

mod clients;
mod execution;
mod job;
mod prove;
mod sandbox;
