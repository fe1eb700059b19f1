//! GraphQL over server-sent events, byte by byte and with the client of those who wrote the protocol down.

use std::process::Stdio;
use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Value, json};
use server::http::patience::Patience;
use tests::backend::{Backend, tell};
use tests::client;
use tests::graphql_ws::{Follower, Said};
use tests::site::{JOB, Plan, Site};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::shown;

const EVENTS: &str = "text/event-stream";
const LANES: &str = "subscription { lanes { name } }";

fn told<F: Future<Output = ()> + 'static>(plan: Plan, story: impl FnOnce(Site) -> F + 'static) {
    tell(Backend::Sqlite, |backend| async move { story(Site::new(backend, plan).await).await });
}

type Headers<'h> = &'h [(&'h str, &'h str)];

/// A stream, read as it comes.
struct Raw(BufReader<TcpStream>);

impl Raw {
    /// Follows something; it must be let in.
    async fn follow(site: &Site, token: &str, query: &str) -> Self {
        let body = json!({ "query": query }).to_string();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: {}\r\nAccept: {EVENTS}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            site.address,
            body.len()
        );
        let mut stream = BufReader::new(TcpStream::connect(site.address).await.expect("the server listens"));
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).await.expect("it answers"), 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200") && head.contains(EVENTS), "{head}");
        Self(stream)
    }

    /// The next chunk of the body; none at its end.
    async fn next(&mut self) -> Option<String> {
        let mut length = String::new();
        self.0.read_line(&mut length).await.expect("a length");
        let length = usize::from_str_radix(length.trim(), 16).expect("a number");
        let mut chunk = vec![0; length + 2];
        self.0.read_exact(&mut chunk).await.expect("a whole chunk");
        (length > 0).then(|| String::from_utf8_lossy(&chunk[..length]).into_owned())
    }

    /// The result in the next event.
    async fn result(&mut self) -> Value {
        let event = self.next().await.expect("an event");
        let data = event.strip_prefix("event: next\ndata: ").and_then(|rest| rest.strip_suffix("\n\n"));
        serde_json::from_str(data.unwrap_or_else(|| panic!("no result: {event}"))).expect("JSON")
    }
}

