//! `jobs stats` and `jobs workers`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::{course, instant, table, text};
use crate::command::{CommandError, Local};

/// Of what.
#[derive(Debug, Args)]
pub(super) struct Stats {
    /// Only what is of the course with this key
    #[arg(long)]
    course: Option<String>,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) const LANES: &str = "query($course: ID) { lanes(course: $course) { name paused pausedAt pausedReason pausedBy slots busy queued \
     delayed leased dead begun oldestWaitingSince waitingP50 waitingP99 } }";

impl Stats {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        let course = course(site, self.course.as_deref()).await?;
        let answer = site.ask(LANES, json!({ "course": course })).await?;
        if self.json {
            println!("{}", answer["lanes"]);
            return Ok(ExitCode::SUCCESS);
        }
        let row = |lane: &Value| {
            let busy = format!("{}/{}", text(&lane["busy"]), text(&lane["slots"]));
            let counts = ["queued", "delayed", "leased", "dead", "begun"].map(|name| text(&lane[name]));
            let waits = ["waitingP50", "waitingP99"].map(|name| seconds(&lane[name]));
            let since = instant(&lane["oldestWaitingSince"]);
            [text(&lane["name"]), busy].into_iter().chain(counts).chain(waits).chain([since, state(lane)]).collect()
        };
        let rows: Vec<Vec<String>> = answer["lanes"].as_array().into_iter().flatten().map(row).collect();
        let headings =
            ["LANE", "BUSY", "QUEUED", "LATER", "LEASED", "DEAD", "BEGUN/15M", "P50", "P99", "OLDEST SINCE", "STATE"];
        table::print(&headings, &rows);
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether anybody works the lane, in a few words.
pub(super) fn state(lane: &Value) -> String {
    if lane["paused"] == true {
        let by = lane["pausedBy"].as_str().map(|name| format!(" by {name}")).unwrap_or_default();
        let why = lane["pausedReason"].as_str().filter(|why| !why.is_empty());
        return format!("paused{by}{}", why.map(|why| format!(": {why}")).unwrap_or_default());
    }
    if lane["slots"] == 0 { "nobody works it".to_owned() } else { "works".to_owned() }
}

/// A span that somebody can read.
pub(super) fn seconds(value: &Value) -> String {
    match value.as_f64() {
        None => "-".to_owned(),
        Some(seconds) if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        Some(seconds) if seconds < 120.0 => format!("{seconds:.1} s"),
        Some(seconds) => format!("{:.0} min", seconds / 60.0),
    }
}

/// How to print them.
#[derive(Debug, Args)]
pub(super) struct Workers {
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

const WORKERS: &str =
    "{ workers { name host pid role version startedAt seenAt kinds lanes { name slots busy draining broken } } }";

impl Workers {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        let answer = site.ask(WORKERS, Value::Null).await?;
        if self.json {
            println!("{}", answer["workers"]);
            return Ok(ExitCode::SUCCESS);
        }
        let lane = |lane: &Value| {
            let state = match (&lane["broken"], &lane["draining"]) {
                (Value::String(_), _) => " broken",
                (_, Value::Bool(true)) => " draining",
                _ => "",
            };
            format!("{} {}/{}{state}", text(&lane["name"]), lane["busy"], lane["slots"])
        };
        let row = |worker: &Value| {
            let lanes: Vec<String> = worker["lanes"].as_array().into_iter().flatten().map(lane).collect();
            let words = ["name", "host", "pid", "role", "version"].map(|name| text(&worker[name]));
            let times = [instant(&worker["startedAt"]), instant(&worker["seenAt"])];
            words.into_iter().chain(times).chain([lanes.join(", ")]).collect()
        };
        let rows: Vec<Vec<String>> = answer["workers"].as_array().into_iter().flatten().map(row).collect();
        table::print(&["PROCESS", "HOST", "PID", "ROLE", "VERSION", "STARTED", "HEARD OF", "LANES"], &rows);
        Ok(ExitCode::SUCCESS)
    }
}
