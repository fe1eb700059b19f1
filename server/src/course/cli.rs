//! `role`: what roles allow, and who has which.
#![allow(clippy::print_stdout, reason = "this is where the program talks to its user")]

pub mod roster;

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use entity::viewer::Permission;
use serde_json::{Value, json};

use crate::command::table::{self, text};
use crate::command::{CommandError, Local, RoleKind, payload};
use crate::config::Config;

/// Look at roles, say what they allow, and give them.
#[derive(Debug, Args)]
pub struct Role {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the roles of a course, and what they allow
    List {
        /// The key of the course
        course: String,
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Make a role of a course, or say what a role allows
    Set {
        /// The word for it, such as head_ta; the word of a kind, such as grader, says what that kind allows
        key: String,
        /// The key of the course; without one, for all courses that say nothing else
        #[arg(long)]
        course: Option<String>,
        /// How people know it
        #[arg(long)]
        name: String,
        /// As what somebody takes part who has it
        #[arg(long, value_enum)]
        kind: RoleKind,
        /// What it allows: attend, preview, review_work, grade, grant_extensions, manage_content, see_roster, manage_roster, manage_roles or
        /// see_audit; may be given more than once
        #[arg(long = "allow", required = true, value_parser = permission)]
        permissions: Vec<Permission>,
    },
    /// Take back what a course, or the site, says about a role; who has it is left with its kind
    Unset {
        /// The word for it
        key: String,
        /// The key of the course; without one, the site
        #[arg(long)]
        course: Option<String>,
    },
    /// Give somebody a role in a course
    Give {
        /// The address of the account
        email: String,
        /// The key of the course
        course: String,
        /// The word for the role
        role: String,
    },
    /// Take somebody off the roster of a course
    Remove {
        /// The address of the account
        email: String,
        /// The key of the course
        course: String,
    },
    /// Make a course somebody's, who may everything in it then
    Owner {
        /// The key of the course
        course: String,
        /// The address of whose it will be
        email: String,
    },
}

fn permission(word: &str) -> Result<Permission, String> {
    Permission::read(word)
        .ok_or_else(|| format!("the permissions are {}", Permission::ALL.map(Permission::word).join(", ")))
}

const LIST: &str = "query($course: String!) { course(key: $course) { roles { key name kind permissions } } }";
const SET: &str = "mutation($input: SetRoleInput!) { setRole(input: $input) { problems { message } } }";
const UNSET: &str = "mutation($input: RemoveRoleInput!) { removeRole(input: $input) { people problems { message } } }";
const ENROLL: &str = "mutation($input: EnrollInput!) { enroll(input: $input) { problems { message } } }";
const REMOVE: &str = "mutation($input: UnenrollInput!) { unenroll(input: $input) { removed problems { message } } }";
const OWNER: &str = "mutation($input: TransferCourseInput!) { transferCourse(input: $input) { problems { message } } }";

impl Role {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        let site = Local::reach_to_steer(config).await?;
        let done = self.ask(&site).await;
        site.leave().await;
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn ask(&self, site: &Local) -> Result<(), CommandError> {
        let (query, input, mutation) = match &self.what {
            What::List { course, json } => return list(site, course, *json).await,
            What::Set { key, course, name, kind, permissions } => {
                let permissions: Vec<String> = permissions.iter().map(|one| one.word().to_uppercase()).collect();
                let input = json!({
                    "key": key, "course": course, "name": name, "kind": kind.in_schema(), "permissions": permissions,
                });
                (SET, input, "setRole")
            }
            What::Unset { key, course } => (UNSET, json!({ "key": key, "course": course }), "removeRole"),
            What::Give { email, course, role } => {
                let mut kinds = RoleKind::value_variants().iter().map(|kind| kind.in_schema());
                let kind = kinds.find(|kind| kind.to_lowercase() == *role);
                let own = if kind.is_some() { Value::Null } else { json!(role) };
                let kind = kind.unwrap_or("STUDENT");
                (ENROLL, json!({ "email": email, "course": course, "role": kind, "roleKey": own }), "enroll")
            }
            What::Remove { email, course } => (REMOVE, json!({ "email": email, "course": course }), "unenroll"),
            What::Owner { course, email } => (OWNER, json!({ "course": course, "email": email }), "transferCourse"),
        };
        let answer = site.ask(query, json!({ "input": input })).await?;
        let done = payload(&answer, mutation)?;
        println!("{}", if done["removed"] == false { "They were not on it." } else { "Done." });
        Ok(())
    }
}

async fn list(site: &Local, course: &str, json: bool) -> Result<(), CommandError> {
    // An unknown course is told with those that there are.
    crate::command::course(site, Some(course)).await?;
    let mut answer = site.ask(LIST, json!({ "course": course })).await?;
    let roles = answer["course"]["roles"].take();
    if json {
        println!("{roles}");
        return Ok(());
    }
    let row = |role: &Value| {
        let list = role["permissions"].as_array().map_or(&[][..], Vec::as_slice);
        let allows = list.iter().map(text).collect::<Vec<_>>().join(" ").to_lowercase();
        vec![text(&role["key"]), text(&role["kind"]).to_lowercase(), text(&role["name"]), allows]
    };
    let rows: Vec<Vec<String>> = roles.as_array().map_or(&[][..], Vec::as_slice).iter().map(row).collect();
    table::print(&["ROLE", "KIND", "NAME", "ALLOWS"], &rows);
    Ok(())
}
