//! Requests that nobody means well are refused with their code, over HTTP and over a socket, and the server stays well.

use std::collections::BTreeSet;
use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use server::config::{Introspection, Limits};
use tests::client::{self, Answer};
use tests::frames::{CLOSE, Frames};
use tests::hostile::{Hostile, requests};
use tests::site::{LIMITS, Site};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::told_of;

/// The schema is not shown to who sends most of these.
const CLOSED: Limits = Limits { introspection: Introspection::SignedIn, ..LIMITS };
const MODERN: &str = "application/graphql-response+json";

async fn send(site: &Site, token: &str, request: &Hostile) -> Answer {
    let bearer = request.signed_in.then(|| ("authorization", format!("Bearer {token}")));
    let headers = [("content-type", "application/json".to_owned()), ("accept", MODERN.to_owned())];
    let headers = headers.into_iter().chain(bearer);
    client::send(site.address, Method::POST, "/graphql", headers, request.body.clone()).await
}

/// Nothing of what was sent has harmed it.
async fn is_well(site: &Site) {
    let answer = site.post(None, "{ server { version } }", json!({})).await;
    assert!(answer["data"]["server"]["version"].is_string(), "{answer}");
}

/// The errors are what the request is refused with.
fn assert_refused(request: &Hostile, errors: &Value) {
    let what = request.what;
    let errors = errors.as_array().unwrap_or_else(|| panic!("{what}: no errors"));
    assert!((1..=21).contains(&errors.len()), "{what}: {} errors", errors.len());
    for error in errors {
        let (message, extensions) = (error["message"].as_str().unwrap_or_default(), &error["extensions"]);
        assert_eq!(extensions["code"], request.code, "{what}: {message}");
        assert!(!message.is_empty() && message.len() < 500, "{what}: {message}");
        // Who is not signed in may not know the schema, so nothing of it is suggested.
        assert!(request.signed_in || !message.contains("Did you mean"), "{what}: {message}");
    }
    let limit = &errors[0]["extensions"]["limit"];
    assert_eq!(limit["name"].as_str(), request.limit, "{what}: {}", errors[0]);
    assert!(request.limit.is_none() || limit["is"].as_u64() > limit["max"].as_u64(), "{what}: {limit}");
}

#[test]
fn each_hostile_request_is_refused_with_its_code() {
    told_of(CLOSED, |site| async move {
        let token = site.sign_in("admin@example.org").await;
        let requests = requests();
        let names: BTreeSet<_> = requests.iter().map(|request| request.what).collect();
        assert!(names.len() == requests.len() && names.len() >= 40, "{} requests", names.len());
        for request in &requests {
            let answer = send(&site, &token, request).await;
            let status = match (request.code, request.limit) {
                // The resolver of the field refuses it.
                ("BAD_INPUT", _) if request.signed_in => StatusCode::OK,
                (_, Some("body" | "values" | "levels")) => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::BAD_REQUEST,
            };
            assert_eq!(answer.status, status, "{}: {}", request.what, answer.text());
            assert_refused(request, &answer.json()["errors"]);
            assert!(answer.body.len() < 8 << 10, "{}: {} bytes", request.what, answer.body.len());
            is_well(&site).await;
        }
        site.end().await;
    });
}

#[test]
fn a_socket_refuses_the_same_and_stays() {
    told_of(CLOSED, |site| async move {
        let token = site.sign_in("admin@example.org").await;
        for signed_in in [false, true] {
            let mut socket = open(&site, signed_in.then_some(&token)).await;
            let mut refused = 0;
            for request in requests().into_iter().filter(|request| request.signed_in == signed_in) {
                let Ok(payload) = serde_json::from_slice::<Value>(&request.body) else { continue };
                // These are no message of the protocol, or too long for one: another test has those.
                if !payload.is_object() || matches!(request.limit, Some("values" | "levels" | "body")) {
                    continue;
                }
                if payload["query"].is_null() || !(payload["variables"].is_object() || payload["variables"].is_null()) {
                    continue;
                }
                // Of a key that is there twice the last was taken.
                if request.what == "a key twice" {
                    continue;
                }
                socket.say(&json!({ "type": "subscribe", "id": "1", "payload": payload }).to_string()).await;
                let answer = heard(&mut socket).await;
                if answer["type"] == "next" {
                    assert_refused(&request, &answer["payload"]["errors"]);
                    assert_eq!(heard(&mut socket).await["type"], "complete", "{}", request.what);
                } else {
                    assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!("1")), "{}", request.what);
                    assert_refused(&request, &answer["payload"]);
                }
                refused += 1;
            }
            assert!(refused > if signed_in { 5 } else { 40 }, "{refused} were asked");
            socket.say(r#"{"type":"subscribe","id":"1","payload":{"query":"{ server { version } }"}}"#).await;
            assert_eq!(heard(&mut socket).await["type"], "next", "it stays");
        }
        site.end().await;
    });
}

