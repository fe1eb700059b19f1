//! What is refused at the door, with which status and which words.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::send;
use tests::runner::{page, post, run};
use tests::site::{Plan, Site};
use tests::stories;

stories!(
    a_closed_door_is_no_door,
    requests_are_refused_in_the_pages_words,
    names_are_refused,
    long_files_are_refused_in_the_output,
    everybody_may_come
);

const OK: &str = "print(1)";

async fn requests_are_refused_in_the_pages_words(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let typed = |kind: &str| vec![("content-type", kind.to_owned())];
    let json = "application/json";
    let raw: [(&str, &str, String, StatusCode); 9] = [
        ("/run_program/", json, "{".into(), StatusCode::BAD_REQUEST),
        ("/run_program/", json, "[]".into(), StatusCode::BAD_REQUEST),
        ("/run_program/", json, String::new(), StatusCode::BAD_REQUEST),
        ("/run_program/", "text/plain", "{}".into(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("/check_output/", "application/x-www-form-urlencoded", "a=b".into(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("/run_program/", json, " ".repeat((1 << 20) + 1), StatusCode::PAYLOAD_TOO_LARGE),
        ("/check_output", json, r#"{"identifier":"0","read":-1}"#.into(), StatusCode::BAD_REQUEST),
        ("/check_output", json, r#"{"identifier":"0","read":"1"}"#.into(), StatusCode::BAD_REQUEST),
        ("/check_output/", json, r#"{"identifier":"0","read":0}"#.into(), StatusCode::NOT_FOUND),
    ];
    for (path, kind, body, status) in raw {
        let answer = send(site.address, Method::POST, path, typed(kind), body.clone()).await;
        assert_eq!(answer.status, status, "{path} {kind} {}: {}", &body[..body.len().min(60)], answer.text());
        assert!(answer.json()["message"].is_string(), "{}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), "*", "a page may read why");
    }
    let unknown = post(site.address, "/check_output/", &json!({ "identifier": "x", "read": 0 })).await;
    assert_eq!(unknown.json(), json!({ "message": "unknown identifier" }));
    let keys: [(&str, Value, &str); 6] = [
        ("/run_program/", json!({ "mode": "run" }), "files"),
        ("/run_program/", json!({ "files": [] }), "mode"),
        ("/run_program", json!({ "mode": "run", "files": [{ "basename": "a.py" }] }), "files[0].contents"),
        ("/run_program", json!({ "mode": "run", "files": [{ "basename": 1, "contents": "" }] }), "files[0].basename"),
        ("/check_output/", json!({ "read": 0 }), "identifier"),
        ("/download/", json!({ "files": 1 }), "files"),
    ];
    for (path, body, key) in keys {
        let answer = post(site.address, path, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}: {}", answer.text());
        assert!(answer.json()["message"].as_str().expect("a text").contains(&format!("`{key}`")), "{}", answer.text());
    }
    let got = send(site.address, Method::GET, "/run_program/", [], "").await;
    assert_eq!((got.status, got.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, OPTIONS, POST"));
    site.end().await;
}

async fn names_are_refused(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let long = "x".repeat(129);
    for name in ["../x", "/x", "a/b", "", ".x", "-x", "a b", "\u{e9}", "main.gpr", "main.adc", "a\0", &long] {
        for path in ["/run_program/", "/download/"] {
            let answer = post(site.address, path, &page("python3", "run", &[("ok.py", OK), (name, "")])).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {name:?}: {}", answer.text());
            assert_eq!(answer.json()["path"], json!(["files", "1", "basename"]), "{path} {name:?}");
        }
    }
    let twice = post(site.address, "/run_program/", &page("python3", "run", &[("a.py", OK), ("a.py", OK)])).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let names: Vec<String> = (0..65).map(|number| format!("f{number}.py")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let many = post(site.address, "/run_program/", &page("python3", "run", &files)).await;
    assert_eq!((many.status, &many.json()["path"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(["files"])));
    let unknown = post(site.address, "/run_program/", &page("klingon", "run", &[("a.py", OK)])).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.text().contains("python3"), "{}", unknown.text());
    site.end().await;
}

async fn long_files_are_refused_in_the_output(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    // Characters, not bytes: each of these has four.
    let fits = format!("#{}", "\u{1F600}".repeat(49_999));
    let seen = run(site.address, &page("python3", "run", &[("main.py", &fits)])).await;
    assert_eq!(seen.status, 0, "{seen:#?}");
    let long = format!("{fits}x");
    for (name, mode) in [("main.py", "run"), ("cli.txt", "run"), ("lab_io.txt", "submit")] {
        let files = [("a.py", OK), (name, long.as_str())];
        let seen = run(site.address, &page("python3", mode, &files)).await;
        assert_eq!((seen.status, seen.order()), (1, vec!["internal_error".to_owned()]), "{name}");
        assert!(seen.text("internal_error").contains("50000 characters"), "{seen:#?}");
    }
    site.end().await;
}

async fn a_closed_door_is_no_door(backend: Backend) {
    let site = Site::new(backend, Plan { code_runner: false, ..Plan::default() }).await;
    for path in ["/run_program/", "/run_program", "/check_output/", "/download/"] {
        let answer = post(site.address, path, &page("python3", "run", &[("a.py", OK)])).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(send(site.address, Method::GET, "/", [], "").await.json(), json!({ "message": "OK" }));
    site.end().await;
}

async fn everybody_may_come(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    for path in ["/run_program/", "/run_program", "/check_output/", "/check_output", "/download/", "/download"] {
        let headers = [
            ("origin", "https://learn.example".to_owned()),
            ("access-control-request-method", "POST".to_owned()),
            ("access-control-request-headers", "content-type,x-requested-with".to_owned()),
        ];
        let answer = send(site.address, Method::OPTIONS, path, headers, "").await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), "content-type,x-requested-with", "{path}");
        assert!(answer.header("access-control-allow-methods").contains("POST"), "{path}");
        assert!(answer.headers.get("access-control-allow-credentials").is_none(), "{path}");
    }
    let alive = send(site.address, Method::GET, "/", [], "").await;
    assert_eq!((alive.json(), alive.header("access-control-allow-origin")), (json!({ "message": "OK" }), "*"));
    let html = send(site.address, Method::GET, "/", [("accept", "text/html,*/*;q=0.8".to_owned())], "").await;
    assert!(html.text().starts_with("<!"), "{}", html.text());
    for closed in ["/graphql", "/healthz"] {
        let headers = [("origin", "https://learn.example".to_owned())];
        let answer = send(site.address, Method::GET, closed, headers, "").await;
        assert!(answer.headers.get("access-control-allow-origin").is_none(), "{closed} is open to every page");
    }
    site.end().await;
}
