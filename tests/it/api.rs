//! For client authors: the cookbook's programs do what its page says, and typed clients are made of the schema.

mod cookbook;
mod follow;
mod kitchen;
mod page;
mod rust;
mod scripts;
mod typed;
