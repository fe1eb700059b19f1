//! `jobs`: what waits, why, and what to do about it.
//!
//! Every command asks the site through its schema, as any client does; none works jobs itself.

mod lanes;
mod list;
mod show;
mod steer;
mod table;
mod watch;

use std::process::ExitCode;

use actors::kinds::KINDS;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{CommandError, Local};
use crate::config::Config;

/// Look at jobs and lanes, and steer them.
#[derive(Debug, Args)]
pub(super) struct Jobs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List jobs, the newest first
    List(list::List),
    /// Show one job: where it stands, why, and what has happened to it
    Show(show::Show),
    /// Have jobs tried again that were given up or stopped
    Retry(steer::Retry),
    /// Stop jobs: at once when they wait, soon when they are worked on
    Cancel(steer::Cancel),
    /// Pause a lane: nothing of it is begun until it is resumed
    Pause(steer::Pause),
    /// Resume a lane
    Resume(steer::Resume),
    /// Pause lanes and wait until nothing of them is worked on
    Drain(steer::Drain),
    /// Say how much waits in each lane, and for how long
    Stats(lanes::Stats),
    /// Watch the lanes, or one job until it has ended
    Watch(watch::Watch),
    /// List the processes that serve the site or work its jobs
    Workers(lanes::Workers),
}

impl Jobs {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        let site = Local::reach_to_steer(config).await?;
        let done = match &self.what {
            What::List(list) => list.run(&site).await,
            What::Show(show) => show.run(&site).await,
            What::Retry(retry) => retry.run(&site).await,
            What::Cancel(cancel) => cancel.run(&site).await,
            What::Pause(pause) => pause.run(&site).await,
            What::Resume(resume) => resume.run(&site).await,
            What::Drain(drain) => drain.run(&site).await,
            What::Stats(stats) => stats.run(&site).await,
            What::Watch(watch) => watch.run(&site).await,
            What::Workers(workers) => workers.run(&site).await,
        };
        site.leave().await;
        done
    }
}

/// The global id of the course with that key.
async fn course(site: &Local, key: Option<&str>) -> Result<Value, CommandError> {
    let Some(key) = key else { return Ok(Value::Null) };
    let answer = site.ask("query($key: String!) { course(key: $key) { id } }", json!({ "key": key })).await?;
    match &answer["course"]["id"] {
        Value::Null => {
            let answer = site.ask("{ courses(first: 100) { nodes { key } } }", Value::Null).await?;
            let keys = words(&answer["courses"]["nodes"], "key");
            let there =
                if keys.is_empty() { "there are none yet".to_owned() } else { format!("the courses are {keys}") };
            Err(CommandError::told(format!("there is no course {key}; {there}")))
        }
        id => Ok(id.clone()),
    }
}

/// Refuses a lane that there is not, with those that there are.
async fn check_lanes(site: &Local, lanes: impl IntoIterator<Item = &str>) -> Result<(), CommandError> {
    let answer = site.ask("{ lanes { name } }", Value::Null).await?;
    let there = answer["lanes"].as_array().map_or(&[][..], Vec::as_slice);
    match lanes.into_iter().find(|lane| there.iter().all(|known| known["name"] != **lane)) {
        None => Ok(()),
        Some(lane) => {
            let names = words(&answer["lanes"], "name");
            Err(CommandError::told(format!("there is no lane {lane}; the lanes are {names}")))
        }
    }
}

/// Refuses a kind of jobs that this version does not know, with those that it does. To be asked when nothing was found: jobs that another
/// version has enqueued may be of others.
fn check_kind(kind: Option<&str>) -> Result<(), CommandError> {
    let mut names: Vec<&str> = KINDS.iter().flat_map(|kinds| kinds.iter().map(|kind| kind.name)).collect();
    match kind.filter(|kind| !names.contains(kind)) {
        None => Ok(()),
        Some(kind) => {
            names.sort_unstable();
            Err(CommandError::told(format!("there is no kind {kind}; the kinds are {}", names.join(", "))))
        }
    }
}

/// One field of a list, for a sentence.
fn words(list: &Value, field: &str) -> String {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(|entry| entry[field].as_str()).collect::<Vec<_>>().join(", ")
}

/// A text of an answer; a dash where there is none.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An instant to the second.
fn instant(value: &Value) -> String {
    let text = text(value);
    text.split_once('.').map_or(text.clone(), |(seconds, _)| format!("{}Z", seconds.replace('T', " ")))
}
