//! Assignments: what staff and students settle about them. What they are comes from their [folder](crate::content).

pub mod extension;