#[test]
fn each_request_has_its_events_or_its_status() {
    told(Plan::default(), |site| async move {
        let admin = site.sign_in("admin@example.org").await;
        let whole = |data: &str| format!("event: next\ndata: {data}\n\nevent: complete\ndata:\n\n");
        let json = ("content-type", "application/json");
        let post = |query: &str| json!({ "query": query }).to_string();
        let mutation = "mutation { signOut { signedOut } }";
        let rows: [(&str, &str, Headers<'_>, String, u16); 10] = [
            ("POST", "", &[json], post("{ __typename }"), 200),
            ("GET", "?query=%7B__typename%7D", &[], String::new(), 200),
            // What is wrong with the document is an event; a page would never see a status.
            ("POST", "", &[json], post("{ nothing }"), 200),
            ("POST", "", &[json], post("{"), 200),
            ("POST", "", &[json], "{}".to_owned(), 200),
            ("POST", "", &[json, ("authorization", "Bearer no.such.token")], post("{ __typename }"), 401),
            ("POST", "", &[("content-type", "text/plain")], post("{ __typename }"), 415),
            ("GET", "?query=mutation%7BsignOut%7BsignedOut%7D%7D", &[], String::new(), 405),
            ("POST", "", &[json], post(mutation), 200),
            ("HEAD", "?query=%7B__typename%7D", &[], String::new(), 406),
        ];
        for (method, path, headers, body, status) in rows {
            let row = format!("{method} {path} {body}");
            let headers = headers.iter().chain([&("accept", EVENTS)]).map(|(name, value)| (*name, (*value).to_owned()));
            let method = method.parse().expect("a method");
            let answer = client::send(site.address, method, &format!("/graphql{path}"), headers, body).await;
            assert_eq!(answer.status.as_u16(), status, "{row}: {}", answer.text());
            assert_eq!(answer.header("content-type").starts_with(EVENTS), status == 200, "{row}");
            assert_eq!(answer.header("cache-control"), "no-store", "{row}");
            let text = answer.text();
            if row.contains("__typename") && status == 200 {
                assert_eq!(text, whole(r#"{"data":{"__typename":"Query"}}"#), "{row}");
            } else if status == 200 {
                let result = text.strip_prefix("event: next\ndata: ").and_then(|rest| rest.split_once("\n\n"));
                let (result, rest) = result.unwrap_or_else(|| panic!("{row}: {text}"));
                let result: Value = serde_json::from_str(result).expect("JSON");
                assert!(result["errors"][0]["message"].is_string(), "{row}: {result}");
                assert_eq!(rest, "event: complete\ndata:\n\n", "{row}");
            }
        }
        // A subscription may be fetched as well.
        let path = "/graphql?query=subscription%7Bnothing%7D";
        let answer =
            client::send(site.address, "GET".parse().expect("a method"), path, [("accept", EVENTS.to_owned())], "")
                .await;
        assert!(answer.status == 200 && answer.text().contains("nothing"), "{}", answer.text());
        let mut stream = Raw::follow(&site, &admin, LANES).await;
        assert!(stream.result().await["data"]["lanes"].is_array());
        site.end().await;
    });
}

#[test]
fn a_stream_is_alive_and_ends_with_the_rights_or_the_server() {
    let patience = Plan::default().patience;
    let plan = Plan { patience: Patience { silence: Duration::from_millis(50), ..patience }, ..Plan::default() };
    told(plan, |site| async move {
        let admin = site.sign_in("admin@example.org").await;
        let leaving = site.sign_in("admin@example.org").await;
        let course = "subscription { job(id: \"job_nothing\") { cursor } }";
        let mut refused = Raw::follow(&site, &admin, course).await;
        assert_eq!(refused.result().await["errors"][0]["extensions"]["code"], "NOT_FOUND");
        assert_eq!(refused.next().await.as_deref(), Some("event: complete\ndata:\n\n"));
        assert_eq!(refused.next().await, None);

        let [mut own, mut other] = [Raw::follow(&site, &leaving, LANES).await, Raw::follow(&site, &admin, LANES).await];
        for stream in [&mut own, &mut other] {
            stream.result().await;
        }
        site.ask(&leaving, "mutation { signOut { signedOut } }", json!({})).await;
        let over = until_silence_ends(&mut own).await;
        assert!(over.contains("The sign-in has ended") && over.contains("UNAUTHENTICATED"), "{over}");
        assert_eq!(own.next().await.as_deref(), Some("event: complete\ndata:\n\n"));
        assert_eq!(own.next().await, None);

        // Without a last event: whoever follows asks again, and goes on from their cursor.
        let ended = tokio::spawn(async move {
            while let Some(chunk) = other.next().await {
                assert!(!chunk.contains("complete") && !chunk.contains("errors"), "{chunk}");
            }
        });
        site.end().await;
        ended.await.expect("the stream ends as it should");
    });
}

/// The first chunk that says something and is not the state of the lanes.
async fn until_silence_ends(stream: &mut Raw) -> String {
    let mut silent = 0;
    loop {
        let chunk = stream.next().await.expect("something comes");
        match chunk.as_str() {
            ":\n\n" => silent += 1,
            said if said.contains("\"lanes\"") => {}
            _ => {
                assert!(silent > 0, "it said that it was there");
                return chunk;
            }
        }
    }
}

#[test]
fn so_many_streams_and_no_more() {
    told(Plan::default(), |site| async move {
        let admin = site.sign_in("admin@example.org").await;
        let mut open = Vec::new();
        for _ in 0..20 {
            let mut stream = Raw::follow(&site, &admin, LANES).await;
            stream.result().await;
            open.push(stream);
        }
        let mut refused = one_more(&site, &admin).await;
        assert_eq!(refused.said().await, closed(429));
        // As soon as one has gone, there is room for another.
        open.pop();
        loop {
            if let Said::Next(_) = one_more(&site, &admin).await.said().await {
                break;
            }
        }
        site.end().await;
    });
}

#[test]
fn the_command_of_the_page_follows() {
    told(Plan::default(), |site| async move {
        let token = site.sign_in("admin@example.org").await;
        let mut command = shown("## As events");
        command.env("SITE", format!("http://{}", site.address)).env("TOKEN", token).stdout(Stdio::piped());
        let mut curl = command.spawn().expect("a shell");
        let mut lines = BufReader::new(curl.stdout.take().expect("a pipe")).lines();
        assert_eq!(lines.next_line().await.expect("it talks").as_deref(), Some("event: next"));
        let data = lines.next_line().await.expect("it talks").expect("a result");
        assert!(data.starts_with("data: {\"data\":{\"lanes\":["), "{data}");
        site.end().await;
    });
}

fn closed(status: u64) -> Said {
    let reason = format!(
        "Server responded with {status}: {}",
        StatusCode::from_u16(status as u16).expect("a status").canonical_reason().unwrap_or_default()
    );
    Said::Closed { code: Some(status), reason }
}

async fn one_more(site: &Site, token: &str) -> Follower {
    Follower::events(&format!("http://{}/graphql", site.address), Some(token), LANES, json!({})).await
}

#[test]
fn the_client_of_the_protocol_follows_to_the_end() {
    told(Plan::default(), |site| async move {
        let url = format!("http://{}/graphql", site.address);
        let admin = site.sign_in("admin@example.org").await;
        let synced = "mutation { syncContent(input: {}) { jobs { job { id } } } }";
        let jobs = site.ask(&admin, synced, json!({})).await["syncContent"]["jobs"].take();
        let job = &jobs[0]["job"]["id"];
        let mut whole = Vec::new();
        let mut follower = Follower::events(&url, Some(&admin), JOB, json!({ "id": job })).await;
        loop {
            match follower.said().await {
                Said::Next(result) => whole.push(result["data"]["job"].clone()),
                Said::Complete => break,
                other => panic!("{other:?}"),
            }
        }
        let kinds: Vec<&str> = whole.iter().filter_map(|event| event["kind"].as_str()).collect();
        assert!(kinds.first() == Some(&"queued") && kinds.last() == Some(&"done"), "{kinds:?}");
        // Behind a cursor: the rest, and nothing twice.
        let after = json!({ "id": job, "after": whole[0]["cursor"] });
        let mut follower = Follower::events(&url, Some(&admin), JOB, after).await;
        for event in &whole[1..] {
            assert_eq!(follower.next().await["data"]["job"], *event);
        }
        assert_eq!(follower.said().await, Said::Complete);
        let mut denied = Follower::events(&url, Some("no.such.token"), JOB, json!({ "id": job })).await;
        assert_eq!(denied.said().await, closed(401));
        let mut broken = Follower::events(&url, Some(&admin), "subscription { nothing }", json!({})).await;
        let told = broken.next().await;
        assert!(told["errors"][0]["message"].as_str().is_some_and(|message| message.contains("nothing")), "{told}");
        assert_eq!(broken.said().await, Said::Complete);
        site.end().await;
    });
}
