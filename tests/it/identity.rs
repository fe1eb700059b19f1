//! Accounts and the ways into them, from outside: what lets somebody in, what does not, and who is told.

mod accounts;
mod attempts;
mod audit;
mod browser;
mod command_line;
mod forged;
mod keys;
pub(crate) mod oauth;
mod oidc;
mod privacy;
mod programs;
mod roles;
mod sessions;
mod tokens;

use serde_json::{Value, json};
use tests::site::{PASSWORD, Site};

const SIGN_IN: &str =
    "mutation($input: SignInInput!) { signIn(input: $input) { token refreshToken problems { code message } } }";
const VIEWER: &str = "{ viewer { user { email name } } }";

/// Signs in; the payload.
async fn sign_in(site: &Site, email: &str, password: &str) -> Value {
    let input = json!({ "input": { "email": email, "password": password } });
    site.post(None, SIGN_IN, input).await["data"]["signIn"].take()
}

/// Whether a token lets somebody in; if not, the words that say why.
async fn refusal(site: &Site, token: &str) -> Option<String> {
    let answer = site.post(Some(token), VIEWER, json!({})).await;
    answer["errors"][0]["message"].as_str().map(str::to_owned)
}

/// Runs a mutation that takes an input; its payload.
async fn change(site: &Site, token: Option<&str>, mutation: &str, input: Value, answer: &str) -> Value {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query =
        format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {answer} problems {{ code path }} }} }}");
    let mut answer = site.post(token, &query, json!({ "input": input })).await;
    assert!(answer.get("errors").is_none(), "{mutation}: {answer:#}");
    answer["data"][mutation].take()
}

/// The code of the only problem of a payload.
fn problem(payload: &Value) -> &str {
    payload["problems"][0]["code"].as_str().unwrap_or_else(|| panic!("no problem: {payload:#}"))
}

/// Makes an account with the password of everybody.
async fn account(site: &Site, admin: &str, email: &str) {
    let input = json!({ "email": email, "name": "Somebody", "password": PASSWORD });
    let made = change(site, Some(admin), "createUser", input, "user { id }").await;
    assert_eq!(made["problems"], json!([]), "{made}");
}
