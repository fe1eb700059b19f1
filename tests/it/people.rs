//! People of a course: rosters that come as tables, codes to join by, scores and comments by people, and downloads of all of it.

mod exports;
mod join;
mod roster;
mod scores;

use hyper::Method;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::{self, Answer};
use tests::site::{PASSWORD, Plan, Site};

pub const COURSE: &str = "data-in-the-wild";
pub const ENDPOINT: &str = "data-in-the-wild/word-counts";

/// A site with a course, and its administrator.
async fn campus(backend: Backend) -> (Site, String) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    (site, admin)
}

/// Makes an account with the password of everybody.
async fn account(site: &Site, admin: &str, email: &str) {
    let input = json!({ "email": email, "name": "Somebody", "password": PASSWORD });
    let made = change(site, admin, "createUser", input, "user { id }").await;
    assert_eq!(made["problems"], json!([]), "{made}");
}

/// Runs a mutation that takes an input; its payload.
async fn change(site: &Site, token: &str, mutation: &str, input: Value, answer: &str) -> Value {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query =
        format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {answer} problems {{ code path }} }} }}");
    let mut answer = site.post(Some(token), &query, json!({ "input": input })).await;
    assert!(answer.get("errors").is_none(), "{mutation}: {answer:#}");
    answer["data"][mutation].take()
}

/// The code of the only problem of a payload.
fn problem(payload: &Value) -> &str {
    payload["problems"][0]["code"].as_str().unwrap_or_else(|| panic!("no problem: {payload:#}"))
}

async fn get(site: &Site, token: &str, path: &str) -> Answer {
    let bearer = [("authorization", format!("Bearer {token}"))];
    client::send(site.address, Method::GET, path, bearer, "").await
}

/// Hands in files by the door of the `ok` client; the key.
async fn hand_in(site: &Site, token: &str, files: Value, submit: bool) -> String {
    let body = json!({ "assignment": ENDPOINT, "messages": { "file_contents": files }, "submit": submit });
    let answer = client::post_json(site.address, "/api/v3/backups/", Some(token), &body).await.json();
    answer["data"]["key"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// The outcomes of an import, by line.
fn outcomes(payload: &Value) -> Vec<(i64, String)> {
    let rows = payload["rows"].as_array().unwrap_or_else(|| panic!("{payload:#}")).iter();
    let row =
        |row: &Value| (row["line"].as_i64().expect("a line"), row["outcome"].as_str().expect("a word").to_owned());
    rows.map(row).collect()
}

/// The actions of the log of a course, the newest first.
async fn log(site: &Site, token: &str) -> Vec<String> {
    let query = "{ auditLog(first: 100) { nodes { action } } }";
    let answer = site.ask(token, query, json!({})).await;
    let nodes = answer["auditLog"]["nodes"].as_array().expect("entries").iter();
    nodes.map(|entry| entry["action"].as_str().expect("a word").to_owned()).collect()
}
