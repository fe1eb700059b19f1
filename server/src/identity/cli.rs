//! `user`: accounts and rosters, by whoever runs the site.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program talks to its user")]

use std::io::{self, BufRead};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::command::{CommandError, Local, payload};
use crate::config::Config;

/// Make accounts and rosters.
#[derive(Debug, Args)]
pub struct User {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make an account; its password is read from standard input, one line
    Create {
        /// The address to sign in with
        email: String,
        /// The name that others see
        #[arg(long)]
        name: String,
        /// They run the site
        #[arg(long)]
        admin: bool,
    },
    /// Put somebody on the roster of a course
    Enroll {
        /// The address of the account
        email: String,
        /// The key of the course
        course: String,
        /// As what
        #[arg(long, value_enum, default_value = "student")]
        role: RoleName,
    },
}

/// A role in a course.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    Student,
    LabAssistant,
    Grader,
    TeachingAssistant,
    Instructor,
}

impl RoleName {
    fn in_schema(self) -> &'static str {
        match self {
            Self::Student => "STUDENT",
            Self::LabAssistant => "LAB_ASSISTANT",
            Self::Grader => "GRADER",
            Self::TeachingAssistant => "TEACHING_ASSISTANT",
            Self::Instructor => "INSTRUCTOR",
        }
    }
}

const CREATE: &str =
    "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id email } problems { message } } }";
const ENROLL: &str = "mutation($input: EnrollInput!) { enroll(input: $input) { enrolled problems { message } } }";

impl User {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        let (query, input, mutation) = match &self.what {
            What::Create { email, name, admin } => {
                let input = json!({ "email": email, "name": name, "password": password()?, "admin": admin });
                (CREATE, input, "createUser")
            }
            What::Enroll { email, course, role } => {
                (ENROLL, json!({ "email": email, "course": course, "role": role.in_schema() }), "enroll")
            }
        };
        let local = Local::reach(config).await?;
        let done = local.ask(query, json!({ "input": input })).await.and_then(|answer| payload(&answer, mutation));
        local.leave().await;
        done?;
        println!("Done.");
        Ok(ExitCode::SUCCESS)
    }
}

/// The password from standard input: an argument would be seen by everybody on the machine.
fn password() -> Result<String, CommandError> {
    eprintln!("Password (one line on standard input):");
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| CommandError::told(format!("the password cannot be read: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
