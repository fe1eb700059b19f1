//! The client library that others wrote goes through everything, against the real program, which is killed on the way.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::base::Base;
use tests::client::free_address;
use tests::stories;
use tests::taskqueue::{Client, Said, ids, packages};
use tests::tools::launcher;

use crate::first_light::killed::{Server, run};

stories!(
    the_client_brings_a_token,
    the_client_drives_a_full_cycle,
    the_client_sends_a_batch,
    the_snippet_of_the_page_runs
);

const PAGE: &str = include_str!("../../../docs/api/task-queue.md");

/// The command, at an address that is known before: clients learn it from the service.
pub(super) fn lectern(base: &Base, listen: SocketAddr) -> Command {
    let mut command = Command::new(launcher());
    command
        .env("LECTERN_LISTEN", listen.to_string())
        .env("LECTERN_DATABASE_URL", &base.url)
        .env("LECTERN_DATA_DIR", base.data())
        .env("LECTERN_SECRET_KEY", "a secret of the stories, 32 letters")
        .env("LECTERN_TASK_QUEUE", "open")
        .env_remove("LECTERN_TEST_LAUNCHER");
    command
}

fn with(more: Value) -> Value {
    let mut with = json!({ "project": "b~demo", "taskqueue": "render" });
    with.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    with
}

/// Whether a field is a string of digits.
fn is_int64(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<i64>().is_ok())
}

async fn the_client_drives_a_full_cycle(backend: Backend) {
    let (base, listen) = (Base::new(backend).await, free_address());
    let server = Server::start(lectern(&base, listen)).await;
    let mut client = Client::start(server.address, "").await;
    let task = json!({ "payloadBase64": "aGVsbG8=", "queueName": "render", "id": "00first", "tag": "a" });
    let first = client.tasks("insert", with(json!({ "body": task }))).await;
    assert_eq!(
        (&first["kind"], &first["id"], &first["queueName"]),
        (&json!("taskqueues#task"), &json!("00first"), &json!("render"))
    );
    assert_eq!(
        (&first["payloadBase64"], &first["tag"], &first["retry_count"]),
        (&json!("aGVsbG8="), &json!("a"), &json!(0))
    );
    assert!(is_int64(&first["enqueueTimestamp"]) && is_int64(&first["leaseTimestamp"]), "{first}");
    let second = client.tasks("insert", with(json!({ "body": { "payloadBase64": "", "queueName": "render" } }))).await;
    assert_eq!(second.get("tag"), None, "{second}");
    leased(&mut client, second["id"].as_str().expect("an id")).await;
    server.kill().await;
    let server = Server::start(lectern(&base, listen)).await;
    kept(&mut client).await;
    let set = run(lectern(&base, listen), &["taskqueue", "set", "b~demo", "render", "--max-leases", "3"]).await;
    assert_eq!(set, "Done.\n");
    let listed = run(lectern(&base, listen), &["taskqueue", "list", "--json"]).await;
    let listed: Value = serde_json::from_str(&listed).expect("an array");
    assert_eq!(
        (&listed[0]["project"], &listed[0]["name"], &listed[0]["maxLeases"]),
        (&json!("demo"), &json!("render"), &json!(3))
    );
    assert_eq!((&listed[0]["tasks"], &listed[0]["free"], &listed[0]["dead"]), (&json!(1), &json!(0), &json!(0)));
    let Said::Result(queue) = client.call("taskqueues", "get", with(json!({}))).await else { panic!("no queue") };
    assert_eq!(queue["maxLeases"], json!(3));
    server.kill().await;
}

