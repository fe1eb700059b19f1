//! `jobs retry`, `cancel`, `pause`, `resume` and `drain`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{check_kind, check_lanes, course};
use crate::command::{CommandError, Local, payload};

/// How often it is looked whether a lane is idle.
const LOOK: Duration = Duration::from_millis(500);

/// Which jobs.
#[derive(Debug, Args)]
pub(super) struct Retry {
    /// Their global ids
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    jobs: Vec<String>,
    /// All that are dead, of the lane, kind and course that are given
    #[arg(long)]
    all: bool,
    /// Says what `--all` means: those that are dead
    #[arg(long, requires = "all")]
    dead: bool,
    /// Of this lane
    #[arg(long, requires = "all")]
    lane: Option<String>,
    /// Of this kind
    #[arg(long, requires = "all")]
    kind: Option<String>,
    /// Of the course with this key
    #[arg(long, requires = "all")]
    course: Option<String>,
    /// Only say how many there are
    #[arg(long, requires = "all")]
    dry_run: bool,
}

const RETRY: &str = "mutation($input: RetryJobInput!) { retryJob(input: $input) { job { id } problems { message } } }";
const RETRY_ALL: &str =
    "mutation($input: RetryJobsInput!) { retryJobs(input: $input) { retried skipped more problems { message } } }";
const CANCEL: &str =
    "mutation($input: CancelJobInput!) { cancelJob(input: $input) { job { id state } problems { message } } }";
const PAUSE: &str =
    "mutation($input: PauseLaneInput!) { pauseLane(input: $input) { lane { leased queued } problems { message } } }";
const RESUME: &str =
    "mutation($input: ResumeLaneInput!) { resumeLane(input: $input) { lane { leased queued } problems { message } } }";
const LEASED: &str = "{ lanes { name leased } }";

impl Retry {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        if self.all {
            return self.retry_all(site).await;
        }
        each(&self.jobs, async |job| {
            let answer = site.ask(RETRY, json!({ "input": { "job": job } })).await?;
            payload(&answer, "retryJob").map(|_| "is queued again".to_owned())
        })
        .await
    }

    async fn retry_all(&self, site: &Local) -> Result<ExitCode, CommandError> {
        let course = course(site, self.course.as_deref()).await?;
        let input = json!({ "lane": self.lane, "kind": self.kind, "course": course, "dryRun": self.dry_run });
        let (mut retried, mut skipped) = (0, 0);
        loop {
            let done = payload(&site.ask(RETRY_ALL, json!({ "input": input })).await?, "retryJobs")?;
            retried += done["retried"].as_i64().unwrap_or_default();
            // Those that stay dead are met again each time.
            skipped = done["skipped"].as_i64().unwrap_or_default().max(skipped);
            if retried == 0 && skipped == 0 {
                check_kind(self.kind.as_deref())?;
            }
            if done["more"] != true || self.dry_run || done["retried"] == 0 {
                let more = if done["more"] == true { " or more" } else { "" };
                match self.dry_run {
                    true => println!("{retried}{more} dead jobs would be tried again."),
                    false => println!("{retried} jobs are queued again; {skipped}{more} stay dead."),
                }
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// Does something with each and tells what came of it; fails if any did.
async fn each(
    jobs: &[String],
    mut work: impl AsyncFnMut(&str) -> Result<String, CommandError>,
) -> Result<ExitCode, CommandError> {
    let mut code = ExitCode::SUCCESS;
    for job in jobs {
        match work(job).await {
            Ok(told) => println!("{job} {told}."),
            Err(error) => {
                eprintln!("lectern: {job}: {error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// Which jobs.
#[derive(Debug, Args)]
pub(super) struct Cancel {
    /// Their global ids
    #[arg(required = true)]
    jobs: Vec<String>,
}

impl Cancel {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        each(&self.jobs, async |job| {
            let answer = site.ask(CANCEL, json!({ "input": { "job": job } })).await?;
            let stopped = payload(&answer, "cancelJob")?;
            let cancelled = stopped["job"]["state"] == "CANCELLED";
            Ok(if cancelled { "is cancelled" } else { "is stopped by who works on it" }.to_owned())
        })
        .await
    }
}

/// Which lane, and why.
#[derive(Debug, Args)]
pub(super) struct Pause {
    /// Its name
    lane: String,
    /// Why; everybody whose job waits in it reads this
    #[arg(long, default_value = "")]
    reason: String,
}

impl Pause {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        let lane = pause(site, &self.lane, &self.reason).await?;
        let (leased, queued) = (&lane["leased"], &lane["queued"]);
        println!("The lane {} is paused; {leased} jobs are still worked on, {queued} wait.", self.lane);
        Ok(ExitCode::SUCCESS)
    }
}

async fn pause(site: &Local, lane: &str, reason: &str) -> Result<Value, CommandError> {
    let answer = site.ask(PAUSE, json!({ "input": { "lane": lane, "reason": reason } })).await?;
    Ok(payload(&answer, "pauseLane")?["lane"].clone())
}

/// Which lane.
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// Its name
    lane: String,
}

impl Resume {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        let answer = site.ask(RESUME, json!({ "input": { "lane": self.lane } })).await?;
        let resumed = payload(&answer, "resumeLane")?;
        println!("The lane {} goes on; {} jobs wait.", self.lane, resumed["lane"]["queued"]);
        Ok(ExitCode::SUCCESS)
    }
}

/// Which lanes, and for how long to wait.
#[derive(Debug, Args)]
pub(super) struct Drain {
    /// Their names
    #[arg(required = true)]
    lanes: Vec<String>,
    /// Why; everybody whose job waits in them reads this
    #[arg(long, default_value = "")]
    reason: String,
    /// Give up waiting after so many seconds; the lanes stay paused
    #[arg(long, default_value_t = 600)]
    timeout: u64,
}

impl Drain {
    pub async fn run(&self, site: &Local) -> Result<ExitCode, CommandError> {
        // All or none.
        check_lanes(site, self.lanes.iter().map(String::as_str)).await?;
        for lane in &self.lanes {
            pause(site, lane, &self.reason).await?;
        }
        let until = Instant::now() + Duration::from_secs(self.timeout);
        loop {
            let left = self.leased(site).await?;
            if left == 0 {
                println!("Nothing of {} is worked on; `lectern jobs resume` lets each go on.", self.lanes.join(", "));
                return Ok(ExitCode::SUCCESS);
            }
            if Instant::now() >= until {
                return Err(CommandError::told(format!(
                    "{left} jobs are still worked on after {} s; the lanes stay paused, and what runs goes on",
                    self.timeout
                )));
            }
            sleep(LOOK).await;
        }
    }

    async fn leased(&self, site: &Local) -> Result<i64, CommandError> {
        let answer = site.ask(LEASED, Value::Null).await?;
        let lanes = answer["lanes"].as_array().into_iter().flatten();
        let mine = lanes.filter(|lane| self.lanes.iter().any(|name| lane["name"] == **name));
        Ok(mine.filter_map(|lane| lane["leased"].as_i64()).sum())
    }
}
