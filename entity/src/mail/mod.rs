//! Mail: what leaves the platform as a letter.

pub mod letter;
