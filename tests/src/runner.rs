//! Pages that have programs run: one that polls, as the older do, and one with a web socket.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::sleep;

use crate::child::Talker;
use crate::client::{self, Answer};
use crate::graphql_ws::program;

/// The object of a page.
#[must_use]
pub fn page(language: &str, mode: &str, files: &[(&str, &str)]) -> Value {
    let files: Vec<Value> = files.iter().map(|(name, text)| json!({ "basename": name, "contents": text })).collect();
    json!({ "files": files, "main": "", "mode": mode, "switches": { "Builder": [], "Compiler": [] }, "name": "A.Page", "lab": false,
        "language": language })
}

/// The same without `language`, as the pages send it that know of no other.
#[must_use]
pub fn ada(mode: &str, files: &[(&str, &str)]) -> Value {
    let mut page = page("", mode, files);
    page.as_object_mut().expect("an object").remove("language");
    page["switches"] = json!({});
    page
}

/// What a page has of a run.
#[derive(Debug, Default)]
pub struct Seen {
    pub records: Vec<Value>,
    pub status: i64,
}

impl Seen {
    /// All texts of a type, put together.
    #[must_use]
    pub fn text(&self, kind: &str) -> String {
        let of_kind = self.records.iter().map(|record| &record["msg"]).filter(|piece| piece["type"] == kind);
        of_kind.filter_map(|piece| piece["data"].as_str()).collect()
    }

    /// The types in their order, without repeats.
    #[must_use]
    pub fn order(&self) -> Vec<String> {
        let mut kinds: Vec<String> =
            self.records.iter().filter_map(|record| record["msg"]["type"].as_str()).map(str::to_owned).collect();
        kinds.dedup();
        kinds
    }

    /// The record of the lab.
    #[must_use]
    pub fn lab(&self) -> &Value {
        let lab = self.records.last().expect("a record");
        assert_eq!(lab["msg"]["type"], "lab", "{self:#?}");
        &lab["msg"]["data"]
    }
}

pub async fn post(address: SocketAddr, path: &str, body: &Value) -> Answer {
    client::post_json(address, path, None, body).await
}

/// Presses the button; the identifier.
pub async fn start(address: SocketAddr, page: &Value) -> String {
    let answer = post(address, "/run_program/", page).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let answer = answer.json();
    assert_eq!(answer["message"], "Pending");
    answer["identifier"].as_str().expect("an identifier").to_owned()
}

/// Asks once.
pub async fn check(address: SocketAddr, identifier: &str, read: usize) -> Value {
    let answer = post(address, "/check_output/", &json!({ "identifier": identifier, "read": read })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

/// Polls to the end, from the first record on.
pub async fn watch(address: SocketAddr, identifier: &str) -> Seen {
    let mut seen = Seen::default();
    loop {
        let answer = check(address, identifier, seen.records.len()).await;
        seen.records.extend(answer["output"].as_array().expect("records").iter().cloned());
        if answer["completed"] == true {
            seen.status = answer["status"].as_i64().expect("a status");
            return seen;
        }
        assert_eq!((&answer["status"], &answer["message"]), (&json!(0), &json!("PENDING")));
        sleep(Duration::from_millis(25)).await;
    }
}

/// Presses the button and polls to the end.
pub async fn run(address: SocketAddr, page: &Value) -> Seen {
    let identifier = start(address, page).await;
    watch(address, &identifier).await
}

/// A page with a web socket: the `ws` package, in node. It closes the socket when it goes.
#[derive(Debug)]
pub struct Socket(Talker);

impl Socket {
    /// Opens and sends one frame.
    pub async fn open(address: SocketAddr, frame: &Value) -> Self {
        let mut talker = Talker::start(Command::new("node").arg(program("runner.mjs").await));
        let url = format!("ws://{address}/run_program/");
        talker.say(&json!({ "url": url, "send": frame.to_string() })).await;
        Self(talker)
    }

    /// Sends another.
    pub async fn send(&mut self, frame: &Value) {
        self.0.say(&Value::String(frame.to_string())).await;
    }

    /// The next frame; none when the socket was closed.
    pub async fn frame(&mut self) -> Option<Value> {
        loop {
            let mut line = self.0.hear().await.expect("the client says how it ended");
            if let Some(frame) = line.get_mut("frame") {
                return Some(frame.take());
            }
            if line.get("closed").is_some() {
                return None;
            }
            assert!(line.get("error").is_none(), "{line}");
        }
    }

    /// All frames, up to the last.
    pub async fn frames(mut self) -> Vec<Value> {
        let mut frames = Vec::new();
        while let Some(frame) = self.frame().await {
            frames.push(frame);
        }
        frames
    }
}
