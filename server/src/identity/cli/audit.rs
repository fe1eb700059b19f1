//! `audit`: who has changed what about rights, memberships, grades and deadlines.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::command::table::{self, instant, text};
use crate::command::{CommandError, Local, course};
use crate::config::Config;

/// Say who has changed what about rights, memberships, grades and deadlines, the newest first.
#[derive(Debug, Args)]
pub struct Audit {
    /// Only what is about the account with this address
    #[arg(long)]
    user: Option<String>,
    /// Only what the owner of the account with this address did
    #[arg(long)]
    actor: Option<String>,
    /// Only what holds in the course with this key
    #[arg(long)]
    course: Option<String>,
    /// Only this action, such as enrollment.role_changed, or all that begin so, such as enrollment.
    #[arg(long)]
    action: Option<String>,
    /// Only from then on, such as 2026-11-20T15:30:00Z
    #[arg(long)]
    since: Option<String>,
    /// Only before
    #[arg(long)]
    until: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

const LIST: &str = "query($filter: AuditFilter, $first: Int, $after: String) { auditLog(filter: $filter, first: $first, after: $after) { \
     pageInfo { endCursor hasNextPage } nodes { id at action actor { id email } user { id email } courseId details } } }";

impl Audit {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        let site = Local::reach_to_steer(config).await?;
        let found = self.find(&site).await;
        site.leave().await;
        let entries = found?;
        if self.json {
            println!("{}", Value::Array(entries));
            return Ok(ExitCode::SUCCESS);
        }
        let row = |entry: &Value| {
            let people = ["actor", "user"].map(|who| text(&entry[who]["email"]));
            let [actor, user] = people;
            vec![
                instant(&entry["at"]),
                text(&entry["action"]),
                actor,
                user,
                text(&entry["courseId"]),
                text(&entry["details"]),
            ]
        };
        let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
        table::print(&["AT", "ACTION", "BY", "ABOUT", "COURSE", "DETAILS"], &rows);
        Ok(ExitCode::SUCCESS)
    }

    async fn find(&self, site: &Local) -> Result<Vec<Value>, CommandError> {
        let filter = json!({
            "user": person(site, self.user.as_deref()).await?,
            "actor": person(site, self.actor.as_deref()).await?,
            "course": course(site, self.course.as_deref()).await?,
            "action": self.action,
            "sinceAt": self.since,
            "beforeAt": self.until,
        });
        table::pages(site, LIST, json!({ "filter": filter }), "/auditLog", self.limit as usize).await
    }
}

/// The global id of the owner of an account.
async fn person(site: &Local, email: Option<&str>) -> Result<Value, CommandError> {
    let Some(email) = email else { return Ok(Value::Null) };
    let answer = site.ask("query($email: String!) { user(email: $email) { id } }", json!({ "email": email })).await?;
    match &answer["user"]["id"] {
        Value::Null => Err(CommandError::told(format!("there is no account for {email}"))),
        id => Ok(id.clone()),
    }
}
