//! The harness of the stories: databases of their own, the kernel around them, and the other ends of the wires.
//!
//! [`backend`] tells a story once on each database; [`base`] is a data folder with a migrated database; [`world`] is the job
//! kernel on such a base, [`site`] the whole site, reached by [`client`]. [`redis`](mod@redis) is what may be between several of them. [`browser`] is one as far as its requests go, [`mailbox`] what somebody got by letter. [`serving`] is the program in a process of its own, [`ear`] whom it tells how it does. [`runner`] are pages that have programs run, [`taskqueue`] clients of task queues. [`faults`] is what breaks things. [`okpy`], [`smtp`], [`gql`] and [`graphql_ws`] are programs that others wrote, for what must work with those; [`cookbook`] is what the pages for client authors show. [`folder`] is what an author writes. What is
//! downloaded for them lies under `target/tests`.
//!
//! [`lasting`], [`flask`] and [`processor`] are for measurements: a client that costs little, a server to stand beside ours, and what it costs.
//!
//! [`machine`] says once more what may happen to a job, as a function without a database.

pub mod backend;
pub mod base;
pub mod browser;
pub mod campus;
mod child;
pub mod client;
pub mod cookbook;
pub mod ear;
pub mod faults;
pub mod flask;
pub mod folder;
pub mod frames;
pub mod gql;
pub mod graphql_ws;
pub mod hand;
pub mod hostile;
pub mod lasting;
pub mod machine;
pub mod mailbox;
pub mod oidc;
pub mod okpy;
pub mod postgres;
pub mod processor;
pub mod redis;
pub mod runner;
pub mod serving;
pub mod site;
pub mod smtp;
pub mod sqlite;
pub mod stage;
pub mod taskqueue;
pub mod tools;
pub mod world;
