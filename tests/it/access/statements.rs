//! A question costs a constant number of statements, however many rows there are.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use entity::course::enrollment::Role;
use entity::viewer::ViewerScope;
use serde_json::Value;
use tests::backend::Backend;
use tests::campus as plain;
use tests::stories;
use tests::world::World;

use super::ask::Asker;
use super::campus::enroll;

stories![a_nested_question_costs_the_same_for_few_and_for_many];

const QUESTION: &str = "{ courses(first: 1) { nodes { assignments(first: 20) { nodes { title tests { name } submissions(first: 20) { nodes { \
     isFinal lateness submitter { name } scores { value grader { name } } files { name text } \
     runs(first: 2) { nodes { verdict job { state } } } } } } } } } }";

async fn a_nested_question_costs_the_same_for_few_and_for_many(backend: Backend) {
    let world = World::idle(backend).await;
    let course = plain::course(&world, "course").await;
    let staff = plain::person(&world, "staff").await;
    enroll(&world, staff, course, Role::Grader).await;
    grow(&world, course, staff, 0..2).await;
    let few = count(&world, staff).await;
    grow(&world, course, staff, 2..20).await;
    let many = count(&world, staff).await;
    assert_eq!((few.1, many.1), (2 * 2, 20 * 20), "everything must be in the answer");
    assert_eq!(few.0, many.0, "another number of statements for many rows");
    world.stop().await;
}

/// The statements of the question, and the hand-ins in its answer.
async fn count(world: &World, staff: i64) -> (Vec<String>, usize) {
    let scope = Arc::new(ViewerScope::load(world.db().read(), staff).await.expect("rights"));
    let mut asker = Asker::new(world, &scope);
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&seen);
    asker.deps.db.observe_reads(move |statement| notes.lock().expect("notes").push(shape(statement)));
    let answer = asker.ask(QUESTION).await;
    let assignments = answer.at(&["courses", "nodes", "0", "assignments", "nodes"]).expect("an answer without errors");
    let hand_ins = assignments.as_array().expect("a list").iter();
    let hand_ins: Vec<&Value> =
        hand_ins.flat_map(|row| row["submissions"]["nodes"].as_array().expect("a list")).collect();
    for hand_in in &hand_ins {
        assert_eq!(hand_in["files"][0]["text"], "print(1)", "{hand_in}");
        assert_eq!(hand_in["scores"].as_array().map(Vec::len), Some(1), "{hand_in}");
        assert_eq!(hand_in["runs"]["nodes"].as_array().map(Vec::len), Some(1), "{hand_in}");
        assert!(hand_in["submitter"]["name"].is_string(), "{hand_in}");
    }
    let mut statements = std::mem::take(&mut *seen.lock().expect("notes"));
    statements.sort();
    (statements, hand_ins.len())
}

/// A statement without its lists: where it reads from.
fn shape(statement: &str) -> String {
    statement.split(" FROM ").skip(1).filter_map(|rest| rest.split([' ', ')']).next()).collect::<Vec<_>>().join(" ")
}

/// Adds what is missing for so many assignments with as many hand-ins each; each hand-in has a file, a run and a score.
async fn grow(world: &World, course: i64, staff: i64, places: std::ops::Range<i64>) {
    let digest = entity::file::digest(b"print(1)");
    entity::file::keep(world.db().write_connection(), vec![b"print(1)".to_vec()]).await.expect("a file");
    for place in places.clone() {
        let student = plain::person(world, &format!("student-{place}")).await;
        enroll(world, student, course, Role::Student).await;
        plain::assignment(world, course, &format!("assignment-{place}")).await;
    }
    let pairs = format!(
        "FROM assignment a CROSS JOIN \"user\" u WHERE u.id <> {staff} AND NOT EXISTS \
         (SELECT 1 FROM submission s WHERE s.assignment_id = a.id AND s.submitter_id = u.id)"
    );
    let files = format!(r#"[{{"name": "main.py", "digest": "{digest}", "size": 8}}]"#);
    let json = if world.db().is_embedded() { "" } else { "::jsonb" };
    let mut text = String::new();
    let _ = write!(
        text,
        "INSERT INTO backup (assignment_id, course_id, submitter_id, files, operation_key, received_at) \
         SELECT a.id, {course}, u.id, '{files}'{json}, CAST(a.id AS TEXT) || '-' || CAST(u.id AS TEXT), 0 {pairs}"
    );
    world.execute(&text, []).await;
    let new = "FROM backup b WHERE NOT EXISTS (SELECT 1 FROM submission s WHERE s.id = b.id)";
    let into = "INSERT INTO submission (id, assignment_id, course_id, submitter_id, submitted_at)";
    world.execute(&format!("{into} SELECT b.id, b.assignment_id, b.course_id, b.submitter_id, 0 {new}"), []).await;
    let plan = if world.db().is_embedded() { "x''" } else { "''::bytea" };
    let missing = "FROM submission s WHERE NOT EXISTS (SELECT 1 FROM run r WHERE r.submission_id = s.id)";
    let into = "INSERT INTO run (course_id, requester_id, submission_id, language, state, plan, files, created_at)";
    let row = format!("s.course_id, s.submitter_id, s.id, 'python3', 'queued', {plan}, '[]'{json}, 0");
    world.execute(&format!("{into} SELECT {row} {missing}"), []).await;
    let into =
        "INSERT INTO score (submission_id, run_id, course_id, owner_id, kind, value, maximum, grader_id, created_at)";
    let row = format!("r.submission_id, r.id, r.course_id, r.requester_id, 'total', 0, 0, {staff}, 0");
    let missing = "FROM run r WHERE NOT EXISTS (SELECT 1 FROM score s WHERE s.run_id = r.id)";
    world.execute(&format!("{into} SELECT {row} {missing}"), []).await;
}
