//! Configuration: `LECTERN_…` variables (and `…_FILE`, which name a file that holds the value) over `lectern.toml` over defaults.
//!
//! Read once, here and nowhere else, into one typed struct. All mistakes are told at once, each with its name and its remedy.

mod task_queue;

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actors::keeping::Retention;
use actors::lane::Size;
use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

pub use task_queue::TaskQueue;

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
    /// `LECTERN_CODE_RUNNER`: whether anybody may have programs run at `/run_program/`.
    pub code_runner: bool,
    /// `LECTERN_CODE_RUNNER_PER_ADDRESS`: how many of those may be under way from one network address.
    pub code_runner_per_address: u64,
    /// `LECTERN_TASK_QUEUE`: whether other programs may keep tasks here; with `LECTERN_TASK_QUEUE_TOKENS`.
    pub task_queue: TaskQueue,
    /// `LECTERN_JOB_RETENTION_DAYS`, `LECTERN_DEAD_JOB_RETENTION_DAYS`, `LECTERN_JOB_ARCHIVE_DIR`: what becomes of finished jobs.
    pub retention: Retention,
    /// The program that becomes the sandbox; this one, but for tests.
    pub launcher: PathBuf,
}

/// Whether somebody develops or operates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// With GraphiQL at `/graphiql` and introspection.
    Development,
    Production,
}

/// The values as they are written down.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    listen: String,
    public_url: Option<String>,
    database_url: Option<String>,
    data_dir: PathBuf,
    secret_key: Option<String>,
    redis_url: Option<String>,
    smtp_url: Option<String>,
    mail_from: String,
    content_dir: Option<PathBuf>,
    toolchains_dir: Option<PathBuf>,
    mode: String,
    slots: Option<usize>,
    metrics_token: Option<String>,
    metrics_listen: Option<String>,
    lease_seconds: u64,
    code_runner: String,
    code_runner_per_address: u64,
    task_queue: String,
    task_queue_tokens: Option<String>,
    job_retention_days: u64,
    dead_job_retention_days: u64,
    job_archive_dir: Option<PathBuf>,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8000".to_owned(),
            public_url: None,
            database_url: None,
            data_dir: PathBuf::from("lectern-data"),
            secret_key: None,
            redis_url: None,
            smtp_url: None,
            mail_from: "Lectern <lectern@localhost>".to_owned(),
            content_dir: None,
            toolchains_dir: None,
            mode: "production".to_owned(),
            slots: None,
            metrics_token: None,
            metrics_listen: None,
            lease_seconds: 15,
            code_runner: "on".to_owned(),
            code_runner_per_address: 24,
            task_queue: "off".to_owned(),
            task_queue_tokens: None,
            job_retention_days: 30,
            dead_job_retention_days: 180,
            job_archive_dir: None,
        }
    }
}

impl Written {
    /// Where metrics are to be served.
    fn metrics_address(&self, mistakes: &mut Vec<String>) -> Option<SocketAddr> {
        let address = self.metrics_listen.as_deref()?;
        let parsed = address.parse().ok();
        if parsed.is_none() {
            let rule = "it must be an address and a port, such as 127.0.0.1:9100";
            mistakes.push(format!("LECTERN_METRICS_LISTEN is `{address}`; {rule}"));
        }
        parsed
    }

    /// What is wrong with single settings.
    fn tell_mistakes(&self, mistakes: &mut Vec<String>) {
        if !matches!(self.code_runner.as_str(), "on" | "off") {
            mistakes.push(format!("LECTERN_CODE_RUNNER is `{}`; it must be on or off", self.code_runner));
        }
        if self.code_runner_per_address == 0 {
            mistakes.push(
                "LECTERN_CODE_RUNNER_PER_ADDRESS is 0; to let nobody in, set LECTERN_CODE_RUNNER to off".to_owned(),
            );
        }
        if !actors::mail::is_mailbox(&self.mail_from) {
            mistakes.push(format!(
                "LECTERN_MAIL_FROM is `{}`; it must look like Lectern <lectern@example.org>",
                self.mail_from
            ));
        }
        if !(2..=600).contains(&self.lease_seconds) {
            mistakes.push(format!("LECTERN_LEASE_SECONDS is {}; it must be between 2 and 600", self.lease_seconds));
        }
        for (name, days) in [
            ("LECTERN_JOB_RETENTION_DAYS", self.job_retention_days),
            ("LECTERN_DEAD_JOB_RETENTION_DAYS", self.dead_job_retention_days),
        ] {
            if !(1..=36_500).contains(&days) {
                mistakes.push(format!("{name} is {days}; it must be between 1 and 36500"));
            }
        }
        if self.redis_url.as_deref().is_some_and(|url| !actors::courier::is_redis_url(url)) {
            // It may hold a password, so it is not shown.
            mistakes.push(
                "LECTERN_REDIS_URL is not the address of a Redis; it must look like redis://[user:password@]host:6379/0, \
                 rediss://… for TLS, or redis+unix:///path/to/socket"
                    .to_owned(),
            );
        }
        if self.metrics_token.as_deref().is_some_and(|token| token.len() < 16) {
            mistakes.push("LECTERN_METRICS_TOKEN is too short: at least 16 characters".to_owned());
        }
        if self.slots == Some(0) {
            mistakes.push("LECTERN_SLOTS is 0; programs need at least one".to_owned());
        }
    }
}

