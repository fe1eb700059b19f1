//! How far learners are: what they have seen, where they were last, which hints they have opened and whether they were shown the answer; and who has
//! synchronised what, from which commit.

crate::step::step!("m0031_learning");

const UP: &[&str] = &[
    // When learners may see the model solutions before they have passed.
    "ALTER TABLE course ADD COLUMN answers TEXT NOT NULL DEFAULT 'passed'",
    // Nobody has noted when what was tried before this was seen first.
    "ALTER TABLE screen_progress ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE screen_progress ADD COLUMN last_at BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE screen_progress ADD COLUMN hints INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE screen_progress ADD COLUMN answer_at BIGINT",
    "UPDATE screen_progress SET seen_at = coalesce(passed_at, 0), last_at = coalesce(passed_at, 0)",
    "CREATE TABLE content_sync (
        id {key},
        -- The job is gone some weeks later.
        job BIGINT NOT NULL,
        subject TEXT NOT NULL,
        course_id BIGINT REFERENCES course (id),
        outcome TEXT NOT NULL,
        errors INTEGER NOT NULL,
        warnings INTEGER NOT NULL,
        requester_id BIGINT REFERENCES \"user\" (id),
        -- Of the repository that the folder belongs to, if it is one.
        commit_hash TEXT,
        done_at BIGINT NOT NULL
    )",
    "CREATE INDEX content_sync_subject ON content_sync (subject, id)",
    "CREATE INDEX content_sync_course ON content_sync (course_id, id)",
    "CREATE INDEX content_sync_requester ON content_sync (requester_id) WHERE requester_id IS NOT NULL",
];
