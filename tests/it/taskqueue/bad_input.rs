//! What is refused, with which status and which reason.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::{Answer, send};
use tests::stories;
use tests::taskqueue::{ids, insert, path};

use super::lease::open;

stories!(bodies_are_refused, methods_and_paths_are_refused, other_methods_may_be_meant, parameters_are_refused);

/// The envelope, to the letter.
pub(super) fn refused(answer: &Answer, status: u16, reason: &str, location: Option<&str>) {
    let body = answer.json();
    assert_eq!(answer.status.as_u16(), status, "{body}");
    assert_eq!(answer.header("content-type"), "application/json; charset=UTF-8");
    let message = body["error"]["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty(), "{body}");
    let mut one = json!({ "domain": "global", "reason": reason, "message": message });
    if let Some(location) = location {
        one["locationType"] = json!("parameter");
        one["location"] = json!(location);
    }
    assert_eq!(body, json!({ "error": { "code": status, "message": message, "errors": [one] } }));
}

async fn parameters_are_refused(backend: Backend) {
    let site = open(backend).await;
    let lease = [
        ("", "required", "numTasks"),
        ("numTasks=1", "required", "leaseSecs"),
        ("leaseSecs=1", "required", "numTasks"),
        ("numTasks=0&leaseSecs=1", "invalidParameter", "numTasks"),
        ("numTasks=1001&leaseSecs=1", "invalidParameter", "numTasks"),
        ("numTasks=-1&leaseSecs=1", "invalidParameter", "numTasks"),
        ("numTasks=1.5&leaseSecs=1", "invalidParameter", "numTasks"),
        ("numTasks=&leaseSecs=1", "invalidParameter", "numTasks"),
        ("numTasks=x&leaseSecs=1", "invalidParameter", "numTasks"),
        ("numTasks=9999999999&leaseSecs=1", "invalidParameter", "numTasks"),
        ("numTasks=1&leaseSecs=-1", "invalidParameter", "leaseSecs"),
        ("numTasks=1&leaseSecs=604801", "invalidParameter", "leaseSecs"),
        ("numTasks=1&leaseSecs=1&tag=a", "invalidParameter", "tag"),
        ("numTasks=1&leaseSecs=1&tag=a&groupByTag=false", "invalidParameter", "tag"),
        ("numTasks=1&leaseSecs=1&groupByTag=maybe", "invalidParameter", "groupByTag"),
        ("numTasks=1&leaseSecs=1&alt=media", "invalidParameter", "alt"),
        ("numTasks=1&leaseSecs=1&groupByTag=true&tag=a%00", "invalidParameter", "tag"),
        (&format!("numTasks=1&leaseSecs=1&groupByTag=true&tag={}", "x".repeat(501)), "invalidParameter", "tag"),
        ("numTasks=99999999999999999999999&leaseSecs=1", "invalidParameter", "numTasks"),
        ("numTasks=1e3&leaseSecs=1", "invalidParameter", "numTasks"),
        ("numTasks=1&leaseSecs=%00", "invalidParameter", "leaseSecs"),
    ];
    for (parameters, reason, location) in lease {
        let path = path("q", &format!("/tasks/lease?{parameters}"));
        refused(&send(site.address, Method::POST, &path, [], "").await, 400, reason, Some(location));
    }
    let fine = path("q", "/tasks/lease?numTasks=1000&leaseSecs=604800&unknown=%20&alt=json&fields=items&userIp=1");
    assert_eq!(send(site.address, Method::POST, &fine, [], "").await.status, StatusCode::OK);
    for (parameters, reason) in
        [("", "required"), ("?newLeaseSeconds=-1", "invalidParameter"), ("?newLeaseSeconds=604801", "invalidParameter")]
    {
        for method in [Method::PATCH, Method::POST] {
            let body = r#"{"queueName": "q", "leaseTimestamp": "1"}"#;
            let answer = send(site.address, method, &path("q", &format!("/tasks/t{parameters}")), [], body).await;
            refused(&answer, 400, reason, Some("newLeaseSeconds"));
        }
    }
    let stats = send(site.address, Method::GET, &path("q", "?getStats=1"), [], "").await;
    refused(&stats, 400, "invalidParameter", Some("getStats"));
    let encoded = send(site.address, Method::GET, &path("q", "?getStats=%zz"), [], "").await;
    refused(&encoded, 400, "invalid", None);
    for queue in ["a_b", "a%20b", &"q".repeat(101)] {
        let answer = send(site.address, Method::GET, &path(queue, "/tasks"), [], "").await;
        refused(&answer, 400, "invalidParameter", Some("taskqueue"));
    }
    let project = "/taskqueue/v1beta2/projects/a%2Fb/taskqueues/q";
    refused(&send(site.address, Method::GET, project, [], "").await, 400, "invalidParameter", Some("project"));
    site.end().await;
}

async fn bodies_are_refused(backend: Backend) {
    let site = open(backend).await;
    let now = entity::taskqueue::now(site.app.kernel.deps.db.read()).await.expect("the time").0;
    insert(site.address, "q", &json!({ "payloadBase64": "", "id": "used" })).await;
    let tasks = [
        (json!({}), 400, "required"),
        (json!({ "payloadBase64": null }), 400, "required"),
        (json!({ "payloadBase64": 1 }), 400, "invalid"),
        (json!({ "payloadBase64": "not base64" }), 400, "invalid"),
        (json!({ "payloadBase64": "A" }), 400, "invalid"),
        (json!({ "payloadBase64": "A".repeat(1_398_108) }), 400, "invalid"),
        (json!({ "payloadBase64": "", "id": "" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "id": "lease" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "id": "a/b" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "id": "x".repeat(501) }), 400, "invalid"),
        (json!({ "payloadBase64": "", "id": 7 }), 400, "invalid"),
        (json!({ "payloadBase64": "", "tag": "x".repeat(501) }), 400, "invalid"),
        (json!({ "payloadBase64": "", "tag": "a\u{0}" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "tag": [] }), 400, "invalid"),
        (json!({ "payloadBase64": "", "queueName": "other" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "queueName": "projects/other/taskqueues/q" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "leaseTimestamp": "soon" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "leaseTimestamp": now + 31 * 86_400_000_000 }), 400, "invalid"),
        (json!({ "payloadBase64": "", "leaseTimestamp": i64::MAX }), 400, "invalid"),
        (json!({ "payloadBase64": "", "leaseTimestamp": u64::MAX }), 400, "invalid"),
        (json!({ "payloadBase64": "", "leaseTimestamp": "99999999999999999999" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "leaseTimestamp": -1 }), 400, "invalid"),
        (json!({ "payloadBase64": "", "leaseTimestamp": [[1]] }), 400, "invalid"),
        (json!({ "payloadBase64": "\u{0}" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "id": "a\u{0}" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "queueName": "q\u{0}" }), 400, "invalid"),
        (json!({ "payloadBase64": "", "id": "used" }), 409, "duplicate"),
        (json!({ "payloadBase64": "A".repeat(3 << 19) }), 413, "uploadTooLarge"),
    ];
    for (task, status, reason) in tasks {
        let answer = send(site.address, Method::POST, &path("q", "/tasks"), [], task.to_string()).await;
        refused(&answer, status, reason, None);
    }
    let deep = [
        r#"{"payloadBase64":"","x":"#.repeat(60_000),
        "[".repeat(1 << 20),
        r#"{"payloadBase64":"","leaseTimestamp":1e99999}"#.to_owned(),
    ];
    for body in deep {
        let answer = send(site.address, Method::POST, &path("q", "/tasks"), [], body).await;
        refused(&answer, 400, "parseError", None);
    }
    for body in [&b""[..], b" ", b"{", b"[]", b"\"x\"", b"\xff\xfe", b"null"] {
        let answer = send(site.address, Method::POST, &path("q", "/tasks"), [], body.to_vec()).await;
        refused(&answer, 400, "parseError", None);
    }
    let held = [
        (Method::PATCH, json!({}), "required"),
        (Method::PATCH, json!({ "queueName": "other" }), "invalid"),
        (Method::PATCH, json!({ "queueName": "q", "id": "other" }), "invalid"),
        (Method::POST, json!({ "queueName": "q", "id": "used" }), "required"),
        (Method::POST, json!({ "leaseTimestamp": true }), "invalid"),
    ];
    for (method, body, reason) in held {
        let path = path("q", "/tasks/used?newLeaseSeconds=1");
        refused(&send(site.address, method, &path, [], body.to_string()).await, 400, reason, None);
    }
    let longest = json!({ "payloadBase64": "A".repeat(1_398_100), "id": "x".repeat(500), "tag": "\u{e9}".repeat(500) });
    assert_eq!(insert(site.address, "q", &longest).await["tag"], longest["tag"]);
    site.end().await;
}

async fn methods_and_paths_are_refused(backend: Backend) {
    let site = open(backend).await;
    for (method, behind, allowed) in [
        (Method::POST, "", "GET"),
        (Method::PUT, "/tasks", "GET, POST"),
        (Method::PUT, "/tasks/t", "DELETE, GET, PATCH, POST"),
        (Method::OPTIONS, "/tasks/lease", "DELETE, GET, PATCH, POST"),
    ] {
        let answer = send(site.address, method, &path("q", behind), [], "").await;
        refused(&answer, 405, "httpMethodNotAllowed", None);
        assert_eq!(answer.header("allow"), allowed);
    }
    for behind in ["/", "/tasks/", "/nothing", "/tasks/a/b", "/tasks/%ff", "/tasks/%", "/tasks/%e9%zz"] {
        refused(&send(site.address, Method::GET, &path("q", behind), [], "").await, 404, "notFound", None);
    }
    for task in ["nothing", "a%2Fb", "%00", "a%00b", "%C3%A9", &"x".repeat(501)] {
        let held = json!({ "queueName": "q", "leaseTimestamp": "1" }).to_string();
        for (method, behind, body) in [
            (Method::GET, "", ""),
            (Method::DELETE, "", ""),
            (Method::PATCH, "?newLeaseSeconds=1", &held),
            (Method::POST, "?newLeaseSeconds=1", &held),
        ] {
            let path = path("q", &format!("/tasks/{task}{behind}"));
            refused(&send(site.address, method, &path, [], body.to_owned()).await, 404, "notFound", None);
        }
    }
    refused(&send(site.address, Method::GET, &path("q", "/tasks/lease"), [], "").await, 404, "notFound", None);
    site.end().await;
}

async fn other_methods_may_be_meant(backend: Backend) {
    let site = open(backend).await;
    insert(site.address, "q", &json!({ "payloadBase64": "", "id": "t" })).await;
    let meaning = |method: &str| [("x-http-method-override", method.to_owned())];
    let form = [
        ("x-http-method-override", "GET".to_owned()),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    let listed =
        send(site.address, Method::POST, &path("q", "/tasks"), form.clone(), "alt=json&fields=items%2Fid").await;
    assert_eq!(ids(listed.json()["items"].as_array().expect("items")), ["t"], "no insert");
    let stats = send(site.address, Method::POST, &path("q", ""), form, "getStats=true").await.json();
    assert_eq!(stats["stats"]["totalTasks"], json!(1), "{stats}");
    let kept = send(site.address, Method::GET, &path("q", "/tasks/t"), meaning("DELETE"), "").await;
    assert_eq!(kept.status, StatusCode::OK, "a GET changes nothing");
    let gone = send(site.address, Method::POST, &path("q", "/tasks/t"), meaning("DELETE"), "").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    refused(
        &send(site.address, Method::POST, &path("q", "/tasks"), meaning("a b"), "").await,
        405,
        "httpMethodNotAllowed",
        None,
    );
    let nothing = Value::Null.to_string();
    refused(&send(site.address, Method::POST, &path("q", "/tasks"), [], nothing).await, 400, "parseError", None);
    site.end().await;
}
