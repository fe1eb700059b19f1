//! What staff asks about many students reads indexes, never a whole table, and costs the same number of statements for many assignments as for one.

use std::sync::{Arc, Mutex};

use entity::course::enrollment::Role;
use entity::id::{Kind, encode};
use entity::viewer::ViewerScope;
use sea_orm::{ConnectionTrait as _, Statement};
use tests::backend::Backend;
use tests::campus as plain;
use tests::stories;
use tests::world::World;

use super::ask::Asker;
use super::campus::enroll;

stories![what_staff_asks_reads_no_whole_table];

/// Courses, each with so many students and assignments: every student has handed in everywhere.
const COURSES: i64 = 40;
const STUDENTS: i64 = 25;
const ASSIGNMENTS: i64 = 20;
/// What grows with the number of students and of what they do.
const LARGE: [&str; 7] = ["work", "backup", "submission", "run", "score", "extension", "audit_entry"];

async fn what_staff_asks_reads_no_whole_table(backend: Backend) {
    let world = World::idle(backend).await;
    let course = grow(&world).await;
    let grader = plain::person(&world, "grader").await;
    enroll(&world, grader, course, Role::Grader).await;
    let scope = Arc::new(ViewerScope::load(world.db().read(), grader).await.expect("rights"));
    let assignment = world.numbers(&format!("SELECT min(id) FROM assignment WHERE course_id = {course}")).await[0];
    let person = world.numbers(&format!("SELECT min(id) FROM enrollment WHERE course_id = {course}")).await[0];
    let (course, assignment) = (encode(Kind::Course, course), encode(Kind::Assignment, assignment));
    let person = encode(Kind::Enrollment, person);
    let mut questions = vec![
        format!("{{ node(id: \"{assignment}\") {{ ... on Assignment {{ standings {{ late stuck }} }} }} }}"),
        format!("{{ node(id: \"{assignment}\") {{ ... on Assignment {{ statistics {{ works medianPoints }} }} }} }}"),
        format!(
            "{{ node(id: \"{person}\") {{ ... on Enrollment {{ history(first: 50) {{ nodes {{ kind at }} }} }} }} }}"
        ),
    ];
    for standing in ["NOT_BEGUN", "STARTED", "SUBMITTED", "LATE", "OVERDUE", "STUCK"] {
        questions.push(format!(
            "{{ node(id: \"{assignment}\") {{ ... on Assignment {{ works(filter: {{ standing: {standing} }}) {{ nodes {{ id }} }} }} }} }}"
        ));
        questions.push(format!(
            "{{ node(id: \"{course}\") {{ ... on Course {{ enrollments(filter: {{ standing: {standing}, assignment: \"{assignment}\" }}) {{ \
             nodes {{ id }} }} }} }} }}"
        ));
    }
    for question in questions {
        for statement in statements(&world, &scope, &question).await {
            let plan = plan(&world, &statement).await;
            let scans: Vec<&String> = plan.iter().filter(|line| scans_a_table(&statement, line)).collect();
            assert!(scans.is_empty(), "{scans:#?} for {question}\n{statement}\n{plan:#?}");
        }
    }
    let count = async |first: u32| {
        let all = format!(
            "{{ node(id: \"{course}\") {{ ... on Course {{ assignments(first: {first}) {{ nodes {{ standings {{ students submitted late }} \
             statistics {{ works }} }} }} }} }} }}"
        );
        statements(&world, &scope, &all).await.len()
    };
    assert_eq!(count(1).await, count(20).await, "another number of statements for many assignments");
    world.stop().await;
}

