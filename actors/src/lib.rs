//! Everything that happens: the job kernel, the actors, and a folder per noun with its operations and job kinds.
//!
//! The kernel, bottom up: [`database`] and [`write`](mod@write) (a transaction with its events and bells), [`job`] (what a job kind is),
//! [`line`](mod@line) (how actors are reached), [`writer`], [`lane`], [`runner`], [`cron`], [`live`], [`bell`], [`guardian`],
//! [`tally`] and [`pulse`] (what is counted, and told to the other processes), [`budget`] (what each viewer has asked for), [`sign_ins`] (who was let in a moment ago), and [`kernel`], which starts and drains them. [`jobs`] is
//! what people see of jobs and do to them. [`kinds`] is the list of all job kinds, [`lanes`] of the lanes. The nouns see the kernel and each other's
//! job payloads; the kernel sees no noun but through [`kinds`].
//! [`cause`] tells in the log why something broke, without what people sent. [`keeping`] copies all of it: backups, restoring and moving.

pub mod assignment;
pub mod bell;
pub mod budget;
pub mod bulk;
pub mod cause;
pub mod content;
pub mod courier;
pub mod course;
pub mod cron;
pub mod database;
pub mod deps;
pub mod effect;
pub mod execution;
pub mod gathering;
pub mod grading;
pub mod guardian;
pub mod identity;
pub mod job;
pub mod jobs;
pub mod keeping;
pub mod kernel;
pub mod kinds;
pub mod lane;
pub mod lanes;
pub mod line;
pub mod live;
pub mod mail;
pub mod posting;
pub mod problem;
pub mod pulse;
pub mod runner;
mod shift;
pub mod sign_ins;
pub mod submission;
pub mod tally;
pub mod taskqueue;
pub mod write;
pub mod writer;
