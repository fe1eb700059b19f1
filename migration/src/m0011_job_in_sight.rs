//! Jobs that can be watched and steered: their events in a table of their own, the lanes' switches, the processes that work, and
//! how long jobs wait.

crate::step::step!("m0011_job_in_sight");

const UP: &[&str] = &[
    // The position of a job's last event. The statement that moves a job moves this along.
    "ALTER TABLE job ADD COLUMN head BIGINT NOT NULL DEFAULT 0",
    // When it was claimed last, and for how many microseconds it had been due then.
    "ALTER TABLE job ADD COLUMN started_at BIGINT",
    "ALTER TABLE job ADD COLUMN waited BIGINT",
    // The position of the event that says that it was claimed. It is stored when the lease ends; until then the row says it.
    "ALTER TABLE job ADD COLUMN claim_head BIGINT",
    // The job that took its place.
    "ALTER TABLE job ADD COLUMN superseded_by BIGINT",
    "CREATE TABLE job_event (
        job_id BIGINT NOT NULL,
        position BIGINT NOT NULL,
        kind TEXT NOT NULL,
        data {json} NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (job_id, position))",
    "INSERT INTO job_event (job_id, position, kind, data, at)
        SELECT CAST(substr(stream, 5) AS BIGINT), position, kind, data, at FROM event WHERE stream LIKE 'job/%'",
    "UPDATE job SET head = coalesce((SELECT max(job_event.position) FROM job_event WHERE job_event.job_id = job.id), 0)",
    "DELETE FROM event WHERE stream LIKE 'job/%'",
    "DELETE FROM stream WHERE name LIKE 'job/%'",
    // A row without a key, subject, course or requester has no place in their indexes: most changes of a job touch three.
    "DROP INDEX job_queued_key",
    "DROP INDEX job_leased_key",
    "DROP INDEX job_subject",
    "DROP INDEX job_course",
    "DROP INDEX job_requester",
    "CREATE UNIQUE INDEX job_queued_key ON job (key) WHERE state = 'queued' AND key IS NOT NULL",
    "CREATE UNIQUE INDEX job_leased_key ON job (key) WHERE state = 'leased' AND key IS NOT NULL",
    "CREATE INDEX job_subject ON job (subject) WHERE subject IS NOT NULL",
    "CREATE INDEX job_course ON job (course_id, id) WHERE course_id IS NOT NULL",
    "CREATE INDEX job_requester ON job (requester_id, id) WHERE requester_id IS NOT NULL",
    "CREATE INDEX job_dead ON job (lane, id) WHERE state = 'dead'",
    // Jobs that were lost twice are worked on alone.
    "CREATE INDEX job_suspect ON job (lane, class, rank, id) WHERE state = 'queued' AND losses >= 2",
    "ALTER TABLE lane ADD COLUMN paused_at BIGINT",
    "ALTER TABLE lane ADD COLUMN paused_by BIGINT REFERENCES \"user\" (id)",
    "ALTER TABLE lane ADD COLUMN pause_reason TEXT",
    // The processes that work or serve, as they were heard of last.
    "CREATE TABLE worker (
        holder TEXT NOT NULL PRIMARY KEY,
        host TEXT NOT NULL,
        pid BIGINT NOT NULL,
        role TEXT NOT NULL,
        version TEXT NOT NULL,
        lanes {json} NOT NULL,
        kinds {json} NOT NULL,
        started_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL)",
    // How many jobs of a lane and course were begun in a minute after waiting for so long; 0 is no course.
    "CREATE TABLE lane_wait (
        lane TEXT NOT NULL,
        course_id BIGINT NOT NULL,
        minute BIGINT NOT NULL,
        bucket INTEGER NOT NULL,
        jobs BIGINT NOT NULL,
        PRIMARY KEY (lane, course_id, minute, bucket))",
    // How many bodies of a lane ended in a minute, and for how many microseconds they had run together.
    "CREATE TABLE lane_work (
        lane TEXT NOT NULL,
        minute BIGINT NOT NULL,
        jobs BIGINT NOT NULL,
        micros BIGINT NOT NULL,
        PRIMARY KEY (lane, minute))",
];
