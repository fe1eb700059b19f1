//! The domain: rows and their relations, who may see and do what, pure rules, and the set-wise statements that change rows.
//!
//! Nothing here opens a connection, sends a message or knows that HTTP exists. One folder per noun; beside them:
//! [`clock`] and [`id`] (times and keys), [`viewer`] and [`visible`] (the only way in which rights are written),
//! [`row`](mod@row), [`edge`] and [`plan`] (how many rows are read by one statement), [`points`], [`sheet`] (tables of text), [`bulk`] (requests that are done once), [`site`] (which life of the site a database holds), and [`statement`] (one spelling of multi-row SQL for both databases).

pub mod assignment;
pub mod bulk;
pub mod clock;
pub mod content;
pub mod course;
pub mod edge;
pub mod execution;
pub mod file;
pub mod grading;
pub mod id;
pub mod identity;
pub mod job;
pub mod mail;
pub mod plan;
pub mod points;
pub mod row;
pub mod sheet;
pub mod site;
pub mod statement;
pub mod submission;
pub mod taskqueue;
pub mod viewer;
pub mod visible;
