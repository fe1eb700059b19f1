//! The settings as they are written down, with their defaults, and what can be wrong with single ones.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Hosts, Mode};

/// The values as they are written down.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub listen: String,
    pub public_url: Option<String>,
    pub database_url: Option<String>,
    pub data_dir: PathBuf,
    pub secret_key: Option<String>,
    pub secret_key_previous: Option<String>,
    pub redis_url: Option<String>,
    pub smtp_url: Option<String>,
    pub mail_from: String,
    pub content_dir: Option<PathBuf>,
    pub toolchains_dir: Option<PathBuf>,
    pub mode: String,
    pub slots: Option<usize>,
    pub metrics_token: Option<String>,
    pub metrics_listen: Option<String>,
    pub lease_seconds: u64,
    pub code_runner: String,
    pub code_runner_per_address: u64,
    pub task_queue: String,
    pub task_queue_tokens: Option<String>,
    pub task_queue_hosts: String,
    pub graphql_documents: Option<PathBuf>,
    pub graphql_policy: String,
    pub job_retention_days: u64,
    pub dead_job_retention_days: u64,
    pub job_archive_dir: Option<PathBuf>,
    pub copy_to_url: Option<String>,
    pub budget_per_user: u64,
    pub budget_per_session: u64,
    pub budget_per_address: u64,
    pub query_seconds: u64,
    pub introspection: String,
    pub registration: String,
    pub oidc_issuer: Option<String>,
    pub oidc_client_id: Option<String>,
    pub oidc_client_secret: Option<String>,
    pub oidc_name: Option<String>,
    pub oidc_accounts: String,
    pub oidc_addresses: String,
    pub sentry_dsn: Option<String>,
    pub otel_exporter_otlp_endpoint: Option<String>,
    pub otel_exporter_otlp_protocol: String,
    pub otel_service_name: String,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8000".to_owned(),
            public_url: None,
            database_url: None,
            data_dir: PathBuf::from("lectern-data"),
            secret_key: None,
            secret_key_previous: None,
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
            task_queue_hosts: String::new(),
            graphql_documents: None,
            graphql_policy: "any".to_owned(),
            job_retention_days: 30,
            dead_job_retention_days: 180,
            job_archive_dir: None,
            copy_to_url: None,
            // Twenty requests of the dearest kind in a minute: so a script may page through two thousand students.
            budget_per_session: 1_000_000,
            budget_per_user: 2_000_000,
            // Four hundred sign-ins: a lecture hall behind one address.
            budget_per_address: 4_000_000,
            query_seconds: 30,
            // The schema is in the sources, for everybody to read.
            introspection: "everybody".to_owned(),
            registration: "off".to_owned(),
            oidc_issuer: None,
            oidc_client_id: None,
            oidc_client_secret: None,
            oidc_name: None,
            oidc_accounts: "existing".to_owned(),
            oidc_addresses: "verified".to_owned(),
            sentry_dsn: None,
            otel_exporter_otlp_endpoint: None,
            otel_exporter_otlp_protocol: "http/protobuf".to_owned(),
            otel_service_name: "lectern".to_owned(),
        }
    }
}

impl Written {
    /// Whether somebody develops or operates.
    pub fn mode(&self, mistakes: &mut Vec<String>) -> Mode {
        match self.mode.as_str() {
            "development" => Mode::Development,
            "production" => Mode::Production,
            other => {
                mistakes.push(format!("LECTERN_MODE is `{other}`; it must be development or production"));
                Mode::Production
            }
        }
    }

    /// By which names programs that keep tasks here may call this site.
    pub fn hosts(&self, listen: Option<SocketAddr>, mistakes: &mut Vec<String>) -> Hosts {
        Hosts::read(self.public_url.as_deref(), listen, &self.task_queue_hosts, mistakes)
    }

    /// Where metrics are to be served.
    pub fn metrics_address(&self, mistakes: &mut Vec<String>) -> Option<SocketAddr> {
        let address = self.metrics_listen.as_deref()?;
        let parsed = address.parse().ok();
        if parsed.is_none() {
            let rule = "it must be an address and a port, such as 127.0.0.1:9100";
            mistakes.push(format!("LECTERN_METRICS_LISTEN is `{address}`; {rule}"));
        }
        parsed
    }

    /// What is wrong with single settings.
    pub fn tell_mistakes(&self, mistakes: &mut Vec<String>) {
        if !matches!(self.code_runner.as_str(), "on" | "off") {
            mistakes.push(format!("LECTERN_CODE_RUNNER is `{}`; it must be on or off", self.code_runner));
        }
        if !matches!(self.registration.as_str(), "on" | "off") {
            mistakes.push(format!("LECTERN_REGISTRATION is `{}`; it must be on or off", self.registration));
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
        for (name, key) in
            [("LECTERN_SECRET_KEY", &self.secret_key), ("LECTERN_SECRET_KEY_PREVIOUS", &self.secret_key_previous)]
        {
            if key.as_deref().is_some_and(|key| key.len() < 32) {
                let rule = "at least 32 characters, for example from `openssl rand -hex 32`";
                mistakes.push(format!("{name} is too short: {rule}"));
            }
        }
        if self.slots == Some(0) {
            mistakes.push("LECTERN_SLOTS is 0; programs need at least one".to_owned());
        }
    }
}
