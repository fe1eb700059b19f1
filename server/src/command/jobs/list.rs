//! `jobs list`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{check_kind, check_lanes, course, instant, table, text};
use crate::command::{CommandError, Local};

/// Which jobs.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those in this state; may be given more than once
    #[arg(long, value_enum)]
    state: Vec<State>,
    /// Only those of this kind, such as mail.deliver
    #[arg(long)]
    kind: Option<String>,
    /// Only those of this lane
    #[arg(long)]
    lane: Option<String>,
    /// Only those of the course with this key
    #[arg(long)]
    course: Option<String>,
    /// Only those that this person caused, by global id
    #[arg(long)]
    requester: Option<String>,
    /// Only those about this, by global id
    #[arg(long)]
    subject: Option<String>,
    /// Only those enqueued then or later, such as 2026-11-20T15:30:00Z
    #[arg(long)]
    since: Option<String>,
    /// Only those enqueued before
    #[arg(long)]
    until: Option<String>,
    /// The oldest first
    #[arg(long)]
    oldest_first: bool,
    /// At most so many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

/// A state of a job.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Queued,
    Leased,
    Done,
    Dead,
    Cancelled,
}

impl State {
    fn in_schema(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Leased => "LEASED",
            Self::Done => "DONE",
            Self::Dead => "DEAD",
            Self::Cancelled => "CANCELLED",
        }
    }
}

const LIST: &str = "query($filter: JobFilter, $first: Int, $after: String, $newest: Boolean!) { \
     jobs(filter: $filter, first: $first, after: $after, newestFirst: $newest) { pageInfo { endCursor hasNextPage } nodes { \
     id kind lane state attempt createdAt startedAt finishedAt subjectId reason } } }";

impl List {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        let filter = self.filter(site).await?;
        let variables = json!({ "filter": filter, "newest": !self.oldest_first });
        let jobs = table::pages(site, LIST, variables, "/jobs", self.limit as usize).await?;
        if jobs.is_empty() {
            check_lanes(site, self.lane.as_deref()).await?;
            check_kind(self.kind.as_deref())?;
        }
        if self.json {
            println!("{}", Value::Array(jobs));
            return Ok(ExitCode::SUCCESS);
        }
        let row = |job: &Value| {
            let state = text(&job["state"]).to_lowercase();
            let words = [&job["id"], &job["kind"], &job["lane"]].map(text);
            let when =
                [text(&job["attempt"]), instant(&job["createdAt"]), text(&job["subjectId"]), text(&job["reason"])];
            words.into_iter().chain([state]).chain(when).collect()
        };
        let rows: Vec<Vec<String>> = jobs.iter().map(row).collect();
        table::print(&["JOB", "KIND", "LANE", "STATE", "TRIES", "ENQUEUED", "ABOUT", "WHY"], &rows);
        Ok(ExitCode::SUCCESS)
    }

    async fn filter(&self, site: &Local) -> Result<Value, CommandError> {
        let states: Vec<&str> = self.state.iter().map(|state| state.in_schema()).collect();
        Ok(json!({
            "states": if states.is_empty() { Value::Null } else { json!(states) },
            "kind": self.kind,
            "lane": self.lane,
            "course": course(site, self.course.as_deref()).await?,
            "requester": self.requester,
            "subject": self.subject,
            "createdFrom": self.since,
            "createdBefore": self.until,
        }))
    }
}
