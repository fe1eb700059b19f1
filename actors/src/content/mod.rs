//! Content: a teacher's folder of notebooks becomes missions and screens.

pub mod prove;

mod trial;
