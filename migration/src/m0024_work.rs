//! Deadlines with a lock, extensions and a late policy; groups that share their work; and whose work is which: one row for each student, which
//! says what counts and why.

crate::step::step!("m0024_work");

const UP: &[&str] = &[
    // The last instant at which work is taken for handed in; none: there is no end.
    "ALTER TABLE assignment ADD COLUMN lock_at BIGINT",
    "ALTER TABLE assignment ADD COLUMN lock_local TEXT",
    "ALTER TABLE assignment ADD COLUMN max_group_size INTEGER NOT NULL DEFAULT 1",
    // At most so many submissions; none: as many as one likes.
    "ALTER TABLE assignment ADD COLUMN attempts INTEGER",
    "ALTER TABLE assignment ADD COLUMN revisions BOOLEAN NOT NULL DEFAULT FALSE",
    // What lateness costs, as JSON that we wrote.
    "ALTER TABLE assignment ADD COLUMN late_policy TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE course ADD COLUMN slip_days INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE \"group\" (
        id {key},
        assignment_id BIGINT NOT NULL REFERENCES assignment (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        created_at BIGINT NOT NULL)",
    "CREATE INDEX group_assignment ON \"group\" (assignment_id, id)",
    "CREATE TABLE member (
        id {key},
        group_id BIGINT NOT NULL REFERENCES \"group\" (id),
        assignment_id BIGINT NOT NULL REFERENCES assignment (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        user_id BIGINT NOT NULL REFERENCES \"user\" (id),
        active BOOLEAN NOT NULL,
        invited_by BIGINT REFERENCES \"user\" (id),
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        UNIQUE (group_id, user_id))",
    // Nobody is in two groups of an assignment, however many accept at once.
    "CREATE UNIQUE INDEX member_active ON member (assignment_id, user_id) WHERE active",
    "CREATE INDEX member_user ON member (user_id, id)",
    "CREATE TABLE extension (
        id {key},
        assignment_id BIGINT NOT NULL REFERENCES assignment (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        user_id BIGINT NOT NULL REFERENCES \"user\" (id),
        state TEXT NOT NULL,
        due_at BIGINT NOT NULL,
        due_local TEXT NOT NULL,
        reason TEXT NOT NULL,
        answer TEXT NOT NULL DEFAULT '',
        decided_by BIGINT REFERENCES \"user\" (id),
        created_at BIGINT NOT NULL,
        decided_at BIGINT)",
    "CREATE UNIQUE INDEX extension_granted ON extension (assignment_id, user_id) WHERE state = 'granted'",
    "CREATE UNIQUE INDEX extension_requested ON extension (assignment_id, user_id) WHERE state = 'requested'",
    "CREATE INDEX extension_assignment ON extension (assignment_id, id)",
    "CREATE INDEX extension_user ON extension (user_id, id)",
    "ALTER TABLE work RENAME TO work_before",
    "CREATE TABLE work (
        id {key},
        assignment_id BIGINT NOT NULL REFERENCES assignment (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        owner_id BIGINT NOT NULL REFERENCES \"user\" (id),
        group_id BIGINT REFERENCES \"group\" (id),
        group_size INTEGER NOT NULL DEFAULT 1,
        due_at BIGINT,
        final_submission_id BIGINT REFERENCES submission (id),
        flagged_submission_id BIGINT REFERENCES submission (id),
        flagged_by BIGINT REFERENCES \"user\" (id),
        submissions INTEGER NOT NULL DEFAULT 0,
        last_backup_id BIGINT REFERENCES backup (id),
        last_done_at BIGINT,
        UNIQUE (assignment_id, owner_id))",
    "INSERT INTO work (assignment_id, course_id, owner_id, final_submission_id, submissions, last_backup_id)
        SELECT assignment_id, (SELECT course_id FROM assignment WHERE assignment.id = assignment_id), owner_id, final_submission_id,
            submissions, final_submission_id
        FROM work_before ORDER BY assignment_id, owner_id",
    "DROP TABLE work_before",
    "CREATE INDEX work_assignment ON work (assignment_id, id)",
    "CREATE INDEX work_owner ON work (owner_id, id)",
    "CREATE INDEX work_course ON work (course_id, id)",
    "CREATE INDEX work_group ON work (group_id) WHERE group_id IS NOT NULL",
    // When it was done, by the client's clock as far as that can be: never after it came.
    "ALTER TABLE backup ADD COLUMN done_at BIGINT NOT NULL DEFAULT 0",
    "UPDATE backup SET done_at = CASE WHEN client_created_at < received_at THEN client_created_at ELSE received_at END",
    // Whether work that was done later had come before it.
    "ALTER TABLE backup ADD COLUMN resent BOOLEAN NOT NULL DEFAULT FALSE",
    "DROP INDEX backup_submitter",
    "CREATE INDEX backup_submitter ON backup (submitter_id, assignment_id, done_at, id)",
    "CREATE INDEX backup_assignment ON backup (assignment_id, id)",
    "CREATE INDEX backup_course ON backup (course_id, id)",
];
