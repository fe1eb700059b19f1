//! `sync`: from the content folder to the students, by whoever runs the site; and `check`, by whoever writes it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program talks to its user")]

mod check;
mod sarif;
mod shown;
mod source;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::command::{CommandError, Local};
use crate::config::Config;

pub use check::Check;

/// Synchronise missions from the content folder; everything when no number is given.
#[derive(Debug, Args)]
pub struct Sync {
    /// Numbers of missions
    missions: Vec<u32>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const SYNC: &str = "mutation($missions: [Int!]) { syncContent(input: {missions: $missions}) { \
     jobs { subject job { id } } unchanged diagnostics { severity text } problems { message } } }";
const CHECK: &str = "query($subject: String!) { contentCheck(subject: $subject) { outcome \
     diagnostics { rule severity file cell screen line message hint text } } }";

impl Sync {
    /// Synchronises and waits. The status is 1 when there are errors.
    ///
    /// # Errors
    /// When the site cannot be reached, or a mission is unknown.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        if !config.content_dir.is_dir() {
            let folder = config.content_dir.display();
            return Err(CommandError::told(format!(
                "{folder} is not a folder; name the content folder by LECTERN_CONTENT_DIR"
            )));
        }
        let local = Local::reach(config).await?;
        let synced = self.sync(&local).await;
        local.leave().await;
        synced
    }

    async fn sync(&self, local: &Local) -> Result<ExitCode, CommandError> {
        let answer = local.ask(SYNC, json!({ "missions": self.missions })).await?;
        let payload = crate::command::payload(&answer, "syncContent")?;
        let mut failed = report_diagnostics(&payload["diagnostics"], self.json);
        let mut reports = Vec::new();
        for subject in payload["unchanged"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !self.json {
                println!("{subject:<28} unchanged");
            }
            reports.push(json!({ "subject": subject, "state": "DONE", "outcome": "UNCHANGED", "diagnostics": [] }));
        }
        for target in payload["jobs"].as_array().into_iter().flatten() {
            let report = self.wait(local, target).await?;
            failed |= report["outcome"] == "FAILED" || report["state"] != "DONE";
            reports.push(report);
        }
        if self.json {
            println!("{}", json!({ "diagnostics": payload["diagnostics"], "synced": reports }));
        }
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    async fn wait(&self, local: &Local, target: &Value) -> Result<Value, CommandError> {
        let subject = target["subject"].as_str().unwrap_or_default();
        let job = target["job"]["id"].as_str().unwrap_or_default();
        let state = local.follow(job, |event| self.tell(subject, event)).await?;
        let check = local.ask(CHECK, json!({ "subject": subject })).await?["contentCheck"].clone();
        if !self.json {
            let outcome = if state == "DONE" { &check["outcome"] } else { &Value::Null };
            println!("{subject:<28} {}", outcome.as_str().unwrap_or(&state).to_lowercase());
            report_diagnostics(&check["diagnostics"], false);
        }
        Ok(
            json!({ "subject": subject, "state": state, "outcome": check["outcome"], "diagnostics": check["diagnostics"] }),
        )
    }

    /// Tells how far it is, to whoever waits for it in front of a terminal.
    fn tell(&self, subject: &str, event: &Value) {
        if !self.json && event["kind"] == "ran" && io::stderr().is_terminal() {
            eprint!("\r{subject:<28} ran screen {} of {} \r", event["details"]["screen"], event["details"]["of"]);
        }
    }
}

/// Prints diagnostics; whether one of them is an error.
fn report_diagnostics(diagnostics: &Value, quiet: bool) -> bool {
    let diagnostics: Vec<&Value> = diagnostics.as_array().into_iter().flatten().collect();
    if !quiet {
        diagnostics.iter().for_each(|diagnostic| println!("  {}", diagnostic["text"].as_str().unwrap_or_default()));
    }
    diagnostics.iter().any(|diagnostic| diagnostic["severity"] == "ERROR")
}
