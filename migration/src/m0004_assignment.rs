//! Assignments and their tests.

crate::step::step!("m0004_assignment");

const UP: &[&str] = &[
    "CREATE TABLE assignment (
        id {key},
        course_id BIGINT NOT NULL REFERENCES course (id),
        endpoint TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        description_html TEXT NOT NULL,
        language TEXT NOT NULL,
        main TEXT NOT NULL,
        template {json} NOT NULL,
        due_at BIGINT NOT NULL,
        due_local TEXT NOT NULL,
        time_zone TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        synced_at BIGINT NOT NULL)",
    "CREATE INDEX assignment_course ON assignment (course_id, id)",
    "CREATE TABLE test_case (
        id {key},
        assignment_id BIGINT NOT NULL REFERENCES assignment (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        points BIGINT NOT NULL,
        hidden BOOLEAN NOT NULL,
        task {bytes} NOT NULL,
        UNIQUE (assignment_id, position))",
];