/// Leases both tasks, one by its group; holds one, gives it back, deletes the other.
async fn leased(client: &mut Client, second: &str) {
    let listed = client.tasks("list", with(json!({}))).await;
    let items = listed["items"].as_array().expect("items");
    assert_eq!((&listed["kind"], ids(items)), (&json!("taskqueues#tasks"), vec!["00first", second]));
    assert!(items.iter().all(|task| task.get("payloadBase64").is_none()), "{listed}");
    // An address that is too long becomes a POST that means a GET.
    let long = client.tasks("list", with(json!({ "fields": "kind,items,".repeat(300) + "kind" }))).await;
    assert_eq!(long, listed);
    let group = json!({ "numTasks": 10, "leaseSecs": 600, "groupByTag": true, "tag": "a" });
    let leased = client.tasks("lease", with(group.clone())).await;
    let items = leased["items"].as_array().expect("items");
    assert_eq!((&leased["kind"], ids(items)), (&json!("taskqueue#tasks"), vec!["00first"]));
    assert_eq!((&items[0]["retry_count"], &items[0]["payloadBase64"]), (&json!(1), &json!("aGVsbG8=")));
    let again = client.tasks("lease", with(group)).await;
    assert_eq!(again, json!({ "kind": "taskqueue#tasks", "items": [] }));
    // `false` is not true.
    let any = client.tasks("lease", with(json!({ "numTasks": 1000, "leaseSecs": 1000.0, "groupByTag": false }))).await;
    assert_eq!(ids(any["items"].as_array().expect("items")), [second]);
    let patch = json!({ "task": "00first", "newLeaseSeconds": 1200, "body": { "queueName": "render" } });
    let patched = client.tasks("patch", with(patch)).await;
    let until = |task: &Value| task["leaseTimestamp"].as_str().and_then(|text| text.parse::<i64>().ok());
    assert!(until(&patched) > until(&items[0]), "{patched}");
    let update = |task: &Value| with(json!({ "task": "00first", "newLeaseSeconds": 600, "body": task }));
    let Said::Error(400, _, details) = client.call("tasks", "update", update(&items[0])).await else { panic!("taken") };
    assert_eq!(details[0]["reason"], json!("invalid"), "{details}");
    let updated = client.tasks("update", update(&patched)).await;
    assert_eq!((until(&updated) < until(&patched), &updated["retry_count"]), (true, &json!(1)));
    assert_eq!(client.tasks("delete", with(json!({ "task": second }))).await, json!(""));
    let gone = client.call("tasks", "get", with(json!({ "task": second }))).await;
    let Said::Error(404, reason, details) = gone else { panic!("{gone:?}") };
    assert!(reason.contains(second) && details[0]["reason"] == "notFound", "{reason} {details}");
}

/// After a restart: everything is as it was.
async fn kept(client: &mut Client) {
    let task = client.tasks("get", json!({ "project": "demo", "taskqueue": "render", "task": "00first" })).await;
    assert_eq!((&task["retry_count"], &task["payloadBase64"]), (&json!(1), &json!("aGVsbG8=")));
    let none = client.tasks("lease", with(json!({ "numTasks": 10, "leaseSecs": 600 }))).await;
    assert_eq!(none["items"], json!([]), "it is leased still");
    let Said::Result(queue) = client.call("taskqueues", "get", with(json!({ "getStats": true }))).await else {
        panic!("no queue")
    };
    assert_eq!((&queue["kind"], &queue["id"]), (&json!("taskqueues#taskqueue"), &json!("render")));
    let stats = &queue["stats"];
    assert_eq!(stats["totalTasks"], json!(1), "leased tasks count: {queue}");
    assert_eq!((&stats["leasedLastMinute"], &stats["leasedLastHour"]), (&json!("2"), &json!("2")));
    let enqueued: i64 = task["enqueueTimestamp"].as_str().and_then(|text| text.parse().ok()).expect("a number");
    assert_eq!(stats["oldestTask"], json!((enqueued / 1_000_000).to_string()), "seconds");
    let again = json!({ "body": { "payloadBase64": "", "queueName": "render", "id": "00first" } });
    let Said::Error(409, _, details) = client.call("tasks", "insert", with(again)).await else { panic!("twice") };
    assert_eq!(details[0]["reason"], json!("duplicate"));
}

