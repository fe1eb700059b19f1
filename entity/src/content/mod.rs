//! Content: missions and their screens, as they were last stored by a sync.

pub mod check;
pub mod concept;
pub mod exercise;
pub mod mission;
pub mod progress;
pub mod screen;
pub mod sync_record;
