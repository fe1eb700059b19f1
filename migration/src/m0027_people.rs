//! What a roster says of people, codes by which they join, scores and comments by people, requests that are done once, and which version of
//! a client there is.
//!
//! A score may be about a backup that was not handed in, and may come from no run. Its column `submission_id` keeps its name, which processes
//! of before write; a submission has the key of its backup.

crate::step::step!("m0027_people");

const UP: &[&str] = &[
    "ALTER TABLE enrollment ADD COLUMN student_number TEXT",
    "ALTER TABLE enrollment ADD COLUMN class_account TEXT",
    "ALTER TABLE enrollment ADD COLUMN lab_section TEXT",
    "CREATE TABLE join_code (
        id {key},
        course_id BIGINT NOT NULL REFERENCES course (id),
        digest {bytes} NOT NULL UNIQUE,
        lab_section TEXT,
        expires_at BIGINT,
        max_uses INTEGER,
        uses INTEGER NOT NULL,
        creator_id BIGINT REFERENCES \"user\" (id),
        created_at BIGINT NOT NULL,
        revoked_at BIGINT)",
    "CREATE INDEX join_code_course ON join_code (course_id, id)",
    "{on postgres}ALTER TABLE score
        DROP CONSTRAINT score_submission_id_fkey,
        ADD CONSTRAINT score_submission_id_fkey FOREIGN KEY (submission_id) REFERENCES backup (id),
        ALTER COLUMN run_id DROP NOT NULL,
        ALTER COLUMN maximum DROP NOT NULL,
        ADD COLUMN assignment_id BIGINT REFERENCES assignment (id),
        ADD COLUMN message TEXT,
        ADD COLUMN archived_at BIGINT",
    "{on postgres}UPDATE score SET assignment_id = (SELECT assignment_id FROM backup WHERE backup.id = score.submission_id)",
    "{on sqlite}CREATE TABLE score_anew (
        id {key},
        submission_id BIGINT NOT NULL REFERENCES backup (id),
        run_id BIGINT REFERENCES run (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        owner_id BIGINT NOT NULL REFERENCES \"user\" (id),
        kind TEXT NOT NULL,
        value BIGINT NOT NULL,
        maximum BIGINT,
        grader_id BIGINT REFERENCES \"user\" (id),
        created_at BIGINT NOT NULL,
        assignment_id BIGINT REFERENCES assignment (id),
        message TEXT,
        archived_at BIGINT,
        UNIQUE (run_id, kind))",
    "{on sqlite}INSERT INTO score_anew (id, submission_id, run_id, course_id, owner_id, kind, value, maximum, grader_id, created_at,
            assignment_id)
        SELECT id, submission_id, run_id, course_id, owner_id, kind, value, maximum, grader_id, created_at,
            (SELECT assignment_id FROM backup WHERE backup.id = score.submission_id) FROM score ORDER BY id",
    // No key comes twice, whatever was the last.
    "{on sqlite}DELETE FROM sqlite_sequence WHERE name = 'score_anew'",
    "{on sqlite}INSERT INTO sqlite_sequence (name, seq) SELECT 'score_anew', seq FROM sqlite_sequence WHERE name = 'score'",
    "{on sqlite}DROP TABLE score",
    "{on sqlite}ALTER TABLE score_anew RENAME TO score",
    "{on sqlite}CREATE INDEX score_submission ON score (submission_id, id)",
    "{on sqlite}CREATE INDEX score_owner ON score (owner_id, id)",
    "{on sqlite}CREATE INDEX score_course ON score (course_id, id)",
    // Of one kind only the last counts.
    "UPDATE score SET archived_at = {now} WHERE EXISTS (SELECT 1 FROM score AS later
        WHERE later.submission_id = score.submission_id AND later.kind = score.kind AND later.id > score.id)",
    "CREATE UNIQUE INDEX score_counts ON score (submission_id, kind) WHERE archived_at IS NULL",
    "CREATE TABLE comment (
        id {key},
        backup_id BIGINT NOT NULL REFERENCES backup (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        owner_id BIGINT NOT NULL REFERENCES \"user\" (id),
        author_id BIGINT NOT NULL REFERENCES \"user\" (id),
        filename TEXT NOT NULL,
        line INTEGER NOT NULL,
        message TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL)",
    "CREATE INDEX comment_backup ON comment (backup_id, id)",
    "CREATE INDEX comment_owner ON comment (owner_id, id)",
    "CREATE INDEX comment_author ON comment (author_id, id)",
    "CREATE INDEX comment_course ON comment (course_id, id)",
    "CREATE TABLE bulk_request (
        id {key},
        user_id BIGINT NOT NULL REFERENCES \"user\" (id),
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        digest TEXT NOT NULL,
        answer {bytes},
        created_at BIGINT NOT NULL,
        UNIQUE (user_id, kind, key))",
    "CREATE INDEX bulk_request_age ON bulk_request (created_at)",
    "CREATE TABLE client_version (
        name TEXT NOT NULL PRIMARY KEY,
        current_version TEXT NOT NULL,
        download_link TEXT NOT NULL,
        updated_at BIGINT NOT NULL)",
];
