//! Runs and what they wrote.

crate::step::step!("m0006_execution");

const UP: &[&str] = &[
    "CREATE TABLE run (
        id {key},
        course_id BIGINT NOT NULL REFERENCES course (id),
        requester_id BIGINT NOT NULL REFERENCES \"user\" (id),
        exercise_id BIGINT REFERENCES exercise (id),
        submission_id BIGINT REFERENCES submission (id),
        language TEXT NOT NULL,
        state TEXT NOT NULL,
        plan {bytes} NOT NULL,
        files {json} NOT NULL,
        verdict TEXT,
        blame TEXT,
        outcome {bytes},
        created_at BIGINT NOT NULL,
        finished_at BIGINT)",
    "CREATE INDEX run_submission ON run (submission_id, id) WHERE submission_id IS NOT NULL",
    "CREATE INDEX run_exercise ON run (exercise_id, requester_id, id) WHERE exercise_id IS NOT NULL",
    "CREATE INDEX run_requester ON run (requester_id, id)",
    "CREATE INDEX run_course ON run (course_id, id)",
    "CREATE TABLE run_record (
        run_id BIGINT NOT NULL REFERENCES run (id),
        attempt INTEGER NOT NULL,
        position BIGINT NOT NULL,
        kind TEXT NOT NULL,
        step INTEGER NOT NULL,
        bytes {bytes} NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (run_id, attempt, position))",
];
