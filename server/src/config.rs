//! Configuration: `LECTERN_…` variables (and `…_FILE`, which name a file that holds the value) over `lectern.toml` over defaults.
//!
//! Read once, here and nowhere else, into one typed struct. All mistakes are told at once, each with its name and its remedy.

mod collector;
mod documents;
mod hosts;
mod layers;
mod limits;
mod oidc;
mod task_queue;
mod variables;
mod weaknesses;
mod written;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actors::keeping::Retention;
use actors::lane::Size;
use serde::{Deserialize, Serialize};

pub use collector::Collector;
pub use hosts::Hosts;
pub use limits::{Introspection, Limits};
pub use oidc::Oidc;
pub use task_queue::TaskQueue;
use written::Written;

use crate::graphql::documents::Documents;
use crate::http::patience::Patience;

/// A value that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for whoever needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The configuration of a process.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LECTERN_LISTEN`: where HTTP is served.
    pub listen: SocketAddr,
    /// `LECTERN_PUBLIC_URL`: where people reach the site, without a slash at the end.
    pub public_url: String,
    /// `LECTERN_DATABASE_URL`: `sqlite:` or `postgres:`. May hold a password.
    pub database_url: Secret,
    /// `LECTERN_DATA_DIR`: the folder of this site, on a local file system.
    pub data_dir: PathBuf,
    /// `LECTERN_SECRET_KEY`; on the embedded database a file in the data folder, made at the first start.
    pub secret_key: Option<Secret>,
    /// `LECTERN_SECRET_KEY_PREVIOUS`: the secret before that one. What it sealed is sealed anew at the start.
    pub secret_key_previous: Option<Secret>,
    /// `LECTERN_REDIS_URL`; without it processes learn of each other's doings from the database, once a second.
    pub redis_url: Option<Secret>,
    /// `LECTERN_SMTP_URL`; without it letters are files in the data folder.
    pub smtp_url: Option<Secret>,
    /// `LECTERN_MAIL_FROM`: the sender of letters.
    pub mail_from: String,
    /// `LECTERN_CONTENT_DIR`: the folder of notebooks.
    pub content_dir: PathBuf,
    /// `LECTERN_TOOLCHAINS_DIR`: the folder of languages that this site adds or changes.
    pub toolchains_dir: PathBuf,
    /// `LECTERN_MODE`.
    pub mode: Mode,
    /// `LECTERN_SLOTS`: programs that run at the same time.
    pub slots: usize,
    /// The lanes to work with their slots, where somebody chose; all of them otherwise.
    pub lanes: Option<Vec<(&'static str, Size)>>,
    /// `LECTERN_METRICS_TOKEN`: who knows it may read `/metrics` at the main address.
    pub metrics_token: Option<Secret>,
    /// `LECTERN_METRICS_LISTEN`: where `/metrics`, `/healthz` and `/readyz` are served to anybody.
    pub metrics_listen: Option<SocketAddr>,
    /// `LECTERN_LEASE_SECONDS`: how long a job is left to a process that gives no sign of life.
    pub lease: Duration,
    /// `LECTERN_REGISTRATION`: whether people may register by themselves.
    pub registration: bool,
    /// `LECTERN_OIDC_…`: the provider at which people may sign in.
    pub oidc: Option<Oidc>,
    /// `LECTERN_CODE_RUNNER`: whether anybody may have programs run at `/run_program/`.
    pub code_runner: bool,
    /// `LECTERN_CODE_RUNNER_PER_ADDRESS`: how many of those may be under way from one network address.
    pub code_runner_per_address: u64,
    /// `LECTERN_TASK_QUEUE`: whether other programs may keep tasks here; with `LECTERN_TASK_QUEUE_TOKENS`.
    pub task_queue: TaskQueue,
    /// `LECTERN_TASK_QUEUE_HOSTS`: by which names those programs may call this site, beside its own.
    pub task_queue_hosts: Hosts,
    /// `LECTERN_GRAPHQL_DOCUMENTS` and `LECTERN_GRAPHQL_POLICY`: the trusted documents, and whether others are executed.
    pub documents: Arc<Documents>,
    /// `LECTERN_JOB_RETENTION_DAYS`, `LECTERN_DEAD_JOB_RETENTION_DAYS`, `LECTERN_JOB_ARCHIVE_DIR`: what becomes of finished jobs.
    pub retention: Retention,
    /// `LECTERN_COPY_TO_URL`: where `lectern copy-to` moves the site, where it is not told on its command line.
    pub copy_to_url: Option<Secret>,
    /// `LECTERN_BUDGET_PER_…`, `LECTERN_QUERY_SECONDS`, `LECTERN_INTROSPECTION`: what clients of GraphQL may ask for.
    pub limits: Limits,
    /// `SENTRY_DSN`: to whom faults are reported, in production.
    pub sentry_dsn: Option<Secret>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: where spans are sent.
    pub collector: Option<Collector>,
    /// The program that becomes the sandbox; this one, but for tests.
    pub launcher: PathBuf,
    /// How long the other ends of connections are waited for; less in tests.
    pub patience: Patience,
}

/// Whether somebody develops or operates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// With GraphiQL at `/graphiql`, which works where the schema is shown.
    Development,
    Production,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has mistakes:\n{}", .0.iter().map(|line| format!("  * {line}")).collect::<Vec<_>>().join("\n"))]
