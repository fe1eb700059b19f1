//! Which programs may ask to be let in: registered with a secret, and taken away.

use hyper::{Method, StatusCode};
use serde_json::json;
use tests::backend::Backend;
use tests::client;
use tests::site::{Plan, Site};
use tests::stories;

use super::oauth::{asking, but, decide, exchange, parameter, registered, signed_in, with_code};
use super::{change, problem, refusal};

stories![a_program_of_a_server_keeps_a_secret, what_a_program_was_let_in_to_ends_with_it];

async fn what_a_program_was_let_in_to_ends_with_it(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    registered(&site, &admin, false, "http://127.0.0.1/").await;
    let listed = "{ programs { nodes { id clientId name redirects scopes isConfidential } } }";
    let programs = site.ask(&admin, listed, json!({})).await;
    let expected = json!({
        "clientId": "tracker", "name": "Tracker", "redirects": ["http://127.0.0.1/"], "scopes": ["READ"],
        "isConfidential": false, "id": programs["programs"]["nodes"][0]["id"],
    });
    assert_eq!(programs["programs"]["nodes"], json!([expected]));
    let mut browser = signed_in(&site, "admin@example.org").await;
    let code = parameter(decide(&mut browser, &asking(&[]), "allow").await.header("location"), "code");
    let granted = exchange(&site, &with_code(&code)).await.json();
    let access = granted["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(refusal(&site, &access).await, None);
    // One more code that is not used yet.
    let code = parameter(decide(&mut browser, &asking(&[]), "allow").await.header("location"), "code");
    let remove = |client: &str| change(&site, Some(&admin), "removeProgram", json!({ "clientId": client }), "ended");
    assert_eq!(problem(&remove("ok-client").await), "BUILT_IN");
    assert_eq!(problem(&remove("nobody").await), "PROGRAM_UNKNOWN");
    assert_eq!(remove("tracker").await["ended"], 1);
    assert!(refusal(&site, &access).await.is_some());
    assert_ne!(exchange(&site, &with_code(&code)).await.status, StatusCode::OK);
    let refresh = granted["refresh_token"].as_str().expect("a token");
    let renewal = [
        ("client_id", "tracker".to_owned()),
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", refresh.to_owned()),
    ];
    assert_ne!(exchange(&site, &renewal).await.status, StatusCode::OK);
    assert_eq!(browser.get(&asking(&[])).await.status, StatusCode::BAD_REQUEST, "nobody is asked");
    // Another of that name is another program.
    registered(&site, &admin, false, "http://127.0.0.1/").await;
    assert_ne!(exchange(&site, &renewal).await.status, StatusCode::OK);
    site.end().await;
}

async fn a_program_of_a_server_keeps_a_secret(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    let made = registered(&site, &admin, true, "https://tracker.example/back").await;
    let secret = made["clientSecret"].as_str().expect("a secret").to_owned();
    let mut browser = signed_in(&site, "admin@example.org").await;
    let address = asking(&[
        ("redirect_uri", "https://tracker.example/back"),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ]);
    let code = parameter(decide(&mut browser, &address, "allow").await.header("location"), "code");
    let fields = but(but(with_code(&code), "redirect_uri", "https://tracker.example/back"), "code_verifier", "");
    for wrong in ["", "wrong"] {
        assert_eq!(
            exchange(&site, &but(fields.clone(), "client_secret", wrong)).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    let granted = exchange(&site, &but(fields, "client_secret", &secret)).await.json();
    let access = granted["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(refusal(&site, &access).await, None);
    // It gives back what it got; others cannot.
    let revoke = |client: &str, secret: &str, token: &str| {
        let pairs = [("client_id", client), ("client_secret", secret), ("token", token)];
        let body = serde_urlencoded::to_string(pairs).expect("a form");
        let typed = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        client::send(site.address, Method::POST, "/oauth/revoke", typed, body)
    };
    assert_eq!(revoke("ok-client", "", &access).await.status, StatusCode::OK);
    assert_eq!(refusal(&site, &access).await, None);
    assert_eq!(revoke("tracker", "wrong", &access).await.status, StatusCode::UNAUTHORIZED);
    let refresh = granted["refresh_token"].as_str().expect("a token");
    assert_eq!(revoke("tracker", &secret, refresh).await.status, StatusCode::OK);
    assert!(refusal(&site, &access).await.is_some());
    for (input, code) in [
        (
            json!({ "key": "tracker", "name": "x", "redirects": ["https://x.example/"], "scopes": ["READ"] }),
            "KEY_TAKEN",
        ),
        (
            json!({ "key": "ok-client", "name": "x", "redirects": ["https://x.example/"], "scopes": ["READ"] }),
            "KEY_TAKEN",
        ),
        (json!({ "key": "X", "name": "x", "redirects": ["https://x.example/"], "scopes": ["READ"] }), "KEY_INVALID"),
        (json!({ "key": "abc", "name": "", "redirects": ["https://x.example/"], "scopes": ["READ"] }), "NAME_INVALID"),
        (
            json!({ "key": "abc", "name": "x", "redirects": ["http://x.example/"], "scopes": ["READ"] }),
            "REDIRECT_INVALID",
        ),
        (
            json!({ "key": "abc", "name": "x", "redirects": ["https://x@y.example/"], "scopes": ["READ"] }),
            "REDIRECT_INVALID",
        ),
        (json!({ "key": "abc", "name": "x", "redirects": [], "scopes": ["READ"] }), "REDIRECT_INVALID"),
        (json!({ "key": "abc", "name": "x", "redirects": ["https://x.example/"], "scopes": [] }), "SCOPE_MISSING"),
    ] {
        assert_eq!(
            problem(&change(&site, Some(&admin), "registerProgram", input.clone(), "clientId").await),
            code,
            "{input}"
        );
    }
    site.end().await;
}
