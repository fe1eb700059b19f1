//! Assignments: what staff and students settle about them. What they are comes from their [folder](crate::content); of the rules by which they
//! are handed in, staff may say [otherwise](update), and there are some without a folder, which are [created](create) by hand.

pub mod change;
pub mod create;
pub mod extension;
pub mod update;
