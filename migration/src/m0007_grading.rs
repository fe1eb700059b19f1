//! Scores.

crate::step::step!("m0007_grading");

const UP: &[&str] = &[
    "CREATE TABLE score (
        id {key},
        submission_id BIGINT NOT NULL REFERENCES submission (id),
        run_id BIGINT NOT NULL REFERENCES run (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        owner_id BIGINT NOT NULL REFERENCES \"user\" (id),
        kind TEXT NOT NULL,
        value BIGINT NOT NULL,
        maximum BIGINT NOT NULL,
        grader_id BIGINT REFERENCES \"user\" (id),
        created_at BIGINT NOT NULL,
        UNIQUE (run_id, kind))",
    "CREATE INDEX score_submission ON score (submission_id, id)",
    "CREATE INDEX score_owner ON score (owner_id, id)",
    "CREATE INDEX score_course ON score (course_id, id)",
];
