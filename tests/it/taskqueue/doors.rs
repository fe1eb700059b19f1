//! Who is let in.

use actors::taskqueue::caller::Tokens;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use server::config::TaskQueue;
use tests::backend::Backend;
use tests::client::{Answer, send};
use tests::site::{Plan, Site};
use tests::stories;
use tests::taskqueue::path;

stories!(
    a_closed_door_is_no_door,
    a_token_opens_the_door,
    queues_are_for_whom_they_name,
    the_description_is_for_everybody
);

const SECRET: &str = "a-token-of-nobody";
const WORKER: &str = "a-token-of-a-worker";
const MAKER: &str = "a-token-of-a-maker";

async fn with_tokens(backend: Backend) -> Site {
    let list = format!("{SECRET},worker@example.org:{WORKER},maker@example.org:{MAKER}");
    let tokens = Tokens::read(&list).expect("a list");
    Site::new(backend, Plan { task_queue: TaskQueue::Tokens(tokens), ..Plan::default() }).await
}

async fn knock(site: &Site, method: Method, path: &str, token: Option<&str>, body: &str) -> Answer {
    let bearer = token.map(|token| ("authorization", format!("Bearer {token}")));
    send(site.address, method, path, bearer, body.to_owned()).await
}

fn reason(answer: &Answer) -> Value {
    answer.json()["error"]["errors"][0]["reason"].clone()
}

async fn a_closed_door_is_no_door(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    for path in ["/api/taskqueue/v1beta2", "/taskqueue/", &path("q", "/tasks")] {
        assert_eq!(knock(&site, Method::GET, path, None, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    site.end().await;
}

async fn a_token_opens_the_door(backend: Backend) {
    let site = with_tokens(backend).await;
    let admin = site.sign_in("admin@example.org").await;
    let basic = [("authorization", format!("Basic {SECRET}"))];
    let basic = send(site.address, Method::GET, &path("q", ""), basic, "").await;
    assert_eq!((basic.status, reason(&basic)), (StatusCode::UNAUTHORIZED, json!("authError")));
    for token in [None, Some(""), Some("wrong-and-long-enough"), Some(admin.as_str())] {
        for (method, behind) in [(Method::GET, ""), (Method::POST, "/tasks"), (Method::GET, "/nothing/at/all")] {
            let answer = knock(&site, method, &path("q", behind), token, "{").await;
            assert_eq!((answer.status, reason(&answer)), (StatusCode::UNAUTHORIZED, json!("authError")), "{token:?}");
            assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="taskqueue""#);
        }
    }
    let key = format!("?key={SECRET}&oauth_token={SECRET}");
    let answer = knock(&site, Method::GET, &path("q", &key), None, "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "addresses are logged, so they hold no tokens");
    assert_eq!(knock(&site, Method::GET, &path("q", ""), Some(SECRET), "").await.status, StatusCode::OK);
    site.end().await;
}

async fn queues_are_for_whom_they_name(backend: Backend) {
    let site = with_tokens(backend).await;
    let admin = site.sign_in("admin@example.org").await;
    let set = "mutation($input: SetTaskQueueInput!) { setTaskQueue(input: $input) { set problems { code path } } }";
    let lists = json!({ "project": "b~demo", "name": "q", "consumers": ["Worker@example.org"], "producers": ["maker@example.org"] });
    assert_eq!(site.ask(&admin, set, json!({ "input": lists })).await["setTaskQueue"]["set"], true);
    let tries = [
        (Method::GET, "", [StatusCode::FORBIDDEN, StatusCode::OK, StatusCode::OK]),
        (Method::POST, "/tasks", [StatusCode::FORBIDDEN, StatusCode::FORBIDDEN, StatusCode::OK]),
        (Method::GET, "/tasks", [StatusCode::FORBIDDEN, StatusCode::OK, StatusCode::FORBIDDEN]),
        (Method::GET, "/tasks/t", [StatusCode::FORBIDDEN, StatusCode::OK, StatusCode::FORBIDDEN]),
        (
            Method::POST,
            "/tasks/lease?numTasks=1&leaseSecs=60",
            [StatusCode::FORBIDDEN, StatusCode::OK, StatusCode::FORBIDDEN],
        ),
        (Method::PATCH, "/tasks/t?newLeaseSeconds=60", [StatusCode::FORBIDDEN, StatusCode::OK, StatusCode::FORBIDDEN]),
        (Method::DELETE, "/tasks/t", [StatusCode::FORBIDDEN, StatusCode::NO_CONTENT, StatusCode::FORBIDDEN]),
    ];
    for (method, behind, expected) in tries {
        // The one that may comes last, as a task can be deleted once.
        for (token, status) in [(SECRET, expected[0]), (MAKER, expected[2]), (WORKER, expected[1])] {
            let body = r#"{"id": "t", "payloadBase64": "", "queueName": "q"}"#;
            let answer = knock(&site, method.clone(), &path("q", behind), Some(token), body).await;
            assert_eq!(answer.status, status, "{method} {behind} {token}: {}", answer.text());
            if status == StatusCode::FORBIDDEN {
                assert_eq!(reason(&answer), json!("forbidden"));
            }
        }
    }
    let other = knock(&site, Method::GET, &path("r", "/tasks"), Some(SECRET), "").await;
    assert_eq!(other.status, StatusCode::OK, "who is named nowhere may use what names nobody");
    let bad = json!({ "input": { "project": "demo", "name": "q", "admins": ["nobody"] } });
    let refused = site.ask(&admin, set, bad).await;
    assert_eq!(refused["setTaskQueue"]["problems"][0], json!({ "code": "EMAIL_INVALID", "path": ["admins"] }));
    site.end().await;
}

async fn the_description_is_for_everybody(backend: Backend) {
    let site = with_tokens(backend).await;
    let answer = knock(&site, Method::GET, "/api/taskqueue/v1beta2", None, "").await;
    let document = answer.json();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(document["rootUrl"], "http://lectern.example/");
    assert_eq!(document["servicePath"], "taskqueue/v1beta2/projects/");
    assert_eq!(document.get("auth"), None, "with scopes in it, clients look for credentials elsewhere");
    let methods = |resource: &str| -> Vec<String> {
        let methods = document["resources"][resource]["methods"].as_object().expect("methods");
        methods.keys().cloned().collect()
    };
    assert_eq!(methods("tasks"), ["delete", "get", "insert", "lease", "list", "patch", "update"]);
    assert_eq!(methods("taskqueues"), ["get"]);
    for other in ["/api/taskqueue/v1beta3", "/api/other/v1beta2"] {
        assert_eq!(knock(&site, Method::GET, other, None, "").await.status, StatusCode::NOT_FOUND, "{other}");
    }
    let index = knock(&site, Method::GET, "/taskqueue/", None, "").await;
    assert!(index.text().starts_with("Task Queue REST API"), "{}", index.text());
    site.end().await;
}
