//! Jobs that are not due yet stand apart from those that are, so that who claims does not walk past them; and how many steps of a
//! job have been told, so that none is told twice.

crate::step::step!("m0016_job_postponed");

const UP: &[&str] = &[
    "ALTER TABLE job ADD COLUMN postponed BOOLEAN NOT NULL DEFAULT FALSE",
    // The number of the last step that was told of it; steps of a later attempt have higher numbers.
    "ALTER TABLE job ADD COLUMN told BIGINT NOT NULL DEFAULT 0",
    "UPDATE job SET postponed = TRUE WHERE state = 'queued' AND run_at > {now}",
    "DROP INDEX job_claim",
    "DROP INDEX job_suspect",
    "CREATE INDEX job_claim ON job (lane, class, rank, id) WHERE state = 'queued' AND NOT postponed",
    "CREATE INDEX job_suspect ON job (lane, class, rank, id) WHERE state = 'queued' AND NOT postponed AND losses >= 2",
    "CREATE INDEX job_postponed ON job (lane, run_at) WHERE state = 'queued' AND postponed",
];
