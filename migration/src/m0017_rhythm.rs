//! Processes say after how long a silence they count as gone.

crate::step::step!("m0017_rhythm");

const UP: &[&str] = &[
    // In microseconds; none where an older version has written the row.
    "ALTER TABLE worker ADD COLUMN silence BIGINT",
];
