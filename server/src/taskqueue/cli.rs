//! `taskqueue`: queues of tasks of other programs, by whoever runs the site.
#![allow(clippy::print_stdout, reason = "this is where the program talks to its user")]

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::command::{CommandError, Local, payload};
use crate::config::Config;

/// Look after the queues of tasks of other programs
#[derive(Debug, Args)]
pub struct TaskQueue {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Set a queue up, also before it has had a task; what is left out stays as it is
    Set {
        /// The project that it belongs to
        project: String,
        /// Its name there
        queue: String,
        /// Leases after which a task is dropped; 0 is never
        #[arg(long)]
        max_leases: Option<i32>,
        /// An address whose tokens may do everything; can be repeated, and is nobody when empty
        #[arg(long)]
        admin: Vec<String>,
        /// An address whose tokens may look, lease and delete; likewise
        #[arg(long)]
        consumer: Vec<String>,
        /// An address whose tokens may put tasks in; likewise
        #[arg(long)]
        producer: Vec<String>,
    },
    /// Have tasks tried again that were dropped after too many leases
    Revive {
        /// The project that the queue belongs to
        project: String,
        /// Its name there
        queue: String,
    },
    /// List the queues with what is in them
    List {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
}

const SET: &str = "mutation($input: SetTaskQueueInput!) { setTaskQueue(input: $input) { set problems { message } } }";
const REVIVE: &str =
    "mutation($input: ReviveTasksInput!) { reviveTasks(input: $input) { revived problems { message } } }";
const LIST: &str = "{ taskQueues { project name maxLeases admins consumers producers tasks free dead leasedLastMinute \
     leasedLastHour } }";

impl TaskQueue {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        let local = Local::reach(config).await?;
        let done = self.ask(&local).await;
        local.leave().await;
        done?;
        Ok(ExitCode::SUCCESS)
    }

    async fn ask(&self, local: &Local) -> Result<(), CommandError> {
        match &self.what {
            What::Set { project, queue, max_leases, admin, consumer, producer } => {
                let input = json!({ "project": project, "name": queue, "maxLeases": max_leases,
                    "admins": list(admin), "consumers": list(consumer), "producers": list(producer) });
                let answer = local.ask(SET, json!({ "input": input })).await?;
                payload(&answer, "setTaskQueue")?;
                println!("Done.");
            }
            What::Revive { project, queue } => println!("{} are back.", revive(local, project, queue).await?),
            What::List { json } => {
                let answer = local.ask(LIST, json!({})).await?;
                if *json {
                    println!("{}", answer["taskQueues"]);
                } else {
                    print_table(&answer["taskQueues"]);
                }
            }
        }
        Ok(())
    }
}

/// All that were dropped, in parts; how many.
async fn revive(local: &Local, project: &str, queue: &str) -> Result<i64, CommandError> {
    let mut all = 0;
    loop {
        let answer = local.ask(REVIVE, json!({ "input": { "project": project, "name": queue } })).await?;
        match payload(&answer, "reviveTasks")?["revived"].as_i64() {
            Some(some) if some > 0 => all += some,
            _ => return Ok(all),
        }
    }
}

/// A list as it is to be; none if nothing is said about it. An empty address empties it.
fn list(emails: &[String]) -> Value {
    let named: Vec<&String> = emails.iter().filter(|email| !email.is_empty()).collect();
    if emails.is_empty() { Value::Null } else { json!(named) }
}

fn print_table(queues: &Value) {
    let queues = queues.as_array().map(Vec::as_slice).unwrap_or_default();
    if queues.is_empty() {
        println!("There are no queues. They come into being with their first task, or by `lectern taskqueue set`.");
        return;
    }
    println!("{:<30} {:>9} {:>9} {:>9} {:>12} {:>11}", "QUEUE", "TASKS", "FREE", "DEAD", "LEASED 1 h", "MAX LEASES");
    for queue in queues {
        let name = format!("{}/{}", text(&queue["project"]), text(&queue["name"]));
        let [tasks, free, dead, leased, most] =
            ["tasks", "free", "dead", "leasedLastHour", "maxLeases"].map(|field| queue[field].to_string());
        println!("{name:<30} {tasks:>9} {free:>9} {dead:>9} {leased:>12} {most:>11}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
