//! A site breaks while people use it: each request is one line of the log, each fault one event at Sentry, and neither knows what
//! they sent or who they are.

use hyper::Method;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::backend::{Backend, tell};
use tests::client::{self, Answer};
use tests::ear::{Ear, Heard};
use tests::serving::Serving;

use super::prepared;

/// What people sent, of every sort; nobody but the database may keep it.
const PLANTED: &str = "planted";

async fn send(serving: &Serving, id: &str, token: &str, query: &str, variables: Value) -> Answer {
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-request-id", id.to_owned()),
        ("authorization", format!("Bearer {token}")),
        ("cookie", "planted=cookie".to_owned()),
        ("user-agent", "planted-agent".to_owned()),
    ];
    let body = json!({ "query": query, "variables": variables }).to_string();
    client::send(serving.address, Method::POST, "/graphql?planted=query", headers, body).await
}

/// Takes an envelope apart; its event.
pub fn event(heard: &Heard) -> Value {
    assert_eq!(heard.path, "/some/path/api/42/envelope/");
    assert_eq!(heard.header("content-type"), "application/x-sentry-envelope");
    let auth = heard.header("x-sentry-auth");
    assert!(auth.starts_with("Sentry ") && auth.contains("sentry_key=public"), "{auth}");
    assert!(auth.contains("sentry_version=7") && auth.contains("sentry_client=lectern/"), "{auth}");
    let lines: Vec<&[u8]> = heard.body.split(|byte| *byte == b'\n').collect();
    assert_eq!((lines.len(), lines[3]), (4, &b""[..]), "three lines, each with its end");
    let read = |line: usize| serde_json::from_slice::<Value>(lines[line]).expect("JSON");
    let (head, item, event) = (read(0), read(1), read(2));
    assert_eq!(head["event_id"].as_str().map(str::len), Some(32), "{head}");
    assert_eq!(head["event_id"], event["event_id"]);
    assert!(head["sent_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{head}");
    assert!(head["dsn"].as_str().is_some_and(|dsn| dsn.starts_with("http://public@127.0.0.1")), "{head}");
    assert_eq!(item, json!({ "type": "event", "length": lines[2].len() }));
    event
}

/// The lines of the log, each of which is JSON.
fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect()
}

const BROKEN: &str = "query Broken($key: String!) { course(key: $key) { title } }";

#[test]
fn faults_are_reported_and_logged_without_what_people_sent() {
    tell(Backend::Sqlite, |_| async {
        let (base, token) = prepared().await;
        let mut sentry = Ear::open().await;
        let dsn = format!("http://public@{}/some/path/42", sentry.address);
        let serving = Serving::start(&base, &[("SENTRY_DNS", &dsn), ("LECTERN_LOG", "info")]).await;
        let key = || json!({ "key": "planted-variable" });

        let fine = send(&serving, "fine-1", &token, BROKEN, key()).await;
        assert_eq!(fine.json(), json!({ "data": { "course": null } }));
        let refused = send(&serving, "refused-1", &token, "{ planted", Value::Null).await;
        assert!(!refused.text().contains(PLANTED), "{}", refused.text());
        send(&serving, "lost-1", "planted.to.ken", BROKEN, key()).await;
        let path = client::send(serving.address, Method::GET, "/planted/path/beyond?planted=1", [], "").await;
        assert_eq!(path.status.as_u16(), 404);

        let db = base.open().await;
        let rename = "ALTER TABLE course RENAME COLUMN title TO planted_title";
        db.write_connection().execute_unprepared(rename).await.expect("the column is there");
        let broken = send(&serving, "broken-1", &token, BROKEN, key()).await;
        let error = broken.json()["errors"][0].clone();
        assert_eq!(
            (&error["extensions"]["code"], &error["extensions"]["requestId"]),
            (&json!("INTERNAL"), &json!("broken-1"))
        );
        assert_eq!(broken.header("x-request-id"), "broken-1");
        for word in ["title", "no such", "SELECT", PLANTED] {
            assert!(!broken.text().contains(word), "{}", broken.text());
        }
        let first = sentry.next().await;
        let told = event(&first);
        assert_eq!((&told["level"], &told["environment"]), (&json!("error"), &json!("production")), "{told:#}");
        assert_eq!(told["release"], format!("lectern@{}", env!("CARGO_PKG_VERSION")));
        assert_eq!(told["tags"]["request_id"], "broken-1");
        assert_eq!(
            (&told["tags"]["operation"], &told["transaction"]),
            (&json!("query Broken"), &json!("POST /graphql Broken"))
        );
        assert!(told["user"]["id"].as_str().is_some_and(|id| id.starts_with("usr_")), "{told:#}");
        assert_eq!(told["user"].as_object().map(serde_json::Map::len), Some(1), "{told:#}");
        assert!(
            told["exception"]["values"][0]["value"].as_str().is_some_and(|cause| cause.contains("no such column")),
            "{told:#}"
        );

        // It wants to hear nothing for a while, and is told nothing, also at the end.
        sentry.answer(429, &[("x-sentry-rate-limits", "60:error;default:organization")]);
        send(&serving, "broken-2", &token, BROKEN, key()).await;
        let second = sentry.next().await;
        send(&serving, "broken-3", &token, BROKEN, key()).await;
        let log = serving.end().await;
        assert!(sentry.rest().is_empty(), "it had asked for silence");

        assert_eq!(event(&second)["tags"]["request_id"], "broken-2");
        for heard in [&first, &second] {
            let said = format!("{:?} {}", heard.headers, String::from_utf8_lossy(&heard.body)).to_lowercase();
            assert!(!said.contains(PLANTED), "{said}");
        }
        assert!(!log.to_lowercase().contains(PLANTED), "{log}");
        the_log_is_whole(&lines(&log));
        db.close().await;
    });
}

