//! The door of the `ok` client, by the real client and by scripts.

mod acceptance;
mod revise;
mod scripts;
mod upload;
