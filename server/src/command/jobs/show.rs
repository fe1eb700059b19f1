//! `jobs show`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::{instant, text};
use crate::command::{CommandError, Local};

/// Which job.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Its global id, such as job_lejRej
    job: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const SHOW: &str = "query($id: ID!) { node(id: $id) { ... on Job { id kind lane state reason attempt attempts failures losses position \
     estimatedStartAt progress { step done total at } runAt leaseUntil createdAt startedAt finishedAt subjectId supersededById error \
     course { key } events(first: 100) { nodes { at kind details } pageInfo { hasNextPage } } } } }";

/// What is shown, by its name in the schema. What is null is left out.
const LINES: [(&str, &str); 15] = [
    ("kind", "kind"),
    ("lane", "lane"),
    ("state", "state"),
    ("why", "reason"),
    ("about", "subjectId"),
    ("goes before it", "position"),
    ("likely to begin", "estimatedStartAt"),
    ("enqueued", "createdAt"),
    ("begun", "startedAt"),
    ("not before", "runAt"),
    ("leased until", "leaseUntil"),
    ("ended", "finishedAt"),
    ("tries", "attempt"),
    ("failures", "failures"),
    ("losses", "losses"),
];

impl Show {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        let answer = site.ask(SHOW, json!({ "id": self.job })).await?;
        let job = &answer["node"];
        if job["id"].is_null() {
            return Err(CommandError::told(format!("there is no job {}; `lectern jobs list` lists them", self.job)));
        }
        if self.json {
            println!("{job}");
            return Ok(ExitCode::SUCCESS);
        }
        println!("{:<16} {}", "job", text(&job["id"]));
        for (title, field) in LINES.iter().filter(|(_, field)| !job[*field].is_null()) {
            println!("{title:<16} {}", if field.ends_with("At") { instant(&job[*field]) } else { text(&job[*field]) });
        }
        if !job["progress"].is_null() {
            println!("{:<16} {}", "progress", progress(&job["progress"]));
        }
        println!("\nWhat has happened:");
        for event in job["events"]["nodes"].as_array().into_iter().flatten() {
            let details = if event["details"] == json!({}) { String::new() } else { event["details"].to_string() };
            println!("  {}  {:<12} {details}", instant(&event["at"]), text(&event["kind"]));
        }
        if job["events"]["pageInfo"]["hasNextPage"] == true {
            println!("  … (`--json` and the schema's `events(after:)` go on)");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A step in words: `graded (2 of 3)`.
pub(super) fn progress(progress: &Value) -> String {
    let step = text(&progress["step"]);
    match (&progress["done"], &progress["total"]) {
        (Value::Null, _) => step,
        (done, Value::Null) => format!("{step} ({done})"),
        (done, total) => format!("{step} ({done} of {total})"),
    }
}
