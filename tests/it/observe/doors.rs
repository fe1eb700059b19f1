//! What the doors say when nobody asked well: never a path, a parser's words, or a library's page; and always the id of the request.

use hyper::Method;
use serde_json::Value;
use server::config::TaskQueue;
use tests::backend::{Backend, tell};
use tests::client;
use tests::site::{Plan, Site};

/// A body that must not come back.
const SENT: &str = "{\"query\": \"{ server { version } }\", \"variables\": \"hunter2\", \"hunter2\": ";

/// The body of a request that wants to be a web socket, and does not say how.
const UPGRADE: &str = "upgrade";

#[test]
fn answers_of_every_door_tell_nothing_and_have_an_id() {
    tell(Backend::Sqlite, |backend| async move {
        let site = Site::new(backend, Plan { task_queue: TaskQueue::Open, ..Plan::default() }).await;
        let long = format!("\"{}\"", "hunter2".repeat(500_000));
        let rows: [(Method, &str, &str, u16); 18] = [
            (Method::GET, "/hunter2", "", 404),
            (Method::GET, "/graphql/hunter2", "", 404),
            (Method::POST, "/", "", 405),
            (Method::PUT, "/healthz", "hunter2", 405),
            (Method::DELETE, "/metrics", "", 405),
            (Method::DELETE, "/graphql", "", 405),
            (Method::POST, "/graphql", SENT, 400),
            (Method::POST, "/graphql", "{\"query\": [\"hunter2\"]}", 400),
            (Method::GET, "/graphql?query=%7Ba%7D&variables=hunter2", "", 400),
            (Method::POST, "/graphql", &long, 413),
            (Method::POST, "/run_program/", SENT, 400),
            (Method::POST, "/run_program/", &long, 413),
            (Method::PATCH, "/check_output/", "hunter2", 405),
            (Method::GET, "/run_program/", "", 405),
            (Method::POST, "/taskqueue/", "", 405),
            (Method::GET, "/taskqueue/v1beta2/hunter2", "", 404),
            (Method::GET, "/graphql", UPGRADE, 400),
            (Method::GET, "/run_program/", UPGRADE, 400),
        ];
        for (method, path, body, status) in rows {
            let row = format!("{method} {path} {}", &body[..body.len().min(40)]);
            let upgrade = (body == UPGRADE).then(|| ("upgrade", "hunter2".to_owned()));
            let headers = [("content-type", "application/json"), ("x-request-id", "seen-before.7")];
            let headers = headers.map(|(name, value)| (name, value.to_owned())).into_iter().chain(upgrade);
            let answer = client::send(site.address, method, path, headers, body.to_owned()).await;
            let said = answer.text();
            assert_eq!(answer.status.as_u16(), status, "{row}: {said}");
            assert_eq!(answer.header("x-request-id"), "seen-before.7", "{row}");
            assert_eq!(answer.header("allow").is_empty(), status != 405, "{row}: {:?}", answer.headers);
            for word in ["hunter2", "poem", "panick", ".rs", "serde", "SELECT", "/tmp"] {
                assert!(!said.contains(word), "{row}: {said}");
            }
            let told: Value = answer.json();
            assert!(told.is_object(), "{row}: {said}");
        }
        site.end().await;
    });
}

#[test]
fn an_id_that_is_none_is_replaced() {
    tell(Backend::Sqlite, |backend| async move {
        let site = Site::new(backend, Plan::default()).await;
        let long = "a".repeat(65);
        let mut made = Vec::new();
        for given in ["", "two words", "<script>", "ada@example.org", &long] {
            let headers = [("x-request-id", given.to_owned())];
            let answer = client::send(site.address, Method::GET, "/healthz", headers, "").await;
            let id = answer.header("x-request-id").to_owned();
            assert!(id != given && id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{given}: {id}");
            made.push(id);
        }
        made.sort();
        made.dedup();
        assert_eq!(made.len(), 5, "each has its own");
        site.end().await;
    });
}
