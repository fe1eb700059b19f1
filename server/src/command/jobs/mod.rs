//! `jobs`: what waits, why, and what to do about it.
//!
//! Every command asks the site through its schema, as any client does; none works jobs itself.

mod lanes;
mod list;
mod show;
mod steer;
mod watch;

use std::process::ExitCode;

use actors::kinds::KINDS;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::table::{instant, text, words};
use super::{CommandError, Local, course, table};
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
