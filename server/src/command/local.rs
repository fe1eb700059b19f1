//! How a command reaches its site: through the process that serves it, or, when there is none, as that process itself.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
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
use tokio::time::timeout;

use super::CommandError;
use crate::app::{App, Role, StartError};
use crate::config::Config;
use crate::data_folder::{DataFolder, FolderError};
use crate::graphql::context;

/// How often a job is looked at while a command waits for it.
const LOOK: Duration = Duration::from_millis(100);
/// How long an answer is waited for before it is asked whether anybody is there.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long somebody who is there may take to say so.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// How often somebody who is there is waited for once more.
const ROUNDS: u32 = 30;

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
        if config.is_embedded() {
            let site = Self::Socket(DataFolder::socket(&config.data_dir));
            if site.is_served().await {
                site.lives().await?;
                return Ok(site);
            }
            if role == Role::Steer && !config.database_file().is_some_and(Path::exists) {
                return Err(CommandError::told(format!(
                    "there is no site in {}; set LECTERN_DATA_DIR to its folder, or make one with `lectern serve`",
                    config.data_dir.display()
                )));
            }
        }
        match App::build(config, role).await {
            Ok(app) => Ok(Self::Own(Box::new(app))),
            Err(StartError::Folder(FolderError::InUse(folder))) => Err(CommandError::told(format!(
                "another Lectern process works in {} and takes no commands: it starts, or stops, or is a command itself; try \
                 again in a moment",
                folder.display()
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether somebody holds the socket, even if they do not answer.
    async fn is_served(&self) -> bool {
        match self {
            Self::Socket(path) => match UnixStream::connect(path).await {
                Ok(_) => true,
                // Too many wait there already.
                Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            },
            Self::Own(_) => false,
        }
    }

    /// Asks the site; the data of its answer. Who is there is waited for some minutes, who is not some seconds.
    ///
    /// # Errors
    /// When it says that something is wrong, or does not answer.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Value, CommandError> {
        let mut asked = pin!(self.ask_once(query, variables));
        for _ in 0..ROUNDS {
            let Ok(answer) = timeout(PATIENCE, &mut asked).await else {
                self.lives().await?;
                continue;
            };
            let answer = answer?;
            return match answer.get("errors").and_then(Value::as_array).and_then(|errors| errors.first()) {
                Some(error) => Err(CommandError::told(error["message"].as_str().unwrap_or("the site refused"))),
                None => Ok(answer["data"].clone()),
            };
        }
        Err(CommandError::told(format!(
            "the site is there, but has not done within {} s what it was asked; it may still do it. `lectern jobs stats` says \
             what it is at",
            (PATIENCE * ROUNDS).as_secs()
        )))
    }

    async fn ask_once(&self, query: &str, variables: Value) -> Result<Value, CommandError> {
        match self {
            Self::Socket(path) => over_socket(path, query, variables).await,
            Self::Own(app) => in_process(app, query, variables).await,
        }
    }

    /// Whether what the answer depends on gives a sign of life.
    async fn lives(&self) -> Result<(), CommandError> {
        match self {
            Self::Socket(path) => {
                match timeout(SIGN_OF_LIFE, over_socket(path, "{ __typename }", Value::Null)).await {
                    Ok(answer) => answer.map(drop),
                    Err(_) => Err(frozen(path).await),
                }
            }
            Self::Own(app) => app.vitals.answers().await.map_err(|trouble| {
                CommandError::told(format!(
                    "the database {trouble}; see that its server is not stopped or overloaded. `lectern config check` tries it"
                ))
            }),
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

    /// Leaves: a kernel of our own ends what it has begun. Without a database it cannot; its leases tell the others.
    pub async fn leave(self) {
        if let Self::Own(app) = self
            && app.vitals.answers().await.is_ok()
        {
            app.drain().await;
        }
    }
}

/// What is said of a process that takes connections and does not answer.
async fn frozen(path: &Path) -> CommandError {
    let holder = UnixStream::connect(path).await.and_then(|stream| stream.peer_cred());
    let (process, goes_on) = match holder.ok().and_then(|holder| holder.pid()) {
        Some(pid) => (format!("the process {pid} that serves this site"), format!("`kill -CONT {pid}`")),
        None => ("the process that serves this site".to_owned(), "`kill -CONT`".to_owned()),
    };
    CommandError::told(format!(
        "{process} has not answered within {} s on {}. If it was stopped, {goes_on} lets it go on; if not, its log says what it is \
         at, and to restart it loses nothing",
        SIGN_OF_LIFE.as_secs(),
        path.display()
    ))
}

async fn in_process(app: &App, query: &str, variables: Value) -> Result<Value, CommandError> {
    let deps = Arc::new(app.kernel.deps.clone());
    let viewer = Arc::new(ViewerScope::system("a command on this machine"));
    let received_at = deps.clock.now();
    let operation = Operation::new(query).variables(Variables::from_json(variables)).data(context::Request::new(
        deps,
        viewer,
        context::Caller::default(),
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
