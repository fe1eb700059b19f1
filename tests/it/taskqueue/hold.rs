//! Holding a task, giving it back, deleting it.

use actors::job::Job as _;
use actors::taskqueue::prune_tasks::PruneTasks;
use actors::write::Write;
use entity::id::{self, Kind};
use entity::taskqueue::name;
use hyper::{Method, StatusCode};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::JOB;
use tests::stories;
use tests::taskqueue::{ask, ids, insert, lease, path};

use super::lease::open;

stories!(a_deleted_name_is_taken_for_a_week, a_lease_is_held_by_who_has_it, queues_do_not_know_each_other);

async fn a_lease_is_held_by_who_has_it(backend: Backend) {
    let site = open(backend).await;
    insert(site.address, "q", &json!({ "payloadBase64": "", "id": "t" })).await;
    let hold = async |method: Method, seconds: i64, body: &Value| {
        let path = path("q", &format!("/tasks/t?newLeaseSeconds={seconds}"));
        let answer = ask(site.address, method, &path, body).await;
        (answer.status, answer.json())
    };
    let refused = async |method: Method, body: &Value, word: &str| {
        let (status, answer) = hold(method, 60, body).await;
        let error = &answer["error"]["errors"][0];
        assert_eq!((status, &error["reason"]), (StatusCode::BAD_REQUEST, &json!("invalid")), "{answer}");
        assert!(error["message"].as_str().expect("a text").contains(word), "{answer}");
    };
    let named = json!({ "queueName": "q" });
    refused(Method::PATCH, &named, "not leased").await;
    let first = lease(site.address, "q", "numTasks=1&leaseSecs=60").await.remove(0);
    let number: i64 = first["leaseTimestamp"].as_str().and_then(|text| text.parse().ok()).expect("a number");
    let (status, longer) = hold(Method::POST, 120, &json!({ "leaseTimestamp": number })).await;
    assert_eq!((status, &longer["retry_count"]), (StatusCode::OK, &json!(1)), "{longer}");
    refused(Method::POST, &first, "somebody else").await;
    refused(Method::PATCH, &json!({ "queueName": "q", "leaseTimestamp": number }), "somebody else").await;
    let long_name = json!({ "queueName": "projects/b~demo/taskqueues/q" });
    assert_eq!(hold(Method::PATCH, 0, &long_name).await.0, StatusCode::OK, "given back");
    refused(Method::PATCH, &named, "not leased").await;
    let second = lease(site.address, "q", "numTasks=1&leaseSecs=60").await.remove(0);
    assert_eq!(second["retry_count"], json!(2));
    refused(Method::POST, &longer, "somebody else").await;
    let path = path("q", "/tasks/nothing?newLeaseSeconds=60");
    let answer = ask(site.address, Method::PATCH, &path, &named).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text());
    site.end().await;
}

async fn a_deleted_name_is_taken_for_a_week(backend: Backend) {
    let site = open(backend).await;
    let task = json!({ "payloadBase64": "c2VjcmV0", "id": "t" });
    insert(site.address, "q", &task).await;
    lease(site.address, "q", "numTasks=1&leaseSecs=600").await;
    let gone = ask(site.address, Method::DELETE, &path("q", "/tasks/t"), &Value::Null).await;
    assert_eq!((gone.status, gone.body.len(), gone.header("content-type")), (StatusCode::NO_CONTENT, 0, ""));
    for (method, body) in
        [(Method::GET, &Value::Null), (Method::DELETE, &Value::Null), (Method::POST, &json!({ "leaseTimestamp": 1 }))]
    {
        let answer = ask(site.address, method.clone(), &path("q", "/tasks/t?newLeaseSeconds=1"), body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method}: {}", answer.text());
    }
    let again = ask(site.address, Method::POST, &path("q", "/tasks"), &task).await;
    assert_eq!(
        (again.status, &again.json()["error"]["errors"][0]["reason"]),
        (StatusCode::CONFLICT, &json!("duplicate"))
    );
    let db = &site.app.kernel.deps.db;
    let now = entity::taskqueue::now(db.read()).await.expect("the time");
    let at = |seconds: i64| entity::clock::Timestamp(now.0 + seconds * 1_000_000);
    const WEEK: i64 = 7 * 24 * 3600;
    assert_eq!(name::forget(db.write_connection(), at(WEEK - 60)).await.ok(), Some(0));
    // The week is over.
    let text = format!("UPDATE task_name SET free_at = free_at - {}", WEEK * 1_000_000);
    db.write_connection().execute_unprepared(&text).await.expect("moved");
    let mut write = Write::begin(&site.app.kernel.deps).await.expect("a transaction");
    let job = write.enqueue(PruneTasks.new()).await.expect("enqueued");
    write.commit().await.expect("committed");
    let admin = site.sign_in("admin@example.org").await;
    let mut events = site.follow(&admin, JOB, json!({ "id": id::encode(Kind::Job, job) })).await;
    while events.said().await != Said::Complete {}
    let left = tests::world::numbers(db, "SELECT count(*) FROM task_name").await;
    assert_eq!(left.ok(), Some(vec![0]), "the recurring job has thrown it away");
    insert(site.address, "q", &task).await;
    site.end().await;
}

async fn queues_do_not_know_each_other(backend: Backend) {
    let site = open(backend).await;
    let task = json!({ "payloadBase64": "", "id": "t" });
    insert(site.address, "q", &task).await;
    insert(site.address, "r", &task).await;
    let other = "/taskqueue/v1beta2/projects/a.b%3Ademo/taskqueues/q/tasks";
    assert_eq!(ask(site.address, Method::GET, other, &Value::Null).await.json()["items"], json!([]));
    assert_eq!(ask(site.address, Method::POST, other, &task).await.status, StatusCode::OK);
    let gone = ask(site.address, Method::DELETE, &path("q", "/tasks/t"), &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(ids(&lease(site.address, "r", "numTasks=9&leaseSecs=60").await), ["t"]);
    let host = "/taskqueue/v1beta2/projects/s~a.b:demo/taskqueues/q/tasks/t";
    assert_eq!(ask(site.address, Method::GET, host, &Value::Null).await.status, StatusCode::OK);
    site.end().await;
}
