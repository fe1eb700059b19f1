//! Keeping a site: backups, restoring, moving, and forgetting finished jobs; by the real program where it is a command.

mod backup;
mod cursor;
mod mail;
mod moving;
mod page;
pub mod program;
mod refusal;
mod restore;
mod retention;
mod rows;
