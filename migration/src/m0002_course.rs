//! The catalogue and who takes part.

crate::step::step!("m0002_course");

const UP: &[&str] = &[
    "CREATE TABLE section (
        id {key},
        key TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        description TEXT NOT NULL,
        position INTEGER NOT NULL)",
    "CREATE TABLE course (
        id {key},
        key TEXT NOT NULL UNIQUE,
        section_id BIGINT NOT NULL REFERENCES section (id),
        title TEXT NOT NULL,
        description TEXT NOT NULL,
        position INTEGER NOT NULL,
        time_zone TEXT NOT NULL)",
    "CREATE INDEX course_section ON course (section_id, position)",
    "CREATE TABLE enrollment (
        id {key},
        user_id BIGINT NOT NULL REFERENCES \"user\" (id),
        course_id BIGINT NOT NULL REFERENCES course (id),
        role TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        UNIQUE (user_id, course_id))",
    "CREATE INDEX enrollment_course ON enrollment (course_id)",
];
