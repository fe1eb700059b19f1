//! Stories told to the real thing.

mod sandbox;
