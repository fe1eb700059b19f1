//! Many requests in one, as plain text.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::{Answer, send};
use tests::site::{Plan, Site};
use tests::stories;
use tests::taskqueue::{insert, path};

use super::bad_input::refused;
use super::lease::open;

stories!(
    a_batch_is_answered_part_by_part,
    a_large_answer_is_a_part_too,
    batches_are_refused,
    each_part_may_bring_a_token,
    parts_are_refused_alone
);

async fn post(site: &Site, headers: &[(&'static str, &str)], body: impl Into<hyper::body::Bytes>) -> Answer {
    let kind = [("content-type", "multipart/mixed; boundary=\"cut here\"".to_owned())];
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
    send(site.address, Method::POST, "/batch", kind.into_iter().chain(headers), body).await
}

/// A batch of requests, each as it is sent.
fn batch(requests: &[&str]) -> String {
    let parts = requests.iter().enumerate().map(|(number, request)| {
        format!("--cut here\r\nContent-Type: application/http\r\nContent-ID: <x + {number}>\r\n\r\n{request}\r\n")
    });
    format!("{}--cut here--\r\n", parts.collect::<String>())
}

/// What a part answers: which it says that it is, its status, its headers, and its body.
struct Part {
    id: String,
    status: u16,
    headers: String,
    body: String,
}

impl Part {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

fn parts(answer: &Answer) -> Vec<Part> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let mark = answer.header("content-type").strip_prefix("multipart/mixed; boundary=").expect("the mark").to_owned();
    let text = answer.text();
    let text = text.strip_suffix(&format!("--{mark}--\r\n")).expect("its end");
    let part = |text: &str| {
        let (about, response) = text.split_once("\r\n\r\n").expect("headers");
        let (head, body) = response.split_once("\r\n\r\n").expect("headers of the answer");
        let (line, headers) = head.split_once("\r\n").expect("a status");
        assert!(about.contains("content-type: application/http"), "{about}");
        Part {
            id: about.split_once("content-id: ").map_or("", |(_, id)| id.lines().next().unwrap_or_default()).to_owned(),
            status: line.strip_prefix("HTTP/1.1 ").and_then(|line| line.get(..3)?.parse().ok()).expect("a status"),
            headers: headers.to_owned(),
            body: body.strip_suffix("\r\n").expect("the end of a part").to_owned(),
        }
    };
    text.split(&format!("--{mark}\r\n")).skip(1).map(part).collect()
}

async fn a_batch_is_answered_part_by_part(backend: Backend) {
    let site = open(backend).await;
    let tasks = path("q", "/tasks");
    let requests = [
        format!(
            "POST {tasks} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{{\"payloadBase64\": \"\", \"id\": \"t\"}}"
        ),
        format!("GET {tasks}/t?alt=json HTTP/1.1\nX-Folded: a\n b\n\n"),
        format!("DELETE {tasks}/t"),
        format!("GET {tasks} HTTP/1.1\r\n\r\n"),
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    for body in [batch(&requests), batch(&requests).replace("\r\n", "\n"), format!("hello\r\n{}bye", batch(&requests))]
    {
        let found = parts(&post(&site, &[], body).await);
        let ids: Vec<&str> = found.iter().map(|part| part.id.as_str()).collect();
        assert_eq!(ids, ["<response-x + 0>", "<response-x + 1>", "<response-x + 2>", "<response-x + 3>"]);
        let statuses: Vec<u16> = found.iter().map(|part| part.status).collect();
        if found[0].status == 409 {
            // The second time, its name is that of a task that was deleted.
            assert_eq!(statuses, [409, 404, 404, 200]);
            continue;
        }
        assert_eq!(statuses, [200, 200, 204, 200]);
        assert_eq!((&found[0].json()["id"], &found[1].json()["id"]), (&json!("t"), &json!("t")));
        assert_eq!((found[2].body.as_str(), found[3].json()["items"].clone()), ("", json!([])));
        assert!(found[0].headers.contains("content-type: application/json; charset=UTF-8"), "{}", found[0].headers);
    }
    site.end().await;
}

async fn parts_are_refused_alone(backend: Backend) {
    let site = open(backend).await;
    let tasks = path("q", "/tasks");
    let elsewhere = format!("GET http://elsewhere.example{tasks} HTTP/1.1\r\n\r\n");
    let wrong = [
        ("", 400),
        ("hello", 400),
        ("GET", 400),
        ("G\u{0}T / HTTP/1.1", 400),
        (elsewhere.as_str(), 400),
        (&format!("GET {tasks}/\u{e9} HTTP/1.1"), 404),
        ("POST /batch HTTP/1.1\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x--", 404),
        ("GET /graphql?query=%7Bviewer%7BisAdmin%7D%7D HTTP/1.1\r\n\r\n", 404),
        (&format!("PUT {tasks} HTTP/1.1\r\n\r\n"), 405),
        (&format!("POST {tasks} HTTP/1.1\r\nOrigin: https://elsewhere.example\r\n\r\n{{}}"), 403),
        (&format!("POST {tasks} HTTP/1.1\r\n\r\n"), 400),
        (&format!("POST {tasks} HTTP/1.1\r\n\r\n{}", "x".repeat(1 + (3 << 19))), 413),
        (&format!("GET {tasks}?fields=x HTTP/1.1\r\n\r\n"), 400),
        (&format!("POST {tasks} HTTP/1.1\r\nX-HTTP-Method-Override: GET\r\n\r\nfields=kind"), 200),
    ];
    let requests: Vec<&str> = wrong.iter().map(|(request, _)| *request).collect();
    let body = batch(&requests) + "--cut here\r\n";
    // Of a part of another kind nothing is read.
    let other = "--cut here\r\nContent-Type: text/plain\r\n\r\nDELETE / HTTP/1.1\r\n";
    let body = body.replacen("--cut here\r\n", &format!("{other}--cut here\r\n"), 1);
    let found = parts(&post(&site, &[], body).await);
    let statuses: Vec<u16> = found.iter().map(|part| part.status).collect();
    let expected: Vec<u16> = [400].into_iter().chain(wrong.iter().map(|(_, status)| *status)).collect();
    assert_eq!(statuses, expected);
    assert_eq!(found[0].id, "", "who has no name gets none");
    for part in found.iter().filter(|part| part.status != 200) {
        assert_eq!(part.json()["error"]["code"], part.status, "{}", part.body);
    }
    assert!(found[9].headers.contains("allow: GET, POST"), "{}", found[9].headers);
    site.end().await;
}

async fn batches_are_refused(backend: Backend) {
    let site = open(backend).await;
    let many = |count: usize| batch(&vec!["GET / HTTP/1.1\r\n\r\n"; count]);
    refused(&send(site.address, Method::GET, "/batch", [], "").await, 405, "httpMethodNotAllowed", None);
    for kind in ["application/json", "multipart/form-data; boundary=x", "multipart/mixed", "multipart/mixed; boundary="]
    {
        let kind = [("content-type", kind.to_owned())];
        refused(&send(site.address, Method::POST, "/batch", kind, many(1)).await, 400, "parseError", None);
    }
    for body in ["", "--cut here", "--cut here--", "\u{0}", "GET / HTTP/1.1\r\n\r\n", &many(1001)] {
        refused(&post(&site, &[], body.to_owned()).await, 400, "parseError", None);
    }
    refused(&post(&site, &[], vec![b'\n'; (8 << 20) + 1]).await, 413, "uploadTooLarge", None);
    refused(&post(&site, &[("origin", "null")], many(1)).await, 403, "forbidden", None);
    assert_eq!(parts(&post(&site, &[], many(1000)).await).len(), 1000);
    site.end().await;
}

async fn each_part_may_bring_a_token(backend: Backend) {
    let tokens = actors::taskqueue::caller::Tokens::read("a-token-of-a-worker,a-token-of-a-maker").expect("a list");
    let plan = Plan { task_queue: server::config::TaskQueue::Tokens(tokens), ..Plan::default() };
    let site = Site::new(backend, plan).await;
    let request = |header: &str| format!("GET {} HTTP/1.1\r\n{header}\r\n\r\n", path("q", "/tasks"));
    let requests = [
        request("Accept: */*"),
        request("Authorization: Bearer a-token-of-a-maker"),
        request("Authorization: Bearer a-token-of-nobody"),
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    let statuses = async |headers: &[(&'static str, &str)]| -> Vec<u16> {
        parts(&post(&site, headers, batch(&requests)).await).iter().map(|part| part.status).collect()
    };
    assert_eq!(statuses(&[]).await, [401, 200, 401]);
    assert_eq!(statuses(&[("authorization", "Bearer a-token-of-a-worker")]).await, [200, 200, 401]);
    site.end().await;
}

async fn a_large_answer_is_a_part_too(backend: Backend) {
    let site = open(backend).await;
    let payload = "A".repeat(1_398_100);
    for id in ["a", "b", "c"] {
        insert(site.address, "q", &json!({ "payloadBase64": payload, "id": id })).await;
    }
    let lease = format!("POST {} HTTP/1.1\r\n\r\n", path("q", "/tasks/lease?numTasks=3&leaseSecs=0"));
    let found = parts(&post(&site, &[], batch(&[&lease, &lease])).await);
    for part in found {
        let items = part.json()["items"].take();
        let items = items.as_array().expect("items");
        assert!(items.len() == 3 && items.iter().all(|task| task["payloadBase64"].as_str() == Some(&payload)));
    }
    site.end().await;
}
