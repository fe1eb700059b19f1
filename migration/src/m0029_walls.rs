//! Times of the wall are written as in ISO 8601, without a blank.

crate::step::step!("m0029_walls");

const UP: &[&str] = &[
    "UPDATE assignment SET due_local = replace(due_local, ' ', 'T'), lock_local = replace(lock_local, ' ', 'T')",
    "UPDATE extension SET due_local = replace(due_local, ' ', 'T')",
];
