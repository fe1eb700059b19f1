//! Clients of task queues: the library that others wrote, and plain requests.

use std::net::SocketAddr;
use std::path::PathBuf;

use hyper::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::child::Talker;
use crate::client::{Answer, send};
use crate::tools::{insist, tool};

const PACKAGES: [&str; 2] = ["google-api-python-client==2.202.0", "httplib2==0.32.1"];
/// The name of the folder changes with the versions.
const FOLDER: &str = "taskqueue-client-2.202.0-0.32.1";

/// A client that google-api-python-client made of the service's own description. Ends with this.
#[derive(Debug)]
pub struct Client(Talker);

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Result(Value),
    /// Status, reason as the client tells it, and the details behind it.
    Error(u64, String, Value),
}

impl Client {
    pub async fn start(address: SocketAddr, token: &str) -> Self {
        let mut command = Command::new("python3");
        command.args(["-c", include_str!("../clients/taskqueue.py"), &format!("http://{address}"), token]);
        let mut talker = Talker::start(command.env("PYTHONPATH", packages().await));
        assert_eq!(talker.hear().await, Some(json!({ "ready": true })), "the client makes itself");
        Self(talker)
    }

    pub async fn call(&mut self, of: &str, call: &str, with: Value) -> Said {
        self.0.say(&json!({ "of": of, "call": call, "with": with })).await;
        said(self.0.hear().await.expect("the client lives"))
    }

    /// Makes calls at once, each as `{"of": …, "call": …, "with": …}`; what came of them, in their order.
    pub async fn batch(&mut self, calls: &[Value]) -> Vec<Said> {
        self.0.say(&json!({ "batch": calls })).await;
        let mut answer = self.0.hear().await.expect("the client lives");
        match answer["results"].take() {
            Value::Array(results) => results.into_iter().map(said).collect(),
            _ => panic!("the batch was refused: {answer}"),
        }
    }

    /// The result of a call on tasks that must go well.
    pub async fn tasks(&mut self, call: &str, with: Value) -> Value {
        match self.call("tasks", call, with.clone()).await {
            Said::Result(result) => result,
            error => panic!("{call} {with}: {error:?}"),
        }
    }
}

fn said(mut answer: Value) -> Said {
    match answer.get_mut("result") {
        Some(result) => Said::Result(result.take()),
        None => Said::Error(
            answer["status"].as_u64().expect("a status"),
            answer["reason"].as_str().unwrap_or_default().to_owned(),
            answer["details"].take(),
        ),
    }
}

/// The folder of the client library.
pub async fn packages() -> PathBuf {
    let install = |folder: &std::path::Path| {
        let mut pip = std::process::Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]);
        insist(pip.arg("--target").arg(folder).args(PACKAGES));
    };
    tokio::task::spawn_blocking(move || tool(FOLDER, install)).await.expect("the packages are there")
}

/// The path of a queue of the project `demo`, with something behind it.
#[must_use]
pub fn path(queue: &str, behind: &str) -> String {
    format!("/taskqueue/v1beta2/projects/demo/taskqueues/{queue}{behind}")
}

/// Sends a plain request; a body of null is none.
pub async fn ask(address: SocketAddr, method: Method, path: &str, body: &Value) -> Answer {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    send(address, method, path, [("content-type", "application/json".to_owned())], text).await
}

/// Puts a task in; as it is answered.
pub async fn insert(address: SocketAddr, queue: &str, task: &Value) -> Value {
    let answer = ask(address, Method::POST, &path(queue, "/tasks"), task).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Leases tasks; the items of the answer.
pub async fn lease(address: SocketAddr, queue: &str, parameters: &str) -> Vec<Value> {
    let answer = ask(address, Method::POST, &path(queue, &format!("/tasks/lease?{parameters}")), &Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["items"].as_array().expect("items").clone()
}

/// The names of tasks.
#[must_use]
pub fn ids(tasks: &[Value]) -> Vec<&str> {
    tasks.iter().map(|task| task["id"].as_str().expect("an id")).collect()
}
