//! Real clients by the people who wrote down the protocols, in node: the `graphql-ws` package for `graphql-transport-ws`, the
//! `graphql-sse` package for server-sent events, and the audit of the `graphql-http` package.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::child::Talker;
use crate::tools::{insist, tool};

const FILES: [(&str, &str); 10] = [
    ("package.json", include_str!("../clients/package.json")),
    ("package-lock.json", include_str!("../clients/package-lock.json")),
    ("audit.mjs", include_str!("../clients/audit.mjs")),
    ("count.mjs", include_str!("../clients/count.mjs")),
    ("dashboard.mjs", include_str!("../clients/dashboard.mjs")),
    ("events.mjs", include_str!("../clients/events.mjs")),
    ("liar.mjs", include_str!("../clients/liar.mjs")),
    ("provider.mjs", include_str!("../clients/provider.mjs")),
    ("follow.mjs", include_str!("../clients/follow.mjs")),
    ("runner.mjs", include_str!("../clients/runner.mjs")),
];

/// An operation that is followed. It ends when this is dropped, and with this process.
#[derive(Debug)]
pub struct Follower {
    talker: Talker,
}

/// What the client says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A result: `data`, `errors`.
    Next(Value),
    /// The server has no more.
    Complete,
    /// The server refused the operation with these errors.
    Errors(Value),
    /// The socket was closed; without a code if it never opened.
    Closed { code: Option<u64>, reason: String },
}

impl Follower {
    /// Follows an operation at a `ws:` URL.
    pub async fn start(url: &str, token: Option<&str>, query: &str, variables: Value) -> Self {
        Self::with("follow.mjs", url, token, query, variables).await
    }

    /// Follows an operation at an `http:` URL, as server-sent events.
    pub async fn events(url: &str, token: Option<&str>, query: &str, variables: Value) -> Self {
        Self::with("events.mjs", url, token, query, variables).await
    }

    async fn with(name: &str, url: &str, token: Option<&str>, query: &str, variables: Value) -> Self {
        let mut talker = Talker::start(Command::new("node").arg(program(name).await));
        talker.say(&json!({ "url": url, "token": token, "query": query, "variables": variables })).await;
        Self { talker }
    }

    /// Waits for what the client says next.
    pub async fn said(&mut self) -> Said {
        let mut line = self.talker.hear().await.expect("the client says how it ended");
        if let Some(next) = line.get_mut("next") {
            return Said::Next(next.take());
        }
        if let Some(errors) = line.get_mut("errors") {
            return Said::Errors(errors.take());
        }
        let Some(closed) = line.get("closed") else { return Said::Complete };
        Said::Closed { code: closed["code"].as_u64(), reason: closed["reason"].as_str().unwrap_or_default().to_owned() }
    }

    /// Waits for a result, which there must be.
    pub async fn next(&mut self) -> Value {
        match self.said().await {
            Said::Next(result) => result,
            other => panic!("no result but {other:?}"),
        }
    }
}

/// What the audit found.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Finding {
    pub id: String,
    pub name: String,
    /// `ok`, or `notice`, `warn`, `error` for what a server may, should, must do.
    pub status: String,
    pub reason: Option<String>,
}

/// Asks a server all questions of the audit for GraphQL over HTTP.
pub async fn audit(url: &str) -> Vec<Finding> {
    let mut talker = Talker::start(Command::new("node").arg(program("audit.mjs").await));
    talker.say(&json!({ "url": url })).await;
    let mut findings = Vec::new();
    loop {
        let line = talker.hear().await.expect("it says when it has ended");
        if line["end"] == true {
            return findings;
        }
        findings.push(serde_json::from_value(line).expect("a finding as described"));
    }
}

/// A server by the people of the client, to try the client on: the subscription `count(to)`, for the token `right`.
#[derive(Debug)]
pub struct Counter {
    pub url: String,
    _talker: Talker,
}

impl Counter {
    pub async fn start() -> Self {
        let mut talker = Talker::start(Command::new("node").arg(program("count.mjs").await));
        let said = talker.hear().await.expect("the server starts");
        let url = format!("ws://127.0.0.1:{}/graphql", said["port"].as_u64().expect("it says its port first"));
        Self { url, _talker: talker }
    }
}

/// One of the programs, where its packages are.
pub(crate) async fn program(name: &str) -> PathBuf {
    tokio::task::spawn_blocking(client).await.expect("the client is there").join(name)
}

/// The folder of the client with its packages; another one if its files are others.
fn client() -> PathBuf {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut files = DefaultHasher::new();
    FILES.hash(&mut files);
    tool(&format!("graphql-ws-{:x}", files.finish()), install)
}

fn install(folder: &Path) {
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text).expect("room for a file");
    }
    let mut npm = std::process::Command::new("npm");
    insist(npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder));
}
