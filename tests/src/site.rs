//! The whole site on a base: built as `main` builds it, reached over HTTP as its users reach it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actors::budget::Rates;
use actors::identity::create_user::{NewUser, create_user};
use entity::viewer::ViewerScope;
use serde_json::{Value, json};
use server::app::{App, Role};
use server::config::{Config, Hosts, Introspection, Limits, Mode, Oidc, Secret, TaskQueue};
use server::graphql::documents::Documents;
use server::http::patience::Patience;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::backend::Backend;
use crate::base::Base;
use crate::client;
use crate::graphql_ws::Follower;
use crate::tools::launcher;

/// What opens `/metrics` in the stories.
pub const METRICS: &str = "the metrics of the stories";
/// The password of everybody in the stories.
pub const PASSWORD: &str = "correct horse";

/// What clients of GraphQL may ask for where nothing else is said.
pub const LIMITS: Limits = Limits {
    rates: Rates { user: None, session: None, address: None },
    patience: Duration::from_secs(30),
    introspection: Introspection::Everybody,
};

/// What a site that is measured is made of: in production, and nobody is stopped for asking much.
#[must_use]
pub fn measured(folder: &Path, url: &str) -> Config {
    let mut config = Config::read().unwrap_or_else(|mistakes| panic!("{mistakes}"));
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.data_dir = folder.to_owned();
    config.database_url = Secret::new(url.to_owned());
    config.secret_key = Some(Secret::new("0123456789abcdef0123456789abcdef".to_owned()));
    config.mode = Mode::Production;
    config.limits = LIMITS;
    config
}

/// The folder of the examples.
#[must_use]
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// What a site is made of.
pub struct Plan {
    pub content: PathBuf,
    /// Of a real mail server; without it letters go to a folder.
    pub smtp_url: Option<String>,
    /// The program that becomes the sandbox.
    pub launcher: PathBuf,
    /// How long a job is left to a process that gives no sign of life.
    pub lease: Duration,
    /// Whether guests may have programs run.
    pub code_runner: bool,
    /// Whether people may register by themselves.
    pub registration: bool,
    /// Where people reach it.
    pub public_url: String,
    /// Where people sign in, if not here alone.
    pub oidc: Option<Oidc>,
    /// Programs of guests that may be under way from one address.
    pub guests_per_address: u64,
    /// Who may keep tasks.
    pub task_queue: TaskQueue,
    /// What clients of GraphQL may ask for; without budgets, which stories set that are about them.
    pub limits: Limits,
    /// Where it listens; 0 is wherever there is room.
    pub port: u16,
    /// The documents that are trusted.
    pub documents: Arc<Documents>,
    /// How long the other ends of connections are waited for.
    pub patience: Patience,
    /// What seals its keys, and what did before.
    pub secret: String,
    pub previous_secret: Option<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            content: examples().join("content"),
            smtp_url: None,
            launcher: launcher(),
            lease: Duration::from_secs(15),
            code_runner: true,
            registration: true,
            public_url: "http://lectern.example".to_owned(),
            oidc: None,
            guests_per_address: 24,
            task_queue: TaskQueue::Off,
            limits: LIMITS,
            port: 0,
            documents: Arc::default(),
            patience: Patience::default(),
            secret: "a secret of the stories, 32 letters".to_owned(),
            previous_secret: None,
        }
    }
}

/// A site that serves. To be ended by [`end`](Self::end).
pub struct Site {
    pub base: Base,
    pub app: Arc<App>,
    pub address: SocketAddr,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

impl Site {
    /// Starts one with an administrator, `admin@example.org`.
    pub async fn new(backend: Backend, plan: Plan) -> Self {
        Self::on_with_admin(Base::new(backend).await, plan).await
    }

    /// Starts one on a base that has nobody, with that administrator.
    pub async fn on_with_admin(base: Base, plan: Plan) -> Self {
        let site = Self::on(base, plan).await;
        let admin = NewUser {
            email: "admin@example.org".to_owned(),
            name: "Robin Admin".to_owned(),
            password: PASSWORD.to_owned(),
            admin: true,
        };
        create_user(&site.app.kernel.deps, &ViewerScope::system("a story"), admin).await.expect("an administrator");
        site
    }

    /// Starts one on a base, with whom that has.
    pub async fn on(base: Base, plan: Plan) -> Self {
        let config = config(&base, plan);
        let app = Arc::new(App::build(config, Role::Serve).await.expect("the site starts"));
        let stop = CancellationToken::new();
        let (ready, address) = oneshot::channel();
        let (served, stopped) = (Arc::clone(&app), stop.clone());
        let serving = tokio::spawn(async move {
            served
                .serve(stopped, move |address| {
                    let _ = ready.send(address);
                })
                .await
                .expect("it serves");
        });
        let address = address.await.expect("it listens");
        Self { base, app, address, stop, serving }
    }