async fn open(site: &Site, token: Option<&String>) -> Frames {
    let mut socket = Frames::open(site.address, "/graphql", "graphql-transport-ws").await;
    let payload = token.map(|token| json!({ "Authorization": format!("Bearer {token}") }));
    socket.say(&json!({ "type": "connection_init", "payload": payload }).to_string()).await;
    assert_eq!(heard(&mut socket).await["type"], "connection_ack");
    socket
}

async fn heard(socket: &mut Frames) -> Value {
    let frame = socket.next().await.expect("it answers");
    assert_ne!(frame.kind, CLOSE, "{:?}", String::from_utf8_lossy(&frame.payload));
    serde_json::from_str(frame.text()).expect("JSON")
}

#[test]
fn messages_that_are_too_much_close_the_socket() {
    told_of(CLOSED, |site| async move {
        let subscribe = |variables: &str| {
            format!(r#"{{"type":"subscribe","id":"1","payload":{{"query":"{{a}}","variables":{variables}}}}}"#)
        };
        for message in [subscribe(&"[".repeat(10_000)), subscribe(&format!("{{\"a\":[{}1]}}", "1,".repeat(100_000)))] {
            let mut socket = open(&site, None).await;
            socket.say(&message).await;
            let (code, reason) = socket.closing().await;
            assert!(code == 4400 && reason.contains("are taken"), "{code}: {reason}");
        }
        is_well(&site).await;
        site.end().await;
    });
}

/// Sends bytes as they are and reads to the end; `leave` says whether nothing more will come.
async fn raw(site: &Site, request: &str, leave: bool) -> String {
    let mut stream = TcpStream::connect(site.address).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    if leave {
        stream.shutdown().await.expect("it is told");
    }
    let mut answer = Vec::new();
    // A server that has closed may have reset the connection.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn bodies_that_do_not_come_are_not_waited_for() {
    told_of(Limits { patience: Duration::from_secs(1), ..LIMITS }, |site| async move {
        let head = |length: &str| {
            format!(
                "POST /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
            )
        };
        let (chunked, body) = ("Transfer-Encoding: chunked", r#"{"query":"{ server { version } }"}"#);
        for (what, request, leave, status, code) in [
            ("too short, and gone", head("Content-Length: 1000") + body, true, "", ""),
            ("too short, and waiting", head("Content-Length: 1000") + body, false, "408", "TIMEOUT"),
            ("chunks that do not end", head(chunked) + "5\r\n{\"que\r\n", false, "408", "TIMEOUT"),
            ("said to be 3 GB", head("Content-Length: 3000000000") + body, false, "413", "TOO_COMPLEX"),
            ("said to be below nothing", head("Content-Length: -1") + body, false, "400", ""),
            ("two lengths", head("Content-Length: 34\r\nContent-Length: 35") + body, false, "400", ""),
            ("a chunk of nonsense", head(chunked) + "zz\r\n{}\r\n0\r\n\r\n", false, "400", "BAD_INPUT"),
            ("a body by GET", head("Content-Length: 34").replace("POST", "GET") + body, false, "400", "BAD_INPUT"),
            ("longer than it says", head("Content-Length: 5") + body, false, "400", "BAD_INPUT"),
        ] {
            let answer = raw(&site, &request, leave).await;
            // Who has gone is told nothing.
            let told = answer.strip_prefix("HTTP/1.1 ").unwrap_or_default();
            assert!(told.starts_with(status) && answer.contains(code), "{what}: {answer}");
            is_well(&site).await;
        }
        site.end().await;
    });
}
