//! The environment: which variables are ours, and what their texts mean.

use std::fs;

use figment::value::Value;

/// How our variables begin.
const PREFIX: &str = "LECTERN_";

/// The names of all variables, without their prefix.
const NAMES: &[&str] = &[
    "listen",
    "public_url",
    "database_url",
    "data_dir",
    "secret_key",
    "secret_key_previous",
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
    "registration",
    "oidc_issuer",
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_name",
    "oidc_accounts",
    "oidc_addresses",
    "code_runner",
    "code_runner_per_address",
    "task_queue",
    "task_queue_tokens",
    "task_queue_hosts",
    "graphql_documents",
    "graphql_policy",
    "job_retention_days",
    "dead_job_retention_days",
    "job_archive_dir",
    "copy_to_url",
    "budget_per_user",
    "budget_per_session",
    "budget_per_address",
    "query_seconds",
    "introspection",
    "sentry_dsn",
    "otel_exporter_otlp_endpoint",
    "otel_exporter_otlp_protocol",
    "otel_service_name",
];
/// Variables that are not ours alone, and have no prefix: others read them too.
const STANDARD: [&str; 4] =
    ["SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_SERVICE_NAME"];
/// A slip of the pen that is found in old descriptions: it means `SENTRY_DSN`.
const SENTRY_DNS: &str = "SENTRY_DNS";
/// Variables of the prefix that are known but mean nothing to this version, or to tests alone.
const OTHERS: [&str; 5] = ["storage_url", "log", "test_launcher", "url", "token_file"];

/// Those whose values are whole numbers.
const NUMBERS: [&str; 9] = [
    "slots",
    "lease_seconds",
    "code_runner_per_address",
    "job_retention_days",
    "dead_job_retention_days",
    "budget_per_user",
    "budget_per_session",
    "budget_per_address",
    "query_seconds",
];

/// Whether a setting of this name is a whole number.
pub(super) fn is_number(name: &str) -> bool {
    NUMBERS.contains(&name)
}

/// Whether there is a setting of this name.
pub(super) fn is_known(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The known name that is like it, as a question at the end of a sentence; nothing when none is.
pub(super) fn meant(name: &str, written: impl Fn(&str) -> String) -> String {
    let near = actors::content::format::nearest(name, NAMES.iter().copied());
    near.map(|near| format!("; did you mean {}?", written(near))).unwrap_or_default()
}

/// A value as its variable is meant: numbers are numbers, everything else is text.
pub(super) fn typed(name: &str, value: &str) -> Value {
    match value.parse::<u64>() {
        Ok(number) if is_number(name) => Value::from(number),
        _ => Value::from(value),
    }
}

/// The variables of this process, whatever bytes the others hold.
pub(super) fn of_process(mistakes: &mut Vec<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (variable, value) in std::env::vars_os() {
        let Some(variable) = variable.to_str().filter(|variable| is_ours(variable)) else { continue };
        match value.into_string() {
            Ok(value) => found.push((variable.to_owned(), value)),
            Err(_) => mistakes.push(format!("{variable} is not text in UTF-8")),
        }
    }
    found
}

fn is_ours(variable: &str) -> bool {
    variable.starts_with(PREFIX) || standard(variable).is_some()
}

/// The name of the setting that a variable without our prefix stands for.
fn standard(variable: &str) -> Option<String> {
    let variable = variable.replacen(SENTRY_DNS, "SENTRY_DSN", 1);
    let known = STANDARD.contains(&variable.strip_suffix("_FILE").unwrap_or(&variable));
    known.then(|| variable.to_lowercase())
}

/// Whether the variable is the slip of the pen; the right one wins over it.
pub(super) fn is_slip(variable: &str) -> bool {
    variable.starts_with(SENTRY_DNS)
}

/// The variables with our prefix, those of files read.
pub(super) fn ours(variables: Vec<(String, String)>, mistakes: &mut Vec<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (slips, right): (Vec<_>, Vec<_>) = variables.into_iter().partition(|(variable, _)| is_slip(variable));
    for (variable, value) in slips.into_iter().chain(right) {
        let prefixed = variable.strip_prefix(PREFIX).map(str::to_lowercase);
        let Some(name) = prefixed.or_else(|| standard(&variable)) else { continue };
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
            let meant = meant(&name, |near| format!("{PREFIX}{}", near.to_uppercase()));
            mistakes.push(format!("{variable} is not a setting{meant}"));
        }
    }
    found
}
