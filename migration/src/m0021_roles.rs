//! Roles as data: what a role allows in a course, or in all of them; who owns a course; and who acts in whose name.

crate::step::step!("m0021_roles");

const UP: &[&str] = &[
    "CREATE TABLE role (
        id {key},
        course_id BIGINT REFERENCES course (id),
        key TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        permissions TEXT NOT NULL,
        created_at BIGINT NOT NULL)",
    "CREATE UNIQUE INDEX role_of_course ON role (course_id, key) WHERE course_id IS NOT NULL",
    "CREATE UNIQUE INDEX role_of_site ON role (key) WHERE course_id IS NULL",
    "ALTER TABLE enrollment ADD COLUMN role_id BIGINT REFERENCES role (id)",
    "ALTER TABLE enrollment ADD COLUMN owner BOOLEAN NOT NULL DEFAULT FALSE",
    "CREATE UNIQUE INDEX enrollment_owner ON enrollment (course_id) WHERE owner",
    "CREATE INDEX enrollment_role ON enrollment (role_id) WHERE role_id IS NOT NULL",
    "ALTER TABLE session ADD COLUMN impersonator_id BIGINT REFERENCES \"user\" (id)",
];
