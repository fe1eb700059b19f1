//! What operators see, and clients do not: codes, request ids, the log, faults at Sentry, spans, and what is counted.

mod codes;
mod counts;
mod doors;
mod jobs;
mod outage;
mod secrets;
mod spans;

use serde_json::json;
use tests::backend::Backend;
use tests::base::Base;
use tests::site::{Plan, Site};

/// An account whose address is planted, and its sign-in.
async fn prepared() -> (Base, String) {
    let site = Site::new(Backend::Sqlite, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    let user =
        json!({ "input": { "email": "planted@example.org", "name": "Planted Ada", "password": "planted-word" } });
    let create = "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";
    site.ask(&admin, create, user).await;
    let query = "mutation($input: SignInInput!) { signIn(input: $input) { token } }";
    let input = json!({ "input": { "email": "planted@example.org", "password": "planted-word" } });
    let answer = site.post(None, query, input).await;
    let token = answer["data"]["signIn"]["token"].as_str().expect("a token").to_owned();
    (site.end().await, token)
}