async fn the_client_brings_a_token(backend: Backend) {
    let (base, listen) = (Base::new(backend).await, free_address());
    let file = base.data().join("tokens");
    std::fs::write(&file, "worker@example.org:a-token-of-a-worker\n").expect("written");
    let mut command = lectern(&base, listen);
    command.env("LECTERN_TASK_QUEUE", "tokens").env("LECTERN_TASK_QUEUE_TOKENS_FILE", &file);
    let server = Server::start(command).await;
    let task = json!({ "body": { "payloadBase64": "", "queueName": "render", "id": "t" } });
    let mut stranger = Client::start(server.address, "a-token-of-nobody").await;
    let Said::Error(401, reason, details) = stranger.call("tasks", "insert", with(task.clone())).await else {
        panic!("let in")
    };
    assert!(reason.contains("token") && details[0]["reason"] == "authError", "{reason} {details}");
    let mut worker = Client::start(server.address, "a-token-of-a-worker").await;
    assert_eq!(worker.tasks("insert", with(task)).await["id"], json!("t"));
    server.kill().await;
}

/// As many calls as the client takes, with all that can come of one among them; with a token that stands beside the batch.
async fn the_client_sends_a_batch(backend: Backend) {
    let (base, listen) = (Base::new(backend).await, free_address());
    let mut command = lectern(&base, listen);
    command.env("LECTERN_TASK_QUEUE", "tokens").env("LECTERN_TASK_QUEUE_TOKENS", "a-token-of-a-worker");
    let server = Server::start(command).await;
    let mut client = Client::start(server.address, "a-token-of-a-worker").await;
    let call = |call: &str, more: Value| json!({ "of": "tasks", "call": call, "with": with(more) });
    let task =
        |id: &str| json!({ "body": { "payloadBase64": "w6k=", "queueName": "render", "id": id, "tag": "\u{e9}" } });
    let mut calls = vec![
        call("insert", task("a")),
        call("insert", task("a")),
        call("insert", task("b")),
        call("lease", json!({ "numTasks": 2, "leaseSecs": 60, "fields": "items/id" })),
        call("delete", json!({ "task": "a" })),
        call("get", json!({ "task": "a" })),
        call("get", json!({ "task": "b" })),
    ];
    calls.resize_with(1000, || call("list", json!({ "fields": "kind" })));
    let said = client.batch(&calls).await;
    let Said::Result(first) = &said[0] else { panic!("{:?}", said[0]) };
    assert_eq!((&first["id"], &first["tag"]), (&json!("a"), &json!("\u{e9}")));
    let status = |said: &Said| {
        if let Said::Error(status, _, details) = said {
            (*status, details[0]["reason"].clone())
        } else {
            (200, Value::Null)
        }
    };
    assert_eq!(status(&said[1]), (409, json!("duplicate")), "one that is refused changes nothing for the others");
    assert_eq!(said[3], Said::Result(json!({ "items": [{ "id": "a" }, { "id": "b" }] })));
    assert_eq!(said[4], Said::Result(json!("")));
    assert_eq!(status(&said[5]), (404, json!("notFound")));
    let Said::Result(last) = &said[6] else { panic!("{:?}", said[6]) };
    assert_eq!((&last["retry_count"], &last["payloadBase64"]), (&json!(1), &json!("w6k=")));
    assert!(said[7..].iter().all(|said| *said == Said::Result(json!({ "kind": "taskqueues#tasks" }))));
    let mut stranger = Client::start(server.address, "a-token-of-nobody").await;
    assert_eq!(status(&stranger.batch(&calls[6..8]).await[1]), (401, json!("authError")));
    server.kill().await;
}

async fn the_snippet_of_the_page_runs(backend: Backend) {
    let (base, listen) = (Base::new(backend).await, free_address());
    let server = Server::start(lectern(&base, listen)).await;
    let snippets = PAGE.split("```python\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let snippet: String = snippets.map(|(snippet, _)| snippet).collect();
    assert!(snippet.contains("https://lectern.example.org"), "the address that its reader replaces");
    let snippet = snippet.replace("https://lectern.example.org", &format!("http://{}", server.address));
    let mut python = tokio::process::Command::new("python3");
    let ran = python.args(["-c", &snippet]).env("PYTHONPATH", packages().await).output().await.expect("it starts");
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{err}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines.len(), lines[0]), (101, "hello"), "what the page says that it prints, and the batch");
    assert!(lines[1..].iter().all(|line| line.contains("taskqueues#task") && line.ends_with("None")), "{out}");
    server.kill().await;
}
