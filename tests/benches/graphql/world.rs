//! The world that is asked about.

use sea_orm::ConnectionTrait;

pub const COURSES: i64 = 20;
pub const STUDENTS: i64 = 2_000;

/// The key of the person who teaches a course.
pub fn teacher(course: i64) -> i64 {
    STUDENTS + course
}

/// Makes it. `scale` is by how much everybody has handed in more than once.
pub async fn make(db: &impl ConnectionTrait, scale: u64) {
    let statements = [
        "INSERT INTO section (id, key, title, description, position) VALUES (1, 's', 'Section', '', 0)".to_owned(),
        format!(
            "INSERT INTO course (id, key, section_id, title, description, position, time_zone) \
             SELECT i, 'course-' || i, 1, 'Course number ' || i, '', i, 'UTC' FROM generate_series(1, {COURSES}) i"
        ),
        format!(
            "INSERT INTO \"user\" (id, email, name, admin, rights_version, created_at) \
             SELECT i, 'person' || i || '@example.edu', 'Student Name ' || i, false, 0, 0 FROM generate_series(1, {}) i",
            STUDENTS + COURSES
        ),
        "INSERT INTO assignment (id, course_id, endpoint, title, description_html, language, main, template, due_at, due_local, time_zone, \
           content_hash, synced_at) \
         SELECT i, (i - 1) % 20 + 1, 'course-' || ((i - 1) % 20 + 1) || '/a' || i, 'Assignment ' || i, \
           '<p>' || repeat('Do this and that. ', 30) || '</p>', 'python3', 'main.py', '[]', 1767225600000000 + i * 86400000000, \
           '2026-01-01T00:00', 'UTC', 'x', 0 FROM generate_series(1, 200) i"
            .to_owned(),
        // A student takes five courses, a teacher teaches two.
        format!(
            "INSERT INTO enrollment (user_id, course_id, role, created_at) \
             SELECT u, (u + k) % 20 + 1, 'student', 0 FROM generate_series(1, {STUDENTS}) u, generate_series(0, 4) k"
        ),
        format!(
            "INSERT INTO enrollment (user_id, course_id, role, created_at) \
             SELECT {STUDENTS} + c, (c + k - 1) % 20 + 1, 'instructor', 0 FROM generate_series(1, {COURSES}) c, generate_series(0, 1) k"
        ),
        format!(
            "INSERT INTO backup (id, assignment_id, course_id, submitter_id, files, operation_key, received_at) \
             SELECT n, assignment_id, course_id, user_id, '[]', 'k' || n, 1769904000000000 + 1000000 * n \
             FROM (SELECT row_number() OVER (ORDER BY t, a.id, e.user_id) AS n, a.id AS assignment_id, a.course_id, e.user_id \
                   FROM generate_series(1, {scale}) t, assignment a JOIN enrollment e ON e.course_id = a.course_id AND e.role = 'student') x"
        ),
        "INSERT INTO submission (id, assignment_id, course_id, submitter_id, submitted_at, points) \
         SELECT id, assignment_id, course_id, submitter_id, received_at, 10000 * ((assignment_id * 7 + submitter_id * 13) % 101) \
         FROM backup"
            .to_owned(),
        "INSERT INTO work (assignment_id, owner_id, final_submission_id, submissions) \
         SELECT assignment_id, submitter_id, max(id), count(*) FROM submission GROUP BY 1, 2"
            .to_owned(),
        // Whoever signs up later gets a key of their own.
        "SELECT setval(pg_get_serial_sequence('\"user\"', 'id'), (SELECT max(id) FROM \"user\"))".to_owned(),
        "VACUUM ANALYZE".to_owned(),
    ];
    for statement in statements {
        db.execute_unprepared(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}
