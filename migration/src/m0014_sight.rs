//! Finding the waiting times of the last minutes, and the few jobs that were cancelled, without reading all others.

crate::step::step!("m0014_sight");

const UP: &[&str] = &[
    "CREATE INDEX lane_wait_minute ON lane_wait (minute)",
    "CREATE INDEX lane_work_minute ON lane_work (minute)",
    "CREATE INDEX job_cancelled ON job (id) WHERE state = 'cancelled'",
];
