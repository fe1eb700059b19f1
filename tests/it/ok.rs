//! The door of the `ok` client, by the real client and by scripts.

mod acceptance;
mod scripts;
mod upload;
