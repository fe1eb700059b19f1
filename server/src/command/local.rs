//! How a command reaches its site: through the process that serves it, or, when there is none, as that process itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request as Operation, Variables};
use entity::viewer::ViewerScope;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixStream;

use super::CommandError;
use crate::app::{App, Role};
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::graphql::context;

/// How often a job is looked at while a command waits for it.
const LOOK: Duration = Duration::from_millis(100);

/// The way to the site, with the rights of its owner.
#[derive(Debug)]
pub enum Local {
    /// The process that serves it listens here.
    Socket(PathBuf),
    /// This process works its jobs, for as long as the command takes.
    Own(Box<App>),
}

impl Local {
    /// Finds the site.
    ///
    /// # Errors
    /// When nobody serves it and this process cannot either.
    pub async fn reach(config: Config) -> Result<Self, CommandError> {
        Self::reach_as(config, Role::Command).await
    }

    /// The same for a command that only looks and steers: this process works no jobs then.
    ///
    /// # Errors
    /// When nobody serves it and this process cannot either.
    pub async fn reach_to_steer(config: Config) -> Result<Self, CommandError> {
        Self::reach_as(config, Role::Steer).await
    }

    async fn reach_as(config: Config, role: Role) -> Result<Self, CommandError> {
        let socket = DataFolder::socket(&config.data_dir);
        if config.is_embedded() && UnixStream::connect(&socket).await.is_ok() {
            return Ok(Self::Socket(socket));
        }
        Ok(Self::Own(Box::new(App::build(config, role).await?)))
    }

    /// Asks the site; the data of its answer.
    ///
    /// # Errors
    /// When it says that something is wrong.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Value, CommandError> {
        let answer = match self {
            Self::Socket(path) => over_socket(path, query, variables).await?,
            Self::Own(app) => in_process(app, query, variables).await?,
        };
        match answer.get("errors").and_then(Value::as_array).and_then(|errors| errors.first()) {
            Some(error) => Err(CommandError::told(error["message"].as_str().unwrap_or("the site refused").to_owned())),
            None => Ok(answer["data"].clone()),
        }
    }

    /// Waits until a job has ended, telling its events; the state in which it ended.
    ///
    /// # Errors
    /// When the site does not answer any more.
    pub async fn follow(&self, job: &str, mut tell: impl FnMut(&Value)) -> Result<String, CommandError> {
        const EVENTS: &str = "query($id: ID!, $after: String) { node(id: $id) { ... on Job { state \
             events(first: 100, after: $after) { nodes { kind details } pageInfo { endCursor hasNextPage } } } } }";
        let mut after = Value::Null;
        loop {
            let answer = self.ask(EVENTS, json!({ "id": job, "after": after })).await?;
            let node = &answer["node"];
            node["events"]["nodes"].as_array().into_iter().flatten().for_each(&mut tell);
            let page = &node["events"]["pageInfo"];
            if !page["endCursor"].is_null() {
                after = page["endCursor"].clone();
            }
            let state = node["state"].as_str().unwrap_or_default();
            let over = matches!(state, "DONE" | "DEAD" | "CANCELLED");
            if over && page["hasNextPage"] != true {
                return Ok(state.to_owned());
            }
            if page["hasNextPage"] != true {
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// Leaves: a kernel of our own ends what it has begun.
    pub async fn leave(self) {
        if let Self::Own(app) = self {
            app.drain().await;
        }
    }
}

async fn in_process(app: &App, query: &str, variables: Value) -> Result<Value, CommandError> {
    let deps = app.kernel.deps.clone();
    let viewer = Arc::new(ViewerScope::system("a command on this machine"));
    let received_at = deps.clock.now();
    let operation = Operation::new(query).variables(Variables::from_json(variables)).data(context::Request::new(
        deps,
        viewer,
        None,
        received_at,
    ));
    let answer = crate::graphql::schema().execute(operation).await;
    serde_json::to_value(&answer).map_err(|error| CommandError::told(format!("an answer cannot be read: {error}")))
}

async fn over_socket(path: &Path, query: &str, variables: Value) -> Result<Value, CommandError> {
    let lost = |error: String| {
        CommandError::told(format!("the serving process does not answer on {}: {error}", path.display()))
    };
    let stream = UnixStream::connect(path).await.map_err(|error| lost(error.to_string()))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| lost(error.to_string()))?;
    let connection = tokio::spawn(connection);
    let body = json!({ "query": query, "variables": variables }).to_string();
    let request = Request::builder()
        .method(Method::POST)
        .uri("/graphql")
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| lost(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(|error| lost(error.to_string()))?;
    let body = response.into_body().collect().await.map_err(|error| lost(error.to_string()))?.to_bytes();
    connection.abort();
    serde_json::from_slice(&body).map_err(|error| lost(error.to_string()))
}
