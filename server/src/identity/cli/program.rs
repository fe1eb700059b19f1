//! `program`: programs that may ask people to be let in.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use entity::identity::scope::Scope;
use serde_json::{Value, json};

use super::change;
use super::token::scope;
use crate::command::table::{self, instant, text};
use crate::command::{CommandError, Local};
use crate::config::Config;

/// Register, list and remove programs that people let in by OAuth 2.
#[derive(Debug, Args)]
pub struct Program {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Register a program; the secret of one that keeps one is printed this once
    Register {
        /// The name by which it asks, its client_id: 3 to 40 small letters, digits and dashes
        client_id: String,
        /// How people know it
        #[arg(long)]
        name: String,
        /// Where answers may go; may be given more than once
        #[arg(long = "redirect", required = true)]
        redirects: Vec<String>,
        /// What it may ask for at most: email, read, submit, grade, content, roster, admin or all; may be given more than once
        #[arg(long = "scope", required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// It runs on a server and keeps a secret
        #[arg(long)]
        confidential: bool,
    },
    /// List the programs that are registered, beside the ok client
    List {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Take a program away, and end what it was let in to
    Remove {
        /// The name by which it asks
        client_id: String,
    },
}

const REGISTER: &str = "mutation($input: RegisterProgramInput!) { registerProgram(input: $input) { \
     clientSecret problems { message } } }";
const REMOVE: &str =
    "mutation($input: RemoveProgramInput!) { removeProgram(input: $input) { ended problems { message } } }";
const LIST: &str = "query($first: Int, $after: String) { programs(first: $first, after: $after) { \
     pageInfo { endCursor hasNextPage } nodes { clientId name redirects scopes isConfidential createdAt } } }";
const MOST: usize = 1_000;

impl Program {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        match &self.what {
            What::Register { client_id, name, redirects, scopes, confidential } => {
                let scopes: Vec<String> = scopes.iter().map(|scope| scope.word().to_uppercase()).collect();
                let input = json!({
                    "key": client_id, "name": name, "redirects": redirects, "scopes": scopes, "confidential": confidential,
                });
                let made = change(config, REGISTER, input, "registerProgram").await?;
                println!("{}", made["clientSecret"].as_str().unwrap_or("Done."));
            }
            What::List { json } => {
                let site = Local::reach_to_steer(config).await?;
                let listed = table::pages(&site, LIST, json!({}), "/programs", MOST).await;
                site.leave().await;
                print(listed?, *json);
            }
            What::Remove { client_id } => {
                let ended = change(config, REMOVE, json!({ "clientId": client_id }), "removeProgram").await?;
                println!("Done. It was let in {} times.", text(&ended["ended"]));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print(programs: Vec<Value>, json: bool) {
    if json {
        println!("{}", Value::Array(programs));
        return;
    }
    let words =
        |list: &Value| list.as_array().map_or(&[][..], Vec::as_slice).iter().map(text).collect::<Vec<_>>().join(" ");
    let row = |program: &Value| {
        vec![
            text(&program["clientId"]),
            text(&program["name"]),
            words(&program["scopes"]).to_lowercase(),
            instant(&program["createdAt"]),
            words(&program["redirects"]),
        ]
    };
    let rows: Vec<Vec<String>> = programs.iter().map(row).collect();
    table::print(&["CLIENT_ID", "NAME", "SCOPES", "REGISTERED", "ANSWERS GO TO"], &rows);
}
