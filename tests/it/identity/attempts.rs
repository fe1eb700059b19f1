//! Too many wrong passwords.

use serde_json::json;
use tests::backend::Backend;
use tests::client;
use tests::site::{PASSWORD, Plan, Site};
use tests::stories;

use super::{problem, sign_in};

stories![who_guesses_has_to_wait_and_learns_nothing];

async fn who_guesses_has_to_wait_and_learns_nothing(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    for email in ["admin@example.org", "nobody@example.org"] {
        for _ in 0..10 {
            assert_eq!(problem(&sign_in(&site, email, "not the password").await), "WRONG_CREDENTIALS");
        }
        // The right one is not tried any more, and whether there is such an account is not told.
        let refused = sign_in(&site, email, PASSWORD).await;
        assert_eq!(problem(&refused), "TOO_MANY_ATTEMPTS", "{email}");
        assert!(refused["problems"][0]["message"].as_str().is_some_and(|words| words.contains("1 min")), "{refused}");
    }
    // Somebody at another address comes in: a stranger cannot lock them out.
    let input = json!({ "input": { "email": "admin@example.org", "password": PASSWORD } });
    let body = json!({ "query": super::SIGN_IN, "variables": input }).to_string();
    let headers = [("content-type", "application/json".to_owned()), ("x-forwarded-for", "192.0.2.7".to_owned())];
    let answer = client::send(site.address, hyper::Method::POST, "/graphql", headers, body).await.json();
    assert!(answer["data"]["signIn"]["token"].is_string(), "{answer}");
    site.end().await;
}
