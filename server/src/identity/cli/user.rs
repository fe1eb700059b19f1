//! `user`: accounts and rosters.

use std::io::{self, BufRead};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::change;
use crate::command::{CommandError, RoleKind};
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
    /// Make an account that its owner makes theirs by a letter; to somebody who was invited before, a new letter
    Invite {
        /// The address to sign in with, to which the letter goes
        email: String,
        /// The name that others see; they may choose another
        #[arg(long)]
        name: String,
    },
    /// Close an account: its sign-ins and tokens end, and nobody can come in by it
    Disable {
        /// The address of the account
        email: String,
    },
    /// Open an account again
    Enable {
        /// The address of the account
        email: String,
    },
    /// Make somebody one who runs the site
    Promote {
        /// The address of the account
        email: String,
    },
    /// Have somebody run the site no more
    Demote {
        /// The address of the account
        email: String,
    },
    /// Send the owner of an account a letter with which they choose a new password
    Reset {
        /// The address of the account
        email: String,
    },
    /// Put somebody on the roster of a course
    Enroll {
        /// The address of the account
        email: String,
        /// The key of the course
        course: String,
        /// As what
        #[arg(long, value_enum, default_value = "student")]
        role: RoleKind,
    },
}

const CREATE: &str =
    "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id email } problems { message } } }";
const INVITE: &str =
    "mutation($input: InviteUserInput!) { inviteUser(input: $input) { user { id } problems { message } } }";
const DISABLE: &str =
    "mutation($input: DisableUserInput!) { disableUser(input: $input) { user { id } problems { message } } }";
const ADMIN: &str = "mutation($input: SetAdminInput!) { setAdmin(input: $input) { user { id } problems { message } } }";
const RESET: &str =
    "mutation($input: SendNewPasswordInput!) { sendNewPassword(input: $input) { user { id } problems { message } } }";
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
            What::Invite { email, name } => (INVITE, json!({ "email": email, "name": name }), "inviteUser"),
            What::Disable { email } => (DISABLE, json!({ "email": email, "disabled": true }), "disableUser"),
            What::Enable { email } => (DISABLE, json!({ "email": email, "disabled": false }), "disableUser"),
            What::Promote { email } => (ADMIN, json!({ "email": email, "admin": true }), "setAdmin"),
            What::Demote { email } => (ADMIN, json!({ "email": email, "admin": false }), "setAdmin"),
            What::Reset { email } => (RESET, json!({ "email": email }), "sendNewPassword"),
            What::Enroll { email, course, role } => {
                (ENROLL, json!({ "email": email, "course": course, "role": role.in_schema() }), "enroll")
            }
        };
        change(config, query, input, mutation).await?;
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
