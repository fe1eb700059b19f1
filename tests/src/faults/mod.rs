//! What breaks things, and what is counted afterwards.
//!
//! [`stagehand`] are processes that work jobs and can be killed, frozen and asked to stop; [`errand`] is the kind of job that they
//! know. [`mortal`] is a PostgreSQL of its own that can be killed and whose clock can be set; [`wire`] a network between the two
//! that can be cut, and [`relay`] one between clients and a server, which can keep answers to itself. [`ledger`] enqueues, remembers what was acknowledged, and in the end holds it against the rows.

pub mod errand;
pub mod ledger;
pub mod mortal;
pub mod relay;
pub mod stagehand;
pub mod wire;
