//! Programs that are let in: the real `ok` client, and others that try what they should not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::{Method, StatusCode};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests::backend::Backend;
use tests::browser::Browser;
use tests::client::{self, Answer};
use tests::okpy::Student;
use tests::site::{PASSWORD, Plan, Site};
use tests::stories;

use super::{account, change, problem, refusal};

stories![
    the_ok_client_is_let_in_by_a_browser,
    the_ok_client_is_let_in_by_a_code_that_is_pasted,
    a_program_is_let_in_once_by_a_code_and_renews_once_by_a_token,
    nobody_is_sent_to_a_stranger
];

/// The code that a page shows.
pub(crate) fn shown(page: &Answer) -> String {
    let text = page.text();
    let code = text.split_once("<output class=\"code\">").and_then(|(_, rest)| rest.split_once("</output>"));
    code.unwrap_or_else(|| panic!("no code: {text}")).0.to_owned()
}

fn query(address: &str) -> Vec<(String, String)> {
    let (_, query) = address.split_once('?').unwrap_or_else(|| panic!("no query: {address}"));
    serde_urlencoded::from_str(query).expect("a query")
}

pub(super) fn parameter(address: &str, name: &str) -> String {
    let found = query(address).into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no {name}: {address}")).1
}

pub(crate) async fn signed_in(site: &Site, email: &str) -> Browser {
    let mut browser = Browser::at(site.address);
    let entered = browser.post("/login", &[("email", email), ("password", PASSWORD)]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    browser
}

/// Answers the page that asks, with the fields that it has.
pub(crate) async fn decide(browser: &mut Browser, address: &str, choice: &str) -> Answer {
    let page = browser.get(address).await;
    assert!(page.text().contains("Let a program in?"), "{}", page.text());
    let mut fields = query(address);
    fields.retain(|(name, _)| name != "login_hint");
    fields.push(("choice".to_owned(), choice.to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post("/oauth/authorize", &fields).await
}

async fn the_ok_client_is_let_in_by_a_browser(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    account(&site, &admin, "ada@example.org").await;
    let student = Student::at(site.address);
    let working = student.start(&["--get-token"], "ada@example.org\n").await;
    let address = working.opened().await;
    let place = address.strip_prefix(&format!("http://{}", site.address)).expect("our own address");
    // Nobody is signed in yet: the page comes first, and leads back.
    let mut browser = Browser::at(site.address);
    let sent = browser.get(place).await;
    let login = sent.header("location");
    assert!(login.starts_with("/login?") && parameter(login, "email") == "ada@example.org", "{login}");
    let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("next", &*parameter(login, "next"))];
    let entered = browser.post("/login", &fields).await;
    let answer = decide(&mut browser, entered.header("location"), "allow").await;
    let back = answer.header("location").to_owned();
    let listener = back.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a listener");
    let told =
        client::send(listener.0.parse().expect("an address"), Method::GET, &format!("/{}", listener.1), [], "").await;
    assert_eq!(told.header("location"), format!("http://{}/", site.address));
    let said = working.end().await;
    assert!(said.contains("Successfully logged in as ada@example.org"), "{said}");
    let token =
        said.lines().find_map(|line| line.strip_prefix("Token: ")).unwrap_or_else(|| panic!("no token: {said}"));
    assert_eq!(refusal(&site, token.trim()).await, None);
    let sessions = "{ viewer { user { sessions { nodes { kind name scopes } } } } }";
    let sessions = site.ask(token.trim(), sessions, json!({})).await["viewer"]["user"]["sessions"]["nodes"].take();
    assert_eq!(
        sessions[0],
        json!({ "kind": "APPLICATION", "name": "The ok client", "scopes": ["ALL"] }),
        "{sessions:#}"
    );
    site.end().await;
}

async fn the_ok_client_is_let_in_by_a_code_that_is_pasted(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    account(&site, &admin, "ada@example.org").await;
    let mut browser = signed_in(&site, "ada@example.org").await;
    let mut codes = Vec::new();
    for page in ["/client/login/", "/client/login"] {
        let address = browser.get(page).await.header("location").to_owned();
        codes.push(shown(&decide(&mut browser, &address, "allow").await));
    }
    let student = Student::at(site.address);
    let said = student.run(&["--get-token", "--no-browser"], &format!("{}\n", codes[0])).await;
    assert!(said.contains(&format!("http://{}/client/login/", site.address)), "{said}");
    assert!(said.contains("Successfully logged in as ada@example.org"), "{said}");
    // The code was good once. What it opened ends when somebody else shows it.
    let token = said.lines().find_map(|line| line.strip_prefix("Token: ")).expect("a token").trim().to_owned();
    assert_eq!(refusal(&site, &token).await, None);
    let other = Student::at(site.address);
    let second = other.run(&["--get-token", "--no-browser"], &format!("{}\n\n", codes[0])).await;
    assert!(!second.contains("Successfully"), "{second}");
    assert!(refusal(&site, &token).await.is_some());
    // Its tokens are renewed for as long as it likes, always by the one that it has.
    let first = exchange(&site, &ok_client(&codes[1])).await;
    let (first, status) = (first.json(), first.status);
    assert_eq!(
        (status, &first["token_type"], &first["scope"]),
        (StatusCode::OK, &json!("Bearer"), &json!("all")),
        "{first}"
    );
    assert!(first["expires_in"].as_i64().is_some_and(|seconds| (3590..=3600).contains(&seconds)), "{first}");
    for _ in 0..2 {
        let renewed = exchange(&site, &renewal("ok-client", &first["refresh_token"])).await.json();
        assert_eq!(renewed["refresh_token"], first["refresh_token"]);
        assert_eq!(refusal(&site, renewed["access_token"].as_str().expect("a token")).await, None);
    }
    // Scripts show their tokens as a parameter too, and a refusal is JSON.
    let token = first["access_token"].as_str().expect("a token");
    for path in ["/api/v3/user/", "/api/v3/user"] {
        let own = client::send(site.address, Method::GET, &format!("{path}?access_token={token}"), [], "").await.json();
        assert_eq!(
            (&own["data"]["email"], &own["code"], &own["message"]),
            (&json!("ada@example.org"), &json!(200), &json!("success"))
        );
    }
    for bearer in ["Bearer None", "Bearer x", "Basic x"] {
        let refused =
            client::send(site.address, Method::GET, "/api/v3/user/", [("authorization", bearer.to_owned())], "").await;
        let body = refused.json();
        assert_eq!((refused.status, &body["data"], &body["code"]), (StatusCode::UNAUTHORIZED, &json!({}), &json!(401)));
        assert!(body["message"].is_string(), "{body}");
    }
    site.end().await;
}

/// What the `ok` client sends with a code.
fn ok_client(code: &str) -> Vec<(&'static str, String)> {
    vec![
        ("client_id", "ok-client".to_owned()),
        ("client_secret", "published with it".to_owned()),
        ("grant_type", "authorization_code".to_owned()),
        ("redirect_uri", "urn:ietf:wg:oauth:2.0:oob".to_owned()),
        ("code", code.to_owned()),
    ]
}

fn renewal(client: &str, refresh: &Value) -> Vec<(&'static str, String)> {
    let refresh = refresh.as_str().expect("a refresh token").to_owned();
    vec![("client_id", client.to_owned()), ("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh)]
}

pub(super) async fn exchange(site: &Site, fields: &[(&'static str, String)]) -> Answer {
    let body = serde_urlencoded::to_string(fields).expect("a form");
    let typed = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    client::send(site.address, Method::POST, "/oauth/token", typed, body).await
}

/// A program on people's own machines.
pub(super) async fn registered(site: &Site, admin: &str, confidential: bool, redirect: &str) -> Value {
    let input = json!({ "key": "tracker", "name": "Tracker", "redirects": [redirect], "scopes": ["READ"], "confidential": confidential });
    let made = change(site, Some(admin), "registerProgram", input, "clientId clientSecret").await;
    assert_eq!(made["clientId"], "tracker", "{made}");
    made
}

const VERIFIER: &str = "a-secret-of-this-one-request-which-is-long-enough";

pub(super) fn asking(more: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut pairs = vec![
        ("client_id", "tracker"),
        ("redirect_uri", "http://127.0.0.1:9999/back"),
        ("response_type", "code"),
        ("scope", "read"),
        ("state", "a&b"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name, value));
    }
    format!("/oauth/authorize?{}", serde_urlencoded::to_string(pairs).expect("a query"))
}

pub(super) fn with_code(code: &str) -> Vec<(&'static str, String)> {
    vec![
        ("client_id", "tracker".to_owned()),
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", "http://127.0.0.1:9999/back".to_owned()),
        ("code_verifier", VERIFIER.to_owned()),
    ]
}

pub(super) fn but(
    mut fields: Vec<(&'static str, String)>,
    name: &'static str,
    value: &str,
) -> Vec<(&'static str, String)> {
    fields.retain(|(known, _)| *known != name);
    fields.push((name, value.to_owned()));
    fields
}

async fn a_program_is_let_in_once_by_a_code_and_renews_once_by_a_token(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    registered(&site, &admin, false, "http://127.0.0.1/").await;
    let mut browser = signed_in(&site, "admin@example.org").await;
    let mut codes = Vec::new();
    for _ in 0..7 {
        let answer = decide(&mut browser, &asking(&[]), "allow").await;
        let back = answer.header("location");
        assert!(back.starts_with("http://127.0.0.1:9999/back?code=") && parameter(back, "state") == "a&b", "{back}");
        codes.push(parameter(back, "code"));
    }
    let told = |answer: &Answer| {
        assert_eq!(answer.header("cache-control"), "no-store");
        (answer.status.as_u16(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
    };
    // Each wrong try uses its code up.
    for (place, wrong) in [
        but(with_code(&codes[0]), "code_verifier", "another"),
        but(with_code(&codes[1]), "code_verifier", ""),
        but(with_code(&codes[2]), "redirect_uri", "http://127.0.0.1:1/back"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(told(&exchange(&site, &wrong).await), (400, "invalid_grant".to_owned()), "{wrong:?}");
        assert_eq!(told(&exchange(&site, &with_code(&codes[place])).await), (400, "invalid_grant".to_owned()));
    }
    let other = but(but(with_code(&codes[3]), "client_id", "ok-client"), "code_verifier", VERIFIER);
    assert_eq!(told(&exchange(&site, &other).await), (400, "invalid_grant".to_owned()), "a code of another program");
    let db = site.app.kernel.deps.db.write_connection();
    let old = Statement::from_string(
        db.get_database_backend(),
        "UPDATE oauth_code SET expires_at = 1 WHERE used_at IS NULL AND id = 5",
    );
    db.execute_raw(old).await.expect("it is old");
    assert_eq!(told(&exchange(&site, &with_code(&codes[4])).await), (400, "invalid_grant".to_owned()), "too late");
    for (wrong, error) in [
        (but(with_code(&codes[5]), "client_id", "nobody"), (401, "invalid_client")),
        (but(with_code(&codes[5]), "grant_type", "password"), (400, "unsupported_grant_type")),
        (but(with_code("x"), "code", "nonsense"), (400, "invalid_grant")),
    ] {
        assert_eq!(told(&exchange(&site, &wrong).await), (error.0, error.1.to_owned()), "{wrong:?}");
    }
    // A good one; what it opened is for reading.
    let first = exchange(&site, &with_code(&codes[5])).await.json();
    let access = first["access_token"].as_str().expect("a token").to_owned();
    assert_eq!((refusal(&site, &access).await, &first["scope"]), (None, &json!("read")));
    let act = site.post(Some(&access), "mutation { rotateKeys { keyId } }", json!({})).await;
    assert_eq!(act["errors"][0]["extensions"]["code"], "SCOPE_MISSING");
    let second = exchange(&site, &renewal("tracker", &first["refresh_token"])).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(
        told(&exchange(&site, &renewal("ok-client", &second["refresh_token"])).await),
        (400, "invalid_grant".to_owned())
    );
    // By the door for people's own sign-ins nothing of it is renewed.
    let by_graphql =
        change(&site, None, "renewSignIn", json!({ "refreshToken": second["refresh_token"] }), "token").await;
    assert_eq!(problem(&by_graphql), "NOT_GOOD");
    assert_eq!(refusal(&site, second["access_token"].as_str().expect("a token")).await, None);
    assert_eq!(
        told(&exchange(&site, &renewal("tracker", &first["refresh_token"])).await),
        (400, "invalid_grant".to_owned())
    );
    assert!(refusal(&site, second["access_token"].as_str().expect("a token")).await.is_some(), "a copy ends it");
    // Of two who show one at once, at most one is let in, and not for long.
    let twice = decide(&mut browser, &asking(&[]), "allow").await;
    let shown = with_code(&parameter(twice.header("location"), "code"));
    let (one, other) = tokio::join!(exchange(&site, &shown), exchange(&site, &shown));
    for answer in [&one, &other] {
        if let Some(access) = answer.json()["access_token"].as_str() {
            assert!(refusal(&site, access).await.is_some(), "a copy was shown, so what it opened has ended");
        }
    }
    assert!([&one, &other].into_iter().any(|answer| answer.status == StatusCode::BAD_REQUEST));
    // A code that is shown again ends what it opened.
    let third = exchange(&site, &with_code(&codes[6])).await.json();
    let access = third["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(refusal(&site, &access).await, None);
    exchange(&site, &with_code(&codes[6])).await;
    assert!(refusal(&site, &access).await.is_some());
    site.end().await;
}

async fn nobody_is_sent_to_a_stranger(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    registered(&site, &admin, false, "http://127.0.0.1/").await;
    let mut browser = signed_in(&site, "admin@example.org").await;
    for (name, value) in [
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "http://127.0.0.1:80@evil.example/"),
        ("redirect_uri", ""),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "urn:ietf:wg:oauth:2.0:oob"),
        ("client_id", "nobody"),
        ("client_id", ""),
    ] {
        let page = browser.get(&asking(&[(name, value)])).await;
        assert_eq!((page.status, page.header("location")), (StatusCode::BAD_REQUEST, ""), "{name}={value}");
    }
    for (more, error) in [
        (vec![("response_type", "token")], "unsupported_response_type"),
        (vec![("scope", "admin")], "invalid_scope"),
        (vec![("scope", "nonsense")], "invalid_scope"),
        (vec![("code_challenge", "")], "invalid_request"),
        (vec![("code_challenge_method", "plain")], "invalid_request"),
        (vec![("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
    ] {
        let answer = browser.get(&asking(&more)).await;
        let back = answer.header("location");
        assert!(back.starts_with("http://127.0.0.1:9999/back?"), "{more:?}: {back}");
        assert_eq!(
            (parameter(back, "error"), parameter(back, "state")),
            (error.to_owned(), "a&b".to_owned()),
            "{more:?}"
        );
    }
    let denied = decide(&mut browser, &asking(&[]), "deny").await;
    assert_eq!(parameter(denied.header("location"), "error"), "access_denied");
    // Another site cannot decide for the person, nor can a program with a token.
    let fields = query(&asking(&[("choice", "allow")]));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let forged = browser.post_from("http://evil.example", "/oauth/authorize", &fields).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let mut nobody = Browser::at(site.address);
    let sent = nobody.post("/oauth/authorize", &fields).await;
    assert!(sent.header("location").starts_with("/login?next="), "{:?}", sent.headers);
    // The page cannot be put into another, and its answer leads to the program alone.
    let page = browser.get(&asking(&[])).await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.ends_with("form-action 'self' http://127.0.0.1:9999"),
        "{policy}"
    );
    let errors = browser.get("/oauth/errors?error=access_denied&error_description=%3Cscript%3Ecall+us").await.text();
    assert!(errors.contains("You did not let it in") && !errors.contains("call us"), "{errors}");
    site.end().await;
}
