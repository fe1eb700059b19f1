//! Stories told to the real thing.

mod access;
mod clients;
mod docs;
mod execution;
mod job;
mod prove;
mod rights;
mod sandbox;
mod tidy;
