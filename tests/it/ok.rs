//! The door of the `ok` client, by the real client and by scripts.

mod acceptance;
mod broken_off;
mod clocks;
mod faults;
mod late;
mod pages;
mod revise;
mod scripts;
mod upload;

pub(crate) use upload::upload_at;
