//! Jobs, whose turn it is, and what happened.

crate::step::step!("m0009_job");

const UP: &[&str] = &[
    "CREATE TABLE job (
        id {key},
        kind TEXT NOT NULL,
        version INTEGER NOT NULL,
        lane TEXT NOT NULL,
        class INTEGER NOT NULL,
        rank BIGINT NOT NULL,
        state TEXT NOT NULL,
        key TEXT,
        payload {json} NOT NULL,
        course_id BIGINT REFERENCES course (id),
        requester_id BIGINT REFERENCES \"user\" (id),
        subject TEXT,
        run_at BIGINT NOT NULL,
        holder TEXT,
        lease_token BIGINT,
        lease_until BIGINT,
        attempt INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        max_failures INTEGER NOT NULL,
        losses INTEGER NOT NULL,
        error TEXT,
        created_at BIGINT NOT NULL,
        finished_at BIGINT)",
    "CREATE UNIQUE INDEX job_queued_key ON job (key) WHERE state = 'queued'",
    "CREATE UNIQUE INDEX job_leased_key ON job (key) WHERE state = 'leased'",
    "CREATE INDEX job_claim ON job (lane, class, rank, id) WHERE state = 'queued'",
    "CREATE INDEX job_lease ON job (lease_until) WHERE state = 'leased'",
    "CREATE INDEX job_subject ON job (subject)",
    "CREATE INDEX job_course ON job (course_id, id)",
    "CREATE INDEX job_requester ON job (requester_id, id)",
    "CREATE TABLE lane (
        name TEXT NOT NULL PRIMARY KEY,
        floor BIGINT NOT NULL)",
    "CREATE TABLE lane_share (
        lane TEXT NOT NULL,
        course_id BIGINT NOT NULL,
        last BIGINT NOT NULL,
        PRIMARY KEY (lane, course_id))",
    "CREATE TABLE stream (
        name TEXT NOT NULL PRIMARY KEY,
        head BIGINT NOT NULL)",
    "CREATE TABLE event (
        stream TEXT NOT NULL,
        position BIGINT NOT NULL,
        kind TEXT NOT NULL,
        data {json} NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (stream, position))",
    "CREATE TABLE cron_tick (
        entry TEXT NOT NULL PRIMARY KEY,
        last BIGINT NOT NULL)",
];
