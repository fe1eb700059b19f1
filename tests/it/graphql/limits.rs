//! What a client may ask for: budgets, the cost of a request, who sees the schema, and how long anybody waits.

use std::time::Duration;

use actors::budget::Rates;
use actors::database::Database;
use hyper::Method;
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use serde_json::{Value, json};
use server::config::{Introspection, Limits};
use server::graphql::limits::ALL;
use tests::backend::{Backend, tell};
use tests::client::{self, Answer};
use tests::frames::Frames;
use tests::site::{LIMITS, Plan, Site};

use super::told_of;

const VERSION: &str = "{ server { version } }";

/// Asks with a modern client, from an address that a proxy on this machine tells.
async fn ask(site: &Site, token: Option<&str>, from: &str, query: &str, variables: Value) -> Answer {
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("accept", "application/graphql-response+json".to_owned()),
        ("x-forwarded-for", from.to_owned()),
    ];
    let bearer = token.map(|token| ("authorization", format!("Bearer {token}")));
    let body = json!({ "query": query, "variables": variables }).to_string();
    client::send(site.address, Method::POST, "/graphql", headers.into_iter().chain(bearer), body).await
}

/// Asks until the budget is spent, which may be one of the next minute.
async fn spent(site: &Site, token: Option<&str>, from: &str) -> Answer {
    for _ in 0..200 {
        let answer = ask(site, token, from, VERSION, json!({})).await;
        if answer.status == 429 {
            return answer;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    panic!("there is no end to it");
}

fn assert_told(answer: &Answer, whose: &str, limit: u64) {
    let seconds: u64 = answer.header("retry-after").parse().expect("a number of seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(answer.header("ratelimit"), format!("\"{whose}\";r=0;t={seconds}"));
    let extensions = &answer.json()["errors"][0]["extensions"];
    assert_eq!((&extensions["code"], &extensions["limit"]["name"]), (&json!("RATE_LIMITED"), &json!(whose)));
    assert_eq!(extensions["limit"]["max"], limit);
    assert!(extensions["limit"]["is"].as_u64() >= Some(limit), "{extensions}");
    let reset = extensions["resetAt"].as_str().expect("a time");
    assert!(reset.ends_with(":00.000000Z"), "minutes are those of the clock: {reset}");
}

#[test]
fn who_has_spent_their_budget_waits_for_the_next_minute() {
    let rates = Rates { user: Some(1_000), session: Some(100), address: None };
    told_of(Limits { rates, ..LIMITS }, |site| async move {
        let [token, other] = [site.sign_in("admin@example.org").await, site.sign_in("admin@example.org").await];
        let query = "{ rateLimit { cost limit remaining resetAt } server { version } }";
        let answer = ask(&site, Some(&token), "192.0.2.1", query, json!({})).await;
        let told = &answer.json()["data"]["rateLimit"];
        assert_eq!((&told["cost"], &told["limit"], &told["remaining"]), (&json!(7), &json!(100), &json!(93)), "{told}");
        assert_eq!(answer.header("x-complexity"), "7");
        let budget = answer.header("ratelimit");
        assert!(budget.starts_with("\"session\";r=93;t="), "{budget}");
        assert_told(&spent(&site, Some(&token), "192.0.2.1").await, "session", 100);
        // The other sign-in of the same person has its own.
        assert_eq!(ask(&site, Some(&other), "192.0.2.1", VERSION, json!({})).await.status, 200);
        a_socket_is_told_so_and_stays(&site, &token).await;
        site.end().await;
    });
}

async fn a_socket_is_told_so_and_stays(site: &Site, token: &str) {
    let mut socket = Frames::open(site.address, "/graphql", "graphql-transport-ws").await;
    let payload = json!({ "Authorization": format!("Bearer {token}") });
    socket.say(&json!({ "type": "connection_init", "payload": payload }).to_string()).await;
    let mut hear = async |said: Value| {
        socket.say(&said.to_string()).await;
        let mut heard: Value = json!(null);
        // What is asked has an answer and its end; what is refused has an error.
        while !matches!(heard["type"].as_str(), Some("pong" | "complete" | "error")) {
            heard = serde_json::from_str(socket.next().await.expect("it answers").text()).expect("JSON");
        }
        heard
    };
    let asked = json!({ "type": "subscribe", "id": "1", "payload": { "query": VERSION } });
    for _ in 0..200 {
        let heard = hear(asked.clone()).await;
        if heard["type"] == "error" {
            assert_eq!(heard["payload"][0]["extensions"]["code"], "RATE_LIMITED", "{heard}");
            assert_eq!(hear(json!({ "type": "ping" })).await["type"], "pong");
            return;
        }
    }
    panic!("there is no end to it");
}

#[test]
fn who_is_nobody_pays_for_their_address() {
    let rates = Rates { user: None, session: None, address: Some(50) };
    told_of(Limits { rates, ..LIMITS }, |site| async move {
        let token = site.sign_in("admin@example.org").await;
        assert_told(&spent(&site, None, "198.51.100.1").await, "address", 50);
        for (token, from) in [(Some(token.as_str()), "198.51.100.1"), (None, "198.51.100.2")] {
            let answer = ask(&site, token, from, "{ rateLimit { limit } server { version } }", json!({})).await;
            assert_eq!(answer.status, 200, "{from}");
            let limit = if token.is_some() { json!(null) } else { json!({ "limit": 50 }) };
            assert_eq!(answer.json()["data"]["rateLimit"], limit, "nobody counts what has no budget");
            assert_eq!(answer.header("ratelimit").is_empty(), token.is_some());
        }
        site.end().await;
    });
}

#[test]
fn a_page_costs_what_is_asked_of_it_however_that_is_said() {
    let rates = Rates { user: Some(1_000_000), ..Rates::default() };
    told_of(Limits { rates, ..LIMITS }, |site| async move {
        let token = site.sign_in("admin@example.org").await;
        for (query, variables, cost) in [
            ("{ courses(first: 50) { nodes { id } } }", json!({}), 101),
            ("{ courses { nodes { id } } }", json!({}), 41),
            ("query($n: Int) { courses(first: $n) { nodes { id } } }", json!({ "n": 50 }), 101),
            ("query($n: Int = 50) { courses(first: $n) { nodes { id } } }", json!({}), 101),
            (
                "query($n: Int) { ...C } fragment C on Query { courses(first: $n) { nodes { id } } }",
                json!({ "n": 50 }),
                101,
            ),
            ("{ a: courses(first: 50) { nodes { id } } b: courses(first: 50) { nodes { id } } }", json!({}), 202),
        ] {
            let answer = ask(&site, Some(&token), "192.0.2.1", query, variables).await;
            assert_eq!(answer.header("x-complexity"), cost.to_string(), "{query}: {}", answer.text());
        }
        site.end().await;
    });
}

#[test]
fn the_schema_is_shown_by_policy() {
    for (introspection, [anonymous, signed_in]) in [
        (Introspection::Everybody, [true, true]),
        (Introspection::SignedIn, [false, true]),
        (Introspection::Nobody, [false, false]),
    ] {
        tell(Backend::Sqlite, |backend| async move {
            let plan = Plan { limits: Limits { introspection, ..LIMITS }, ..Plan::default() };
            let site = Site::new(backend, plan).await;
            let token = site.sign_in("admin@example.org").await;
            for (token, shown) in [(None, anonymous), (Some(token.as_str()), signed_in)] {
                for (query, of_schema) in [
                    ("{ __schema { queryType { name } } }", true),
                    ("{ server { version } a: __type(name: \"Query\") { name } }", true),
                    ("{ ...F } fragment F on Query { ... { __type(name: \"Query\") { name } } }", true),
                    ("{ __typename server { __typename } }", false),
                ] {
                    let answer = site.post(token, query, json!({})).await;
                    let refused = answer["errors"][0]["extensions"]["code"] == "INTROSPECTION_CLOSED";
                    assert_eq!(refused, of_schema && !shown, "{introspection:?} {query}: {answer}");
                    assert_eq!(answer["data"].is_null(), refused, "{answer}");
                }
                let answer = site.post(token, "{ server { versoin @skip(fi: true) } }", json!({})).await;
                let told = answer["errors"].to_string();
                // Of the field. What an argument of a directive may have been is told to nobody.
                assert_eq!(told.contains("Did you mean `version`?"), shown, "{introspection:?}: {told}");
                assert_eq!(told.matches("Did you mean").count(), usize::from(shown), "{told}");
            }
            site.end().await;
        });
    }
}

#[test]
fn what_takes_too_long_is_given_up() {
    tell(Backend::Postgres, |backend| async move {
        let limits = Limits { patience: Duration::from_secs(1), ..LIMITS };
        let site = Site::new(backend, Plan { limits, ..Plan::default() }).await;
        let token = site.sign_in("admin@example.org").await;
        let courses = "{ courses { nodes { key } } }";
        let other = Database::connect(&site.base.url).await.expect("the database answers");
        let held = other.write_connection().begin().await.expect("a transaction");
        held.execute_unprepared("LOCK TABLE course IN ACCESS EXCLUSIVE MODE").await.expect("it is free");
        let answer = ask(&site, Some(&token), "192.0.2.1", courses, json!({})).await;
        assert_eq!(answer.status, 504, "{}", answer.text());
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "TIMEOUT");
        let mut socket = Frames::open(site.address, "/graphql", "graphql-transport-ws").await;
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        socket.say(&json!({ "type": "connection_init", "payload": payload }).to_string()).await;
        socket.next().await.expect("it is acknowledged");
        let asked = json!({ "type": "subscribe", "id": "1", "payload": { "query": courses } });
        for held in [Some(held), None] {
            socket.say(&asked.to_string()).await;
            let heard: Value = serde_json::from_str(socket.next().await.expect("an answer").text()).expect("JSON");
            let Some(held) = held else {
                assert_eq!(heard["type"], "next", "{heard}");
                continue;
            };
            assert_eq!(heard["payload"][0]["extensions"]["code"], "TIMEOUT", "{heard}");
            held.rollback().await.expect("it was held");
        }
        site.end().await;
    });
}

#[test]
fn the_page_has_the_limits_that_are_kept() {
    let page = include_str!("../../../docs/api/limits.md");
    for limit in ALL {
        let row = format!("| `{}` | {} |", limit.name, thousands(limit.max));
        assert!(page.contains(&row), "docs/api/limits.md has no row `{row}`");
    }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let (first, rest) = digits.split_at(digits.len() % 3);
    let groups = rest.as_bytes().chunks(3).map(|group| std::str::from_utf8(group).expect("digits"));
    let groups: Vec<_> = std::iter::once(first).chain(groups).filter(|group| !group.is_empty()).collect();
    groups.join(",")
}

/// A script of the staff pages through a course of 2,000 students, asking as much of each page as may be asked at once.
#[test]
fn the_budgets_by_default_let_a_script_work() {
    let limits = server::config::Config::read().expect("no setting is set").limits;
    let dearest = ALL.iter().find(|limit| limit.name == "complexity").expect("a limit").max as u64;
    let pages = 2_000 / 100;
    for rate in [limits.rates.user, limits.rates.session] {
        assert!(rate.is_some_and(|rate| rate >= pages * dearest), "{rate:?}");
    }
}