/// One line for each request, and each line of a request with its id.
fn the_log_is_whole(lines: &[Value]) {
    let id = |line: &Value| line["spans"][0]["request.id"].as_str().unwrap_or_default().to_owned();
    let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 7, "{answered:#?}");
    let fine = answered.iter().find(|line| id(line) == "fine-1").expect("its line");
    for (field, wanted) in [
        ("level", json!("INFO")),
        ("method", json!("POST")),
        ("path", json!("/graphql")),
        ("status", json!("200")),
        ("operation.kind", json!("query")),
        ("operation.name", json!("Broken")),
        ("operation.cost", json!(2)),
    ] {
        assert_eq!(fine[field], wanted, "{fine:#}");
    }
    assert!(fine["duration_ms"].is_number() && fine["bytes"].as_u64().is_some_and(|bytes| bytes > 10), "{fine:#}");
    assert!(fine["user"].as_str().is_some_and(|user| user.starts_with("usr_")), "{fine:#}");
    let lost = answered.iter().find(|line| id(line) == "lost-1").expect("its line");
    assert_eq!((&lost["status"], &lost["code"], lost.get("user")), (&json!("401"), &json!("UNAUTHENTICATED"), None));
    let path = answered.iter().find(|line| line["status"] == "404").expect("its line");
    assert_eq!(path["path"], "/…");
    let broken: Vec<&Value> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(broken.iter().map(|line| id(line)).collect::<Vec<_>>(), ["broken-1", "broken-2", "broken-3"]);
    assert!(broken[0]["error"].as_str().is_some_and(|cause| cause.contains("no such column")), "{broken:#?}");
    assert!(
        lines.iter().any(|line| line["message"].as_str().is_some_and(|said| said.contains("SENTRY_DNS"))),
        "{lines:#?}"
    );
}

#[test]
fn nothing_is_reported_in_development() {
    tell(Backend::Sqlite, |_| async {
        let (base, token) = prepared().await;
        let mut sentry = Ear::open().await;
        let dsn = format!("http://public@{}/42", sentry.address);
        let serving = Serving::start(&base, &[("SENTRY_DSN", &dsn), ("LECTERN_MODE", "development")]).await;
        let db = base.open().await;
        let rename = "ALTER TABLE course RENAME COLUMN title TO planted_title";
        db.write_connection().execute_unprepared(rename).await.expect("the column is there");
        let broken = send(&serving, "broken-1", &token, BROKEN, json!({ "key": "x" })).await;
        assert_eq!(broken.json()["errors"][0]["extensions"]["code"], "INTERNAL");
        let log = serving.end().await;
        assert!(log.contains("broken-1") && serde_json::from_str::<Value>(&log).is_err(), "for people: {log}");
        assert!(sentry.rest().is_empty());
        db.close().await;
    });
}
