//! The pages of hand-ins read an index, never the whole table, whoever asks.

use std::sync::{Arc, Mutex};

use entity::course::enrollment::Role;
use entity::viewer::ViewerScope;
use sea_orm::{ConnectionTrait as _, Statement};
use tests::backend::Backend;
use tests::campus as plain;
use tests::stories;
use tests::world::World;

use super::ask::Asker;
use super::campus::enroll;

stories![a_page_of_hand_ins_reads_no_whole_table];

/// Hand-ins in the table.
const MANY: i64 = 20_000;
/// Assignments that they are spread over: one of them is asked for.
const ASSIGNMENTS: i64 = 40;

async fn a_page_of_hand_ins_reads_no_whole_table(backend: Backend) {
    let world = World::idle(backend).await;
    let courses = [plain::course(&world, "home").await, plain::course(&world, "away").await];
    for number in 0..ASSIGNMENTS {
        plain::assignment(&world, courses[usize::from(number % 2 != 0)], &format!("assignment-{number}")).await;
    }
    let mut people = Vec::new();
    for name in ["student", "grader", "both"] {
        people.push(plain::person(&world, name).await);
    }
    enroll(&world, people[0], courses[0], Role::Student).await;
    enroll(&world, people[1], courses[0], Role::Grader).await;
    enroll(&world, people[2], courses[0], Role::Student).await;
    enroll(&world, people[2], courses[1], Role::Grader).await;
    hand_in(&world).await;
    for person in people {
        for assignment in world.numbers("SELECT id FROM assignment ORDER BY id LIMIT 2").await {
            for statement in statements(&world, person, assignment).await {
                let plan = plan(&world, &statement).await;
                let scans: Vec<&String> = plan.iter().filter(|line| scans_the_table(line)).collect();
                assert!(scans.is_empty(), "person {person} on assignment {assignment}:\n{statement}\n{plan:#?}");
                assert!(
                    plan.iter().any(|line| line.contains("submission_")),
                    "no index of hand-ins:\n{statement}\n{plan:#?}"
                );
            }
        }
    }
    world.stop().await;
}

/// Everybody hands in everywhere, over and over.
async fn hand_in(world: &World) {
    for number in 0..20 {
        plain::person(world, &format!("person-{number}")).await;
    }
    let empty = if world.db().is_embedded() { "'[]'" } else { "'[]'::jsonb" };
    let numbers = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})");
    let one = |table: &str| format!("(SELECT min(id) FROM {table})");
    let assignment = format!("{} + n.i % {ASSIGNMENTS}", one("assignment"));
    let person = format!("{} + (n.i / {ASSIGNMENTS}) % 23", one("\"user\""));
    let text = format!(
        "INSERT INTO backup (assignment_id, course_id, submitter_id, files, operation_key, received_at) {numbers} \
         SELECT a.id, a.course_id, {person}, {empty}, CAST(n.i AS TEXT), 0 FROM n JOIN assignment a ON a.id = {assignment}"
    );
    assert_eq!(world.execute(&text, []).await, MANY.unsigned_abs());
    let into = "INSERT INTO submission (id, assignment_id, course_id, submitter_id, submitted_at)";
    world.execute(&format!("{into} SELECT id, assignment_id, course_id, submitter_id, 0 FROM backup"), []).await;
    world.execute("ANALYZE", []).await;
}

/// What is asked of the table for a page, with the values in it.
async fn statements(world: &World, person: i64, assignment: i64) -> Vec<String> {
    let scope = Arc::new(ViewerScope::load(world.db().read(), person).await.expect("rights"));
    let mut asker = Asker::new(world, &scope);
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&seen);
    asker.deps.db.observe_statements(move |statement| notes.lock().expect("notes").push(statement.to_string()));
    let id = entity::id::encode(entity::id::Kind::Assignment, assignment);
    let answer = asker
        .ask(&format!("{{ node(id: \"{id}\") {{ ... on Assignment {{ submissions {{ nodes {{ id }} }} viewerSubmissions {{ nodes {{ id }} }} }} }} }}"))
        .await;
    assert!(answer.error(&["node"]).is_none());
    let seen = std::mem::take(&mut *seen.lock().expect("notes"));
    let wanted: Vec<String> = seen.into_iter().filter(|text| text.contains("FROM \"submission\"")).collect();
    assert!(wanted.len() == 1 || answer.at(&["node"]).is_some_and(serde_json::Value::is_null), "{wanted:#?}");
    wanted
}

async fn plan(world: &World, statement: &str) -> Vec<String> {
    let connection = world.db().read();
    let (explain, column) = if world.db().is_embedded() { ("EXPLAIN QUERY PLAN", 3) } else { ("EXPLAIN", 0) };
    let statement = Statement::from_string(connection.get_database_backend(), format!("{explain} {statement}"));
    let rows = connection.query_all_raw(statement).await.expect("a plan");
    rows.iter().map(|row| row.try_get_by_index(column).expect("a line")).collect()
}

/// A line of a plan that reads the table of hand-ins from one end to the other.
fn scans_the_table(line: &str) -> bool {
    let whole = ["Seq Scan on submission", "SCAN submission"];
    whole.iter().any(|whole| line.contains(whole))
}
