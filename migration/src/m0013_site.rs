//! The site that a database holds: which life of it this is, and whether it has moved away.

crate::step::step!("m0013_site");

const UP: &[&str] = &[
    // One row, with 1 as its key.
    "CREATE TABLE site (
        id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
        incarnation TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        restored_at BIGINT,
        moved_at BIGINT,
        moved_to TEXT)",
    "INSERT INTO site (id, incarnation, created_at) VALUES (1, {token}, {now})",
];
