//! The Python client `gql`: scripts that hand in files, and dashboards that follow a course.

use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::child::Talker;
use crate::graphql_ws::program;
use crate::tools::{insist, tool};

const PACKAGES: [&str; 3] = ["gql==4.4.0", "websockets==17.4", "aiohttp==3.14.5"];

/// Follows the activity of a course, through everything that happens to the server, with one of two clients.
#[derive(Debug)]
pub struct Dashboard {
    talker: Talker,
    /// The events that it has shown, in their order.
    pub seen: Vec<Value>,
    /// The codes with which it has lost its connection; null if there was none.
    pub losses: Vec<Value>,
}

impl Dashboard {
    /// With the `graphql-ws` package, in node.
    pub async fn graphql_ws(url: &str, token: &str, query: &str, variables: Value) -> Self {
        let mut command = Command::new("node");
        command.arg(program("dashboard.mjs").await);
        Self::start(command, url, token, query, variables).await
    }

    /// With the `gql` package, in Python.
    pub async fn gql(url: &str, token: &str, query: &str, variables: Value) -> Self {
        let command = python(include_str!("../clients/dashboard.py")).await;
        Self::start(command, url, token, query, variables).await
    }

    async fn start(mut command: Command, url: &str, token: &str, query: &str, variables: Value) -> Self {
        let mut talker = Talker::start(&mut command);
        talker.say(&json!({ "url": url, "token": token, "query": query, "variables": variables })).await;
        Self { talker, seen: Vec::new(), losses: Vec::new() }
    }

    /// Reads on until what was seen is enough.
    pub async fn until(&mut self, enough: impl Fn(&[Value]) -> bool) {
        while !enough(&self.seen) {
            let mut line = self.talker.hear().await.expect("the dashboard stays open");
            if let Some(event) = line.get_mut("event") {
                self.seen.push(event.take());
            } else if let Some(code) = line.get_mut("lost") {
                self.losses.push(code.take());
            } else {
                panic!("no event, and no lost connection: {line}");
            }
        }
    }
}

/// Sends a file with the request, which belongs at `input.files.0.upload` of the variables; the data of the answer.
pub async fn upload(url: &str, token: &str, query: &str, variables: Value, file: &std::path::Path) -> Value {
    let mut talker = Talker::start(&mut python(include_str!("../clients/upload.py")).await);
    let asked = json!({ "url": url, "token": token, "query": query, "variables": variables, "path": file });
    talker.say(&asked).await;
    talker.hear().await.expect("the client says what came of it")
}

async fn python(text: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", text]).env("PYTHONPATH", packages().await);
    command
}

/// The folder of the packages.
async fn packages() -> PathBuf {
    let install = |folder: &std::path::Path| {
        let mut pip = std::process::Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]);
        insist(pip.arg("--target").arg(folder).args(PACKAGES));
    };
    let name = PACKAGES.join("-").replace("==", "-");
    tokio::task::spawn_blocking(move || tool(&name, install)).await.expect("the packages are there")
}