pub struct Mistakes(pub Vec<String>);

/// Whether a terminal may be written to in colours: who sets `NO_COLOR` to anything wants none.
#[must_use]
pub fn allows_colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|said| said.is_empty())
}

impl Config {
    /// Reads the configuration of this process.
    ///
    /// # Errors
    /// With all mistakes, when there are any.
    pub fn read() -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let variables = variables::of_process(&mut mistakes);
        Self::from_sources(Path::new("lectern.toml"), variables, mistakes)
    }

    fn from_sources(
        file: &Path,
        variables: Vec<(String, String)>,
        mut mistakes: Vec<String>,
    ) -> Result<Self, Mistakes> {
        let written = layers::read(file, variables, &mut mistakes);
        Self::check(written, mistakes)
    }

    fn check(written: Written, mut mistakes: Vec<String>) -> Result<Self, Mistakes> {
        let listen = written.listen.parse::<SocketAddr>().map_err(|_| {
            mistakes.push(format!(
                "LECTERN_LISTEN is `{}`; it must be an address and a port, such as 127.0.0.1:8000",
                written.listen
            ));
        });
        let metrics_listen = written.metrics_address(&mut mistakes);
        let mode = written.mode(&mut mistakes);
        written.tell_mistakes(&mut mistakes);
        let task_queue_hosts = written.hosts(listen.ok(), &mut mistakes);
        let limits = Limits::read(&written, &mut mistakes);
        let oidc = Oidc::read(&written, &mut mistakes);
        let collector = Collector::read(&written, &mut mistakes);
        let sentry_dsn = collector::sentry(written.sentry_dsn.as_deref(), &mut mistakes);
        let tokens = written.task_queue_tokens.map(Secret);
        let task_queue = TaskQueue::read(&written.task_queue, tokens.as_ref(), &mut mistakes);
        let documents = documents::read(written.graphql_documents.as_deref(), &written.graphql_policy, &mut mistakes);
        let embedded = format!("sqlite:{}", written.data_dir.join("lectern.db").display());
        let database_url = written.database_url.unwrap_or(embedded);
        mistakes.extend(secret_is_missing(&database_url, written.secret_key.is_some()));
        let (Ok(listen), true) = (listen, mistakes.is_empty()) else { return Err(Mistakes(mistakes)) };
        Ok(Self {
            listen,
            public_url: public_address(written.public_url, listen),
            database_url: Secret::new(database_url),
            content_dir: written.content_dir.unwrap_or_else(|| written.data_dir.join("content")),
            toolchains_dir: written.toolchains_dir.unwrap_or_else(|| written.data_dir.join("toolchains")),
            data_dir: written.data_dir,
            secret_key: written.secret_key.map(Secret),
            secret_key_previous: written.secret_key_previous.map(Secret),
            redis_url: written.redis_url.map(Secret),
            smtp_url: written.smtp_url.map(Secret),
            mail_from: written.mail_from,
            mode,
            slots: written.slots.unwrap_or_else(processors),
            lanes: None,
            metrics_token: written.metrics_token.map(Secret),
            metrics_listen,
            lease: Duration::from_secs(written.lease_seconds),
            registration: written.registration == "on",
            oidc,
            code_runner: written.code_runner == "on",
            code_runner_per_address: written.code_runner_per_address,
            task_queue,
            task_queue_hosts,
            documents,
            retention: Retention {
                finished: days(written.job_retention_days),
                dead: days(written.dead_job_retention_days),
                archive: written.job_archive_dir,
            },
            copy_to_url: written.copy_to_url.map(Secret),
            limits,
            sentry_dsn,
            collector,
            launcher: PathBuf::from("/proc/self/exe"),
            patience: Patience::default(),
        })
    }

    /// The file of the embedded database.
    #[must_use]
    pub fn database_file(&self) -> Option<&Path> {
        let path = self.database_url.reveal().strip_prefix("sqlite:")?;
        Some(Path::new(path.split('?').next().unwrap_or(path).trim_start_matches("//")))
    }

    /// Whether the database is the embedded one.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.database_url.reveal().starts_with("sqlite:")
    }
}

/// Whether whoever reads at a terminal has not asked for none.
#[must_use]
pub fn wants_colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// How much is to be logged: what `LECTERN_LOG` says; warnings when it says nothing.
#[must_use]
pub fn log_filter() -> String {
    std::env::var("LECTERN_LOG").ok().filter(|filter| !filter.trim().is_empty()).unwrap_or_else(|| "warn".to_owned())
}

/// Whether the environment has the name of `SENTRY_DSN` with two letters turned.
#[must_use]
pub fn has_slip() -> bool {
    std::env::vars_os().any(|(name, _)| name.to_str().is_some_and(variables::is_slip))
}

/// The embedded database has a folder in which a secret is made.
fn secret_is_missing(database_url: &str, is_given: bool) -> Option<String> {
    let told =
        "LECTERN_SECRET_KEY is missing: with PostgreSQL all processes must be given the same, at least 32 characters";
    (database_url.starts_with("postgres") && !is_given).then(|| told.to_owned())
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}

/// Where people reach the site, without a slash at the end.
fn public_address(written: Option<String>, listen: SocketAddr) -> String {
    written.unwrap_or_else(|| format!("http://{listen}")).trim_end_matches('/').to_owned()
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(test)]
mod tests;
