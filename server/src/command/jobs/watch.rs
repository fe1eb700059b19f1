//! `jobs watch`: the lanes as they go, or one job until it has ended.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::lanes::{LANES, seconds, state};
use super::show::progress;
use super::{course, text};
use crate::command::{CommandError, Local};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Characters of a bar.
const BAR: usize = 20;

/// What to watch.
#[derive(Debug, Args)]
pub(super) struct Watch {
    /// The global id of a job; the lanes when there is none
    job: Option<String>,
    /// Of the lanes, only what is of the course with this key
    #[arg(long, conflicts_with = "job")]
    course: Option<String>,
    /// End when nothing that is due waits or is worked on any more; what is tried again later is not due
    #[arg(long, conflicts_with = "job")]
    until_idle: bool,
    /// Print one line of JSON for each change
    #[arg(long)]
    json: bool,
}

const JOB: &str = "query($id: ID!) { node(id: $id) { ... on Job { id kind state reason position estimatedStartAt \
     progress { step done total } } } }";

impl Watch {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        match &self.job {
            Some(job) => self.one(site, job).await,
            None => self.lanes(site).await,
        }
    }

    async fn one(&self, site: &Local, id: &str) -> Result<ExitCode, CommandError> {
        let mut last = Value::Null;
        loop {
            let mut answer = site.ask(JOB, json!({ "id": id })).await?;
            let job = answer["node"].take();
            if job["id"].is_null() {
                return Err(CommandError::told(format!("there is no job {id}; `lectern jobs list` lists them")));
            }
            if job != last {
                if self.json { println!("{job}") } else { println!("{}", line_of_job(&job)) }
            }
            match job["state"].as_str() {
                Some("DONE") => return Ok(ExitCode::SUCCESS),
                Some("DEAD" | "CANCELLED") => return Ok(ExitCode::FAILURE),
                _ => {}
            }
            last = job;
            tokio::time::sleep(LOOK / 5).await;
        }
    }

    async fn lanes(&self, site: &Local) -> Result<ExitCode, CommandError> {
        let course = course(site, self.course.as_deref()).await?;
        let screen = io::stdout().is_terminal() && !self.json;
        let (mut most, mut last, mut drawn) = (BTreeMap::new(), Value::Null, 0);
        loop {
            let mut answer = site.ask(LANES, json!({ "course": course })).await?;
            let lanes = answer["lanes"].take();
            if lanes != last {
                if self.json {
                    println!("{lanes}");
                } else {
                    if screen && drawn > 0 {
                        // Up again, to write over what is there.
                        print!("\x1b[{drawn}A");
                    }
                    let rows = lanes.as_array().map_or(&[][..], Vec::as_slice);
                    for lane in rows {
                        println!("{}{}", line_of_lane(lane, &mut most), if screen { "\x1b[K" } else { "" });
                    }
                    drawn = rows.len();
                }
                let _ = io::stdout().flush();
            }
            let left: i64 = lanes.as_array().into_iter().flatten().map(left).sum();
            if self.until_idle && left == 0 {
                return Ok(ExitCode::SUCCESS);
            }
            last = lanes;
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn line_of_job(job: &Value) -> String {
    let (state, reason) = (text(&job["state"]).to_lowercase(), text(&job["reason"]));
    let progress = match (&job["progress"], job["progress"]["done"].as_i64(), job["progress"]["total"].as_i64()) {
        (Value::Null, ..) => String::new(),
        (step, Some(done), Some(total)) if total > 0 => format!("  {} {}", bar(done, total), progress(step)),
        (step, ..) => format!("  {}", progress(step)),
    };
    let ahead = job["position"].as_i64().map(|ahead| format!(" ({ahead} go before it)")).unwrap_or_default();
    format!("{state:<9}{progress}  {reason}{ahead}")
}

/// What is still to be done in a lane.
fn left(lane: &Value) -> i64 {
    ["queued", "leased"].iter().filter_map(|name| lane[*name].as_i64()).sum()
}

/// A lane with a bar of how much is done of the most that there was to do while somebody watched.
fn line_of_lane(lane: &Value, most: &mut BTreeMap<String, i64>) -> String {
    let left = left(lane);
    let most = most.entry(text(&lane["name"])).or_default();
    *most = left.max(*most);
    // When all is done, what comes next is measured anew.
    let bar = bar(*most - left, *most);
    if left == 0 {
        *most = 0;
    }
    format!(
        "{:<14} {bar} {:>7} queued {:>5} leased {:>5} dead  p50 {:>8}  p99 {:>8}  {}",
        text(&lane["name"]),
        text(&lane["queued"]),
        text(&lane["leased"]),
        text(&lane["dead"]),
        seconds(&lane["waitingP50"]),
        seconds(&lane["waitingP99"]),
        state(lane)
    )
}

fn bar(done: i64, total: i64) -> String {
    let full = match usize::try_from(done * BAR as i64 / total.max(1)) {
        Ok(full) if total > 0 => full.min(BAR),
        _ => BAR,
    };
    format!("[{}{}]", "#".repeat(full), ".".repeat(BAR - full))
}

#[cfg(test)]
mod tests {
    use super::{bar, line_of_lane};

    #[test]
    fn a_bar_is_full_when_all_is_done() {
        assert_eq!(bar(0, 4), "[....................]");
        assert_eq!(bar(1, 4), "[#####...............]");
        assert_eq!(bar(4, 4), "[####################]");
        assert_eq!(bar(0, 0), "[####################]");
    }

    #[test]
    fn the_bar_of_a_lane_counts_from_the_most_that_was_seen() {
        let lane = |queued| serde_json::json!({ "name": "mail", "queued": queued, "leased": 0, "dead": 0, "slots": 1 });
        let mut most = std::collections::BTreeMap::new();
        assert!(line_of_lane(&lane(10), &mut most).contains("[....................]"));
        assert!(line_of_lane(&lane(5), &mut most).contains("[##########..........]"));
        assert!(line_of_lane(&lane(0), &mut most).contains("[####################]"));
        assert!(line_of_lane(&lane(3), &mut most).contains("[....................]"));
    }
}
