//! What happened to jobs, from their rows and from their events: what a row says is not stored a second time.

crate::step::step!("m0015_job_history");

const UP: &[&str] = &[
    // Earlier versions stored these too; an event that is there goes before what the row says at its place.
    "CREATE VIEW job_history AS
        SELECT job_id, position, kind, data, at FROM job_event
        UNION ALL
        SELECT id, 1, 'queued', {object}(), created_at FROM job
            WHERE head >= 1 AND NOT EXISTS (SELECT 1 FROM job_event WHERE job_id = job.id AND position = 1)
        UNION ALL
        SELECT id, claim_head, 'leased', {object}('attempt', attempt), started_at FROM job
            WHERE state IN ('leased', 'done') AND claim_head IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM job_event WHERE job_id = job.id AND position = job.claim_head)
        UNION ALL
        SELECT id, head, 'done', {object}('attempt', attempt, 'error', error), finished_at FROM job
            WHERE state = 'done' AND head >= 1
                AND NOT EXISTS (SELECT 1 FROM job_event WHERE job_id = job.id AND position = job.head)",
];
