//! The main job, end to end: a folder becomes a course, work is handed in, run, scored and told; and nothing of it is lost when the
//! process is killed in the middle.

mod full_disk;
pub mod killed;
mod outage;
mod refusals;
mod story;
