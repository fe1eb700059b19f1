//! Files, backups, and what is handed in.

crate::step::step!("m0005_submission");

const UP: &[&str] = &[
    "CREATE TABLE blob (
        digest TEXT NOT NULL PRIMARY KEY,
        size BIGINT NOT NULL,
        bytes {bytes} NOT NULL)",
    "CREATE TABLE backup (
        id {key},
        assignment_id BIGINT NOT NULL REFERENCES assignment (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        submitter_id BIGINT NOT NULL REFERENCES \"user\" (id),
        files {json} NOT NULL,
        operation_key TEXT NOT NULL UNIQUE,
        client_created_at BIGINT,
        received_at BIGINT NOT NULL)",
    "CREATE INDEX backup_submitter ON backup (submitter_id, assignment_id)",
    "CREATE TABLE submission (
        id BIGINT NOT NULL PRIMARY KEY REFERENCES backup (id),
        assignment_id BIGINT NOT NULL REFERENCES assignment (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        submitter_id BIGINT NOT NULL REFERENCES \"user\" (id),
        submitted_at BIGINT NOT NULL)",
    "CREATE INDEX submission_assignment ON submission (assignment_id, id)",
    "CREATE INDEX submission_submitter ON submission (submitter_id, assignment_id, id)",
    "CREATE INDEX submission_course ON submission (course_id, id)",
    "CREATE TABLE work (
        assignment_id BIGINT NOT NULL REFERENCES assignment (id),
        owner_id BIGINT NOT NULL REFERENCES \"user\" (id),
        final_submission_id BIGINT NOT NULL REFERENCES submission (id),
        submissions INTEGER NOT NULL,
        PRIMARY KEY (assignment_id, owner_id))",
];