    /// Why one does not start on a base.
    pub async fn try_on(base: &Base, plan: Plan) -> String {
        match App::build(config(base, plan), Role::Serve).await {
            Ok(_) => panic!("it starts"),
            Err(error) => error.to_string(),
        }
    }

    /// Sends a request to `/graphql`; the whole answer.
    pub async fn post(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        client::post_json(self.address, "/graphql", token, &body).await.json()
    }

    /// The data of a request that has no errors.
    pub async fn ask(&self, token: &str, query: &str, variables: Value) -> Value {
        let mut answer = self.post(Some(token), query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
        answer["data"].take()
    }

    /// Signs in with the password of everybody; the token.
    pub async fn sign_in(&self, email: &str) -> String {
        let query = "mutation($input: SignInInput!) { signIn(input: $input) { token problems { code message } } }";
        let answer = self.post(None, query, json!({ "input": { "email": email, "password": PASSWORD } })).await;
        answer["data"]["signIn"]["token"].as_str().unwrap_or_else(|| panic!("no token: {answer:#}")).to_owned()
    }

    /// Follows a subscription with the real client.
    pub async fn follow(&self, token: &str, query: &str, variables: Value) -> Follower {
        Follower::start(&format!("ws://{}/graphql", self.address), Some(token), query, variables).await
    }

    /// Synchronises everything as the administrator; each subject with its outcome.
    pub async fn sync(&self, admin: &str) -> Vec<(String, String)> {
        let query =
            "mutation { syncContent(input: {}) { jobs { subject job { id } } unchanged problems { message } } }";
        let answer = self.ask(admin, query, json!({})).await;
        let unchanged = answer["syncContent"]["unchanged"].as_array().expect("subjects").iter();
        let mut outcomes: Vec<(String, String)> =
            unchanged.map(|it| (it.as_str().expect("a subject").to_owned(), "unchanged".to_owned())).collect();
        for target in answer["syncContent"]["jobs"].as_array().expect("jobs") {
            let subject = target["subject"].as_str().expect("a subject").to_owned();
            let mut events = self.follow(admin, JOB, json!({ "id": target["job"]["id"] })).await;
            let mut outcome = None;
            while let crate::graphql_ws::Said::Next(event) = events.said().await {
                let event = &event["data"]["job"];
                if event["kind"] == "synced" {
                    outcome = event["details"]["outcome"].as_str().map(str::to_owned);
                }
            }
            outcomes.push((subject, outcome.expect("the job says how it ended")));
        }
        outcomes
    }

    /// Makes somebody's account and puts them on the roster of a course; their token.
    pub async fn enrolled(&self, admin: &str, email: &str, course: &str, role: &str) -> String {
        let user = json!({ "input": { "email": email, "name": email.split('@').next(), "password": PASSWORD } });
        self.ask(admin, "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } } }", user).await;
        let enroll = "mutation($input: EnrollInput!) { enroll(input: $input) { enrolled problems { message } } }";
        let answer =
            self.ask(admin, enroll, json!({ "input": { "email": email, "course": course, "role": role } })).await;
        assert_eq!(answer["enroll"]["enrolled"], true, "{answer}");
        self.sign_in(email).await
    }

    /// Stops serving and drains.
    pub async fn end(self) -> Base {
        self.stop.cancel();
        self.serving.await.expect("it stops");
        let app = Arc::into_inner(self.app).expect("nobody else holds the site");
        app.drain().await;
        self.base
    }
}

/// Following a job.
pub const JOB: &str = "subscription($id: ID!, $after: String) { job(id: $id, after: $after) { cursor kind details } }";
/// Following a run.
pub const RUN: &str = "subscription($run: ID!, $after: String) { runOutput(run: $run, after: $after) { \
     cursor kind step text run { job { kind } verdict message earned tests { name passed hidden message } } } }";

fn config(base: &Base, plan: Plan) -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], plan.port)),
        public_url: plan.public_url,
        database_url: Secret::new(&*base.url),
        data_dir: base.data().to_owned(),
        secret_key: Some(Secret::new(plan.secret)),
        redis_url: None,
        smtp_url: plan.smtp_url.map(Secret::new),
        mail_from: "Lectern <lectern@example.org>".to_owned(),
        content_dir: plan.content,
        toolchains_dir: base.data().join("toolchains"),
        mode: Mode::Production,
        slots: 2,
        lanes: None,
        metrics_token: Some(Secret::new(METRICS)),
        metrics_listen: None,
        lease: plan.lease,
        registration: plan.registration,
        oidc: plan.oidc,
        secret_key_previous: plan.previous_secret.map(Secret::new),
        code_runner: plan.code_runner,
        code_runner_per_address: plan.guests_per_address,
        task_queue: plan.task_queue,
        task_queue_hosts: Hosts::of("http://lectern.example"),
        documents: plan.documents,
        retention: actors::keeping::Retention::default(),
        copy_to_url: None,
        limits: plan.limits,
        sentry_dsn: None,
        collector: None,
        launcher: plan.launcher,
        patience: plan.patience,
    }
}
