//! Everything that happens: the job kernel, the actors, and a folder per noun with its operations and job kinds.

pub mod content;
pub mod execution;
pub mod grading;