/// Makes it all; the key of a course in the middle.
async fn grow(world: &World) -> i64 {
    let numbers =
        |most: i64| format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})");
    let mut course = 0;
    for number in 0..COURSES {
        let made = plain::course(world, &format!("course-{number}")).await;
        course = if number == COURSES / 2 { made } else { course };
    }
    let first = plain::person(world, "first").await;
    let people = COURSES * STUDENTS;
    let empty = if world.db().is_embedded() { "'[]'" } else { "'[]'::jsonb" };
    let lowest = "(SELECT min(id) FROM course)";
    for text in [
        format!(
            "INSERT INTO \"user\" (email, name, created_at) {} SELECT 'p' || n.i || '@example.org', 'p', 0 FROM n",
            numbers(people)
        ),
        format!(
            "INSERT INTO enrollment (user_id, course_id, role, owner, created_at) \
             SELECT id, {lowest} + (id - {first}) % {COURSES}, 'student', FALSE, 0 FROM \"user\" WHERE id > {first}"
        ),
        format!(
            "INSERT INTO assignment (course_id, endpoint, title, description_html, language, main, template, due_at, due_local, time_zone, \
             content_hash, synced_at) {} SELECT {lowest} + n.i % {COURSES}, 'a/' || n.i, 'a', '', 'python3', 'main.py', {empty}, 5, '', 'UTC', '', 0 \
             FROM n",
            numbers(COURSES * ASSIGNMENTS)
        ),
        format!(
            "INSERT INTO backup (assignment_id, course_id, submitter_id, files, operation_key, received_at) \
             SELECT a.id, a.course_id, e.user_id, {empty}, a.id || '-' || e.user_id, 0 FROM assignment AS a JOIN enrollment AS e ON e.course_id = a.course_id"
        ),
        "INSERT INTO submission (id, assignment_id, course_id, submitter_id, submitted_at) \
         SELECT id, assignment_id, course_id, submitter_id, 9 FROM backup"
            .to_owned(),
        "INSERT INTO work (assignment_id, course_id, owner_id, final_submission_id, submissions, last_backup_id) \
         SELECT assignment_id, course_id, submitter_id, id, 1, id FROM submission"
            .to_owned(),
        format!(
            "INSERT INTO run (course_id, requester_id, submission_id, language, state, plan, files, created_at) \
             SELECT course_id, submitter_id, id, 'python3', 'done', {}, {empty}, 9 FROM submission",
            if world.db().is_embedded() { "x''" } else { "''::bytea" }
        ),
        "INSERT INTO score (submission_id, run_id, course_id, owner_id, kind, value, maximum, created_at, assignment_id) \
         SELECT submission_id, id, course_id, requester_id, 'total', 1, 2, 9, \
         (SELECT assignment_id FROM backup WHERE backup.id = run.submission_id) FROM run"
            .to_owned(),
        // Of an empty table PostgreSQL reads the whole, and rightly.
        "INSERT INTO extension (assignment_id, course_id, user_id, state, due_at, due_local, reason, created_at) \
         SELECT assignment_id, course_id, owner_id, 'declined', 9, '', '', 9 FROM work"
            .to_owned(),
        "INSERT INTO audit_entry (at, action, user_id, course_id, details) \
         SELECT 9, 'submission.flagged', owner_id, course_id, '{}' FROM work"
            .to_owned(),
        "ANALYZE".to_owned(),
    ] {
        world.execute(&text, []).await;
    }
    course
}

/// What a question asks of the database, with the values in it.
async fn statements(world: &World, scope: &Arc<ViewerScope>, question: &str) -> Vec<String> {
    let mut asker = Asker::new(world, scope);
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&seen);
    asker.deps.db.observe_statements(move |statement| notes.lock().expect("notes").push(statement.to_string()));
    let answer = asker.ask(question).await;
    assert!(answer.at(&["node"]).is_some_and(serde_json::Value::is_object), "no answer to {question}");
    std::mem::take(&mut *seen.lock().expect("notes"))
}

async fn plan(world: &World, statement: &str) -> Vec<String> {
    let connection = world.db().read();
    let (explain, column) = if world.db().is_embedded() { ("EXPLAIN QUERY PLAN", 3) } else { ("EXPLAIN", 0) };
    let statement = Statement::from_string(connection.get_database_backend(), format!("{explain} {statement}"));
    let rows = connection.query_all_raw(statement).await.expect("a plan");
    rows.iter().map(|row| row.try_get_by_index(column).expect("a line")).collect()
}

/// Whether a line of a plan reads a large table from one end to the other: PostgreSQL names the table, SQLite what the statement calls it.
fn scans_a_table(statement: &str, line: &str) -> bool {
    let line = line.trim_start_matches([' ', '-', '>']);
    if let Some(rest) = line.strip_prefix("Seq Scan on ") {
        return LARGE.contains(&rest.split_whitespace().next().unwrap_or_default());
    }
    let Some(name) = line.strip_prefix("SCAN ").and_then(|rest| rest.split_whitespace().next()) else { return false };
    let called = |table: &&str| {
        *table == name
            || [format!(" {table} AS {name} "), format!("\"{table}\" AS {name} ")]
                .iter()
                .any(|text| statement.contains(text))
    };
    // A table that has an index for the order alone is read whole as well, by that.
    LARGE.iter().any(called)
}