/// Everything that is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has mistakes:\n{}", .0.iter().map(|line| format!("  * {line}")).collect::<Vec<_>>().join("\n"))]
pub struct Mistakes(pub Vec<String>);

/// The names of all variables, without their prefix.
const NAMES: &[&str] = &[
    "listen",
    "public_url",
    "database_url",
    "data_dir",
    "secret_key",
    "redis_url",
    "smtp_url",
    "mail_from",
    "content_dir",
    "toolchains_dir",
    "mode",
    "slots",
    "metrics_token",
    "metrics_listen",
    "lease_seconds",
    "code_runner",
    "code_runner_per_address",
    "task_queue",
    "task_queue_tokens",
    "job_retention_days",
    "dead_job_retention_days",
    "job_archive_dir",
];
/// Variables of the prefix that are known but mean nothing to this version, or to tests alone.
const OTHERS: [&str; 3] = ["storage_url", "log", "test_launcher"];

impl Config {
    /// Reads the configuration of this process.
    ///
    /// # Errors
    /// With all mistakes, when there are any.
    pub fn read() -> Result<Self, Mistakes> {
        Self::from_sources(Path::new("lectern.toml"), std::env::vars().collect())
    }

    fn from_sources(file: &Path, variables: Vec<(String, String)>) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let variables = ours(variables, &mut mistakes);
        let mut figment = Figment::from(Serialized::defaults(Written::default())).merge(Toml::file(file));
        for (name, value) in variables {
            figment = figment.merge((name.as_str(), typed(&name, &value)));
        }
        match figment.extract::<Written>() {
            Ok(written) => Self::check(written, mistakes),
            Err(errors) => {
                mistakes.extend(errors.into_iter().map(|error| told(&error)));
                Err(Mistakes(mistakes))
            }
        }
    }

    fn check(written: Written, mut mistakes: Vec<String>) -> Result<Self, Mistakes> {
        let listen = written.listen.parse::<SocketAddr>().map_err(|_| {
            mistakes.push(format!(
                "LECTERN_LISTEN is `{}`; it must be an address and a port, such as 127.0.0.1:8000",
                written.listen
            ));
        });
        let metrics_listen = written.metrics_address(&mut mistakes);
        let mode = match written.mode.as_str() {
            "development" => Mode::Development,
            "production" => Mode::Production,
            other => {
                mistakes.push(format!("LECTERN_MODE is `{other}`; it must be development or production"));
                Mode::Production
            }
        };
        written.tell_mistakes(&mut mistakes);
        let tokens = written.task_queue_tokens.map(Secret);
        let task_queue = TaskQueue::read(&written.task_queue, tokens.as_ref(), &mut mistakes);
        let embedded = format!("sqlite:{}", written.data_dir.join("lectern.db").display());
        let database_url = written.database_url.unwrap_or(embedded);
        if database_url.starts_with("postgres") && written.secret_key.is_none() {
            mistakes.push("LECTERN_SECRET_KEY is missing: with PostgreSQL all processes must be given the same, at least 32 characters".to_owned());
        }
        if written.secret_key.as_deref().is_some_and(|key| key.len() < 32) {
            mistakes.push(
                "LECTERN_SECRET_KEY is too short: at least 32 characters, for example from `openssl rand -hex 32`"
                    .to_owned(),
            );
        }
        let (Ok(listen), true) = (listen, mistakes.is_empty()) else { return Err(Mistakes(mistakes)) };
        Ok(Self {
            listen,
            public_url: written
                .public_url
                .unwrap_or_else(|| format!("http://{listen}"))
                .trim_end_matches('/')
                .to_owned(),
            database_url: Secret::new(database_url),
            content_dir: written.content_dir.unwrap_or_else(|| written.data_dir.join("content")),
            toolchains_dir: written.toolchains_dir.unwrap_or_else(|| written.data_dir.join("toolchains")),
            data_dir: written.data_dir,
            secret_key: written.secret_key.map(Secret),
            redis_url: written.redis_url.map(Secret),
            smtp_url: written.smtp_url.map(Secret),
            mail_from: written.mail_from,
            mode,
            slots: written.slots.unwrap_or_else(processors),
            lanes: None,
            metrics_token: written.metrics_token.map(Secret),
            metrics_listen,
            lease: Duration::from_secs(written.lease_seconds),
            code_runner: written.code_runner == "on",
            code_runner_per_address: written.code_runner_per_address,
            task_queue,
            retention: Retention {
                finished: days(written.job_retention_days),
                dead: days(written.dead_job_retention_days),
                archive: written.job_archive_dir,
            },
            launcher: PathBuf::from("/proc/self/exe"),
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

/// A value as its variable is meant: numbers are numbers, everything else is text.
fn typed(name: &str, value: &str) -> figment::value::Value {
    match value.parse::<u64>() {
        Ok(number)
            if matches!(
                name,
                "slots"
                    | "lease_seconds"
                    | "code_runner_per_address"
                    | "job_retention_days"
                    | "dead_job_retention_days"
            ) =>
        {
            figment::value::Value::from(number)
        }
        _ => figment::value::Value::from(value),
    }
}

/// The variables with our prefix, those of files read.
fn ours(variables: Vec<(String, String)>, mistakes: &mut Vec<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (variable, value) in variables {
        let Some(name) = variable.strip_prefix("LECTERN_").map(str::to_lowercase) else { continue };
        if NAMES.contains(&name.as_str()) {
            found.push((name, value));
            continue;
        }
        if let Some(name) = name.strip_suffix("_file").filter(|name| NAMES.contains(name)) {
            match fs::read_to_string(&value) {
                Ok(text) => found.push((name.to_owned(), text.trim_end().to_owned())),
                Err(error) => mistakes.push(format!("{variable} names {value}, which cannot be read: {error}")),
            }
        } else if !OTHERS.contains(&name.as_str()) {
            let near = actors::content::format::nearest(&name, NAMES.iter().copied());
            let hint = near.map(|near| format!("; did you mean LECTERN_{}?", near.to_uppercase())).unwrap_or_default();
            mistakes.push(format!("{variable} is not a setting{hint}"));
        }
    }
    found
}

fn told(error: &figment::Error) -> String {
    let name = error.path.join(".").to_uppercase();
    if name.is_empty() { format!("lectern.toml: {error}") } else { format!("LECTERN_{name}: {}", error.kind) }
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::{Config, Mode, Path};

    fn read(variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::from_sources(Path::new("/nonexistent/lectern.toml"), variables).map_err(|mistakes| mistakes.0)
    }

    #[test]
    fn the_default_is_embedded() {
        let config = read(&[("HOME", "/root"), ("LECTERN_MODE", "development"), ("LECTERN_SLOTS", "3")]).unwrap();
        assert!(config.is_embedded());
        assert_eq!(config.database_url.reveal(), "sqlite:lectern-data/lectern.db");
        assert_eq!((config.mode, config.slots), (Mode::Development, 3));
        assert_eq!(config.public_url, "http://127.0.0.1:8000");
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let mistakes = read(&[
            ("LECTERN_LISTEN", "8000"),
            ("LECTERN_MODE", "prod"),
            ("LECTERN_LISTNE", "x"),
            ("LECTERN_REDIS_URL", "http://user:hush@h"),
            ("LECTERN_SECRET_KEY_FILE", "/nonexistent/key"),
            ("LECTERN_DATABASE_URL", "postgres://h/d"),
            ("LECTERN_TASK_QUEUE", "tokens"),
            ("LECTERN_TASK_QUEUE_TOKENS", "hunter2"),
        ])
        .unwrap_err()
        .join("\n");
        assert!(!mistakes.contains("hush"), "{mistakes}");
        for word in [
            "redis+unix:///path/to/socket",
            "127.0.0.1:8000",
            "development or production",
            "did you mean LECTERN_LISTEN?",
            "/nonexistent/key",
            "LECTERN_SECRET_KEY is missing",
            "LECTERN_TASK_QUEUE_TOKENS: token 1 has fewer than 16 characters",
        ] {
            assert!(mistakes.contains(word), "{word}: {mistakes}");
        }
        assert!(!mistakes.contains("hunter2"), "{mistakes}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = read(&[
            ("LECTERN_SECRET_KEY", "0123456789abcdef0123456789abcdef"),
            ("LECTERN_SMTP_URL", "smtp://u:pw@h"),
            ("LECTERN_TASK_QUEUE", "tokens"),
            ("LECTERN_TASK_QUEUE_TOKENS", "0123456789abcdef0"),
            ("LECTERN_REDIS_URL", "rediss://u:pw@h:6380/1"),
        ])
        .unwrap();
        let printed = format!("{config:?}");
        assert!(!printed.contains("0123456789") && !printed.contains("pw"), "{printed}");
    }
}
