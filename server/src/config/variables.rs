//! The environment: which variables are ours, and what their texts mean.

use std::fs;

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
    "task_queue_hosts",
    "job_retention_days",
    "dead_job_retention_days",
    "job_archive_dir",
];
/// Variables of the prefix that are known but mean nothing to this version, or to tests alone.
const OTHERS: [&str; 3] = ["storage_url", "log", "test_launcher"];

/// A value as its variable is meant: numbers are numbers, everything else is text.
pub(super) fn typed(name: &str, value: &str) -> figment::value::Value {
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
pub(super) fn ours(variables: Vec<(String, String)>, mistakes: &mut Vec<String>) -> Vec<(String, String)> {
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
