//! Answers of which only a part is wanted.

use hyper::Method;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::{Answer, send};
use tests::site::Site;
use tests::stories;
use tests::taskqueue::{ask, insert, lease, path};

use super::bad_input::refused;
use super::lease::open;

stories!(a_bad_selection_changes_nothing, large_answers_are_cut_too, only_what_is_wanted_is_sent);

async fn get(site: &Site, behind: &str) -> Answer {
    send(site.address, Method::GET, &path("q", behind), [], "").await
}

async fn only_what_is_wanted_is_sent(backend: Backend) {
    let site = open(backend).await;
    let task = json!({ "payloadBase64": "eA==", "id": "a", "tag": "x" });
    let inserted = ask(site.address, Method::POST, &path("q", "/tasks?fields=id,retry_count"), &task).await;
    assert_eq!(inserted.json(), json!({ "id": "a", "retry_count": 0 }));
    insert(site.address, "q", &json!({ "payloadBase64": "eQ==", "id": "b" })).await;
    let items = json!([{ "id": "a", "tag": "x" }, { "id": "b" }]);
    let whole = json!({ "kind": "taskqueues#tasks", "items": items });
    assert_eq!(get(&site, "/tasks?fields=items(id,tag),kind").await.json(), whole);
    assert_eq!(get(&site, "/tasks?fields=items%28id%2Ctag%29").await.json(), json!({ "items": items }));
    assert_eq!(get(&site, "/tasks?fields=kind").await.json(), json!({ "kind": "taskqueues#tasks" }));
    let all = get(&site, "/tasks").await;
    for fields in ["", "*", "items,kind", "items/*,kind"] {
        assert_eq!(get(&site, &format!("/tasks?fields={fields}")).await.json(), all.json(), "{fields}");
    }
    assert_eq!(get(&site, "/tasks/a?fields=payloadBase64").await.json(), json!({ "payloadBase64": "eA==" }));
    let stats = get(&site, "?getStats=true&fields=stats/totalTasks,acl/adminEmails").await.json();
    assert_eq!(stats, json!({ "stats": { "totalTasks": 2 }, "acl": { "adminEmails": [] } }));
    assert_eq!(get(&site, "?fields=stats").await.json(), json!({}), "it was not asked for");
    let leased = ask(
        site.address,
        Method::POST,
        &path("q", "/tasks/lease?numTasks=9&leaseSecs=60&fields=items/id"),
        &Value::Null,
    )
    .await;
    assert_eq!(leased.json(), json!({ "items": [{ "id": "a" }, { "id": "b" }] }));
    let none = ask(
        site.address,
        Method::POST,
        &path("q", "/tasks/lease?numTasks=9&leaseSecs=60&fields=items/id"),
        &Value::Null,
    )
    .await;
    assert_eq!(none.json(), json!({ "items": [] }));
    let refusal = get(&site, "/tasks/nothing?fields=id").await;
    refused(&refusal, 404, "notFound", None);
    site.end().await;
}

async fn a_bad_selection_changes_nothing(backend: Backend) {
    let site = open(backend).await;
    insert(site.address, "q", &json!({ "payloadBase64": "", "id": "a" })).await;
    for fields in
        [",", "items(", "items)", "items/", "items()", "items%20id", "id", "items/x", "kind/x", "items/id/x", "%00"]
    {
        let behind = format!("/tasks/lease?numTasks=1&leaseSecs=60&fields={fields}");
        refused(
            &send(site.address, Method::POST, &path("q", &behind), [], "").await,
            400,
            "invalidParameter",
            Some("fields"),
        );
    }
    let form = [("x-http-method-override", "GET".to_owned())];
    let deep = format!("fields={}", "items(".repeat(100_000));
    let answer = send(site.address, Method::POST, &path("q", "/tasks"), form, deep).await;
    refused(&answer, 400, "invalidParameter", Some("fields"));
    let told = get(&site, "/tasks?fields=itmes").await.json()["error"]["message"].to_string();
    assert!(told.contains("there is no `itmes`; there are items, kind"), "{told}");
    let body = json!({ "payloadBase64": "", "id": "b" });
    refused(
        &ask(site.address, Method::POST, &path("q", "/tasks?fields=items"), &body).await,
        400,
        "invalidParameter",
        Some("fields"),
    );
    refused(
        &send(site.address, Method::DELETE, &path("q", "/tasks/a?fields=("), [], "").await,
        400,
        "invalidParameter",
        Some("fields"),
    );
    let left = lease(site.address, "q", "numTasks=9&leaseSecs=0").await;
    assert_eq!((left.len(), &left[0]["id"], &left[0]["retry_count"]), (1, &json!("a"), &json!(1)));
    site.end().await;
}

/// What is more than a piece is written while it is read, in the same words.
async fn large_answers_are_cut_too(backend: Backend) {
    let site = open(backend).await;
    let payload = "A".repeat(1_398_100);
    for id in ["a", "b", "c"] {
        insert(site.address, "q", &json!({ "payloadBase64": payload, "id": id, "tag": "x\ny\"]" })).await;
    }
    insert(site.address, "q", &json!({ "payloadBase64": "", "id": "d" })).await;
    let leased = async |more: &str| {
        let path = path("q", &format!("/tasks/lease?numTasks=9&leaseSecs=0{more}"));
        ask(site.address, Method::POST, &path, &Value::Null).await
    };
    let all = leased("").await;
    assert_eq!(
        (all.header("content-type"), &all.json()["kind"]),
        ("application/json; charset=UTF-8", &json!("taskqueue#tasks"))
    );
    let items = all.json()["items"].take();
    assert_eq!(tests::taskqueue::ids(items.as_array().expect("items")), ["a", "b", "c", "d"]);
    assert!((0..3).all(|at| items[at]["payloadBase64"].as_str() == Some(&payload) && items[at]["tag"] == "x\ny\"]"));
    let ids = json!({ "items": [{ "id": "a" }, { "id": "b" }, { "id": "c" }, { "id": "d" }] });
    assert_eq!(leased("&fields=items/id").await.text(), ids.to_string());
    assert_eq!(leased("&fields=items/id&prettyPrint=true").await.text(), format!("{ids:#}"));
    assert_eq!(leased("&fields=kind").await.json(), json!({ "kind": "taskqueue#tasks" }));
    site.end().await;
}
