//! Whoever follows something has a cursor. It is good for one life of the site: after a restore it is refused, not misread.

use entity::id::{self, Kind};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::base::Base;
use tests::graphql_ws::Said;
use tests::site::{Plan, Site};
use tests::stories;

use super::program::{text, told};
use super::restore::execute;

stories![cursors_end_with_their_life];

/// A course, a job and a run, about each of which two things can be told.
const ROWS: [&str; 9] = [
    "INSERT INTO section (id, key, title, description, position) VALUES (1, 's', '', '', 1)",
    "INSERT INTO course (id, key, section_id, title, description, position, time_zone) VALUES (1, 'c', 1, '', '', 1, 'UTC')",
    "INSERT INTO event (stream, position, kind, data, at) VALUES ('course/1', 1, 'a', '{}', 1), ('course/1', 2, 'b', '{}', 1)",
    "INSERT INTO stream (name, head) VALUES ('course/1', 2)",
    "INSERT INTO job (id, kind, version, lane, class, rank, state, payload, course_id, run_at, attempt, failures, max_failures, \
        losses, created_at, finished_at, head) VALUES (1, 'old', 1, 'nowhere', 0, 0, 'done', '{}', 1, 1, 1, 0, 3, 0, 1, 1, 2)",
    "INSERT INTO job_event (job_id, position, kind, data, at) VALUES (1, 1, 'leased', '{}', 1), (1, 2, 'done', '{}', 1)",
    "INSERT INTO run (id, course_id, requester_id, language, state, plan, files, created_at, finished_at) \
        SELECT 1, 1, id, 'python3', 'done', '', '[]', 1, 1 FROM \"user\"",
    "INSERT INTO run_record (run_id, attempt, position, kind, step, bytes, at) VALUES (1, 1, 1, 'console', 0, '', 1)",
    "INSERT INTO run_record (run_id, attempt, position, kind, step, bytes, at) VALUES (1, 1, 2, 'end', 0, '', 1)",
];

const FOLLOWED: [(&str, &str, Kind); 3] = [
    ("job", "subscription($id: ID!, $after: String) { job(id: $id, after: $after) { kind cursor } }", Kind::Job),
    (
        "courseActivity",
        "subscription($id: ID!, $after: String) { courseActivity(course: $id, after: $after) { kind cursor } }",
        Kind::Course,
    ),
    (
        "runOutput",
        "subscription($id: ID!, $after: String) { runOutput(run: $id, after: $after) { kind cursor } }",
        Kind::Run,
    ),
];
/// The lists of the same.
const LISTS: [(&str, Kind); 2] = [
    (
        "query($id: ID!, $after: String) { node(id: $id) { ... on Job { events(after: $after) { edges { cursor } } } } }",
        Kind::Job,
    ),
    (
        "query($id: ID!, $after: String) { node(id: $id) { ... on Run { output(after: $after) { cursor } } } }",
        Kind::Run,
    ),
];

async fn cursors_end_with_their_life(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    for text in ROWS {
        execute(&site.app.kernel.deps.db, text).await;
    }
    let token = site.sign_in("admin@example.org").await;
    let mut cursors = Vec::new();
    for (field, query, kind) in FOLLOWED {
        let first = site.follow(&token, query, json!({ "id": id::encode(kind, 1) })).await.next().await;
        let cursor = first["data"][field]["cursor"].clone();
        assert!(cursor.is_string(), "{first}");
        cursors.push(cursor);
    }
    let base = site.end().await;

    // The site that is only started again goes on behind them.
    let site = Site::on(base, Plan::default()).await;
    for ((field, query, kind), cursor) in FOLLOWED.iter().zip(&cursors) {
        let variables = json!({ "id": id::encode(*kind, 1), "after": cursor });
        let second = site.follow(&token, query, variables).await.next().await;
        let kind = second["data"][field]["kind"].as_str().unwrap_or_else(|| panic!("{second}"));
        assert!(["b", "done", "FINISHED"].contains(&kind), "{second}");
    }
    for (query, kind) in LISTS {
        let cursor = &cursors[if kind == Kind::Job { 0 } else { 2 }];
        let answer = site.ask(&token, query, json!({ "id": id::encode(kind, 1), "after": cursor })).await.to_string();
        assert_eq!(answer.matches("cursor").count(), 1, "{answer}");
    }
    // While it is served.
    let restored = restored(&site.base).await;
    site.end().await;
    let site = Site::on(restored, Plan::default()).await;
    for ((_, query, kind), cursor) in FOLLOWED.iter().zip(&cursors) {
        let variables = json!({ "id": id::encode(*kind, 1), "after": cursor });
        let refused = match site.follow(&token, query, variables).await.said().await {
            Said::Next(result) => result["errors"].clone(),
            Said::Errors(errors) => errors,
            other => panic!("{other:?}"),
        };
        reset(&refused);
    }
    for (query, kind) in LISTS {
        let cursor = &cursors[if kind == Kind::Job { 0 } else { 2 }];
        let variables = json!({ "id": id::encode(kind, 1), "after": cursor });
        reset(&site.post(Some(&token), query, variables).await["errors"]);
    }
    // Without a cursor one begins anew.
    let (_, query, kind) = FOLLOWED[0];
    let first = site.follow(&token, query, json!({ "id": id::encode(kind, 1) })).await.next().await;
    assert_eq!(first["data"]["job"]["kind"], "leased", "{first}");
    site.end().await;
}

fn reset(errors: &Value) {
    assert_eq!(errors[0]["extensions"]["code"], "CURSOR_RESET", "{errors}");
}

/// The same in a new life.
pub async fn restored(base: &Base) -> Base {
    let file = base.data().join("site.backup");
    told(base, &["backup", text(&file)]).await;
    let restored = Base::empty(base.backend).await;
    told(&restored, &["restore", text(&file)]).await;
    restored
}
