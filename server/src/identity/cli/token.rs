//! `token`: what scripts carry.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use entity::identity::scope::Scope;
use serde_json::{Value, json};

use super::change;
use crate::command::table::{self, instant, text};
use crate::command::{CommandError, Local};
use crate::config::Config;

/// Make, list and revoke tokens for scripts.
#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token and print it; it is shown this once
    Create {
        /// The address of the account whose token it is
        #[arg(long)]
        user: String,
        /// What it may be used for: email, read, submit, grade, content, roster, admin or all; may be given more than once
        #[arg(long = "scope", required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// The key of a course that it is limited to; may be given more than once
        #[arg(long = "course")]
        courses: Vec<String>,
        /// After how many days it ends, 1 to 366
        #[arg(long, default_value_t = 90)]
        days: i32,
        /// How its owner will know it
        #[arg(long, default_value = "made on the command line")]
        name: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List the sign-ins and tokens of an account that are good
    List {
        /// The address of the account
        #[arg(long)]
        user: String,
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// End a token, or a sign-in
    Revoke {
        /// Its id, as `token list` shows it
        session: String,
    },
}

pub(super) fn scope(word: &str) -> Result<Scope, String> {
    let all = Scope::ALL.map(Scope::word).join(", ");
    Scope::ALL.into_iter().find(|scope| scope.word() == word).ok_or_else(|| format!("the scopes are {all}"))
}

const CREATE: &str = "mutation($input: CreateTokenInput!) { createToken(input: $input) { \
     token session { id expiresAt } problems { message } } }";
const LIST: &str = "query($email: String!, $first: Int, $after: String) { user(email: $email) { \
     sessions(first: $first, after: $after) { pageInfo { endCursor hasNextPage } nodes { \
     id kind name scopes courses { key } createdAt lastUsedAt expiresAt } } } }";
const REVOKE: &str = "mutation($input: EndSessionInput!) { endSession(input: $input) { problems { message } } }";
const MOST: usize = 1_000;

impl Token {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        match &self.what {
            What::Create { user, scopes, courses, days, name, json } => {
                let site = Local::reach(config).await?;
                let made = create(&site, user, scopes, courses, *days, name).await;
                site.leave().await;
                let made = made?;
                let text = if *json { made.to_string() } else { text(&made["token"]) };
                println!("{text}");
            }
            What::List { user, json } => {
                let site = Local::reach_to_steer(config).await?;
                let listed = table::pages(&site, LIST, json!({ "email": user }), "/user/sessions", MOST).await;
                site.leave().await;
                print(listed?, *json);
            }
            What::Revoke { session } => {
                change(config, REVOKE, json!({ "session": session }), "endSession").await?;
                println!("Done.");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn create(
    site: &Local,
    email: &str,
    scopes: &[Scope],
    courses: &[String],
    days: i32,
    name: &str,
) -> Result<Value, CommandError> {
    let mut ids = Vec::new();
    for key in courses {
        ids.push(crate::command::course(site, Some(key)).await?);
    }
    let scopes: Vec<String> = scopes.iter().map(|scope| scope.word().to_uppercase()).collect();
    let ids = if ids.is_empty() { Value::Null } else { Value::Array(ids) };
    let input = json!({ "email": email, "name": name, "scopes": scopes, "courses": ids, "days": days });
    let answer = site.ask(CREATE, json!({ "input": input })).await?;
    crate::command::payload(&answer, "createToken")
}

fn print(sessions: Vec<Value>, json: bool) {
    if json {
        println!("{}", Value::Array(sessions));
        return;
    }
    let words = |value: &Value| match value.as_array() {
        Some(list) if !list.is_empty() => list.iter().map(text).collect::<Vec<_>>().join(" ").to_lowercase(),
        _ => "-".to_owned(),
    };
    let row = |session: &Value| {
        let kind = text(&session["kind"]).to_lowercase();
        let times = ["createdAt", "lastUsedAt", "expiresAt"].map(|at| instant(&session[at]));
        let mut row = vec![text(&session["id"]), kind, words(&session["scopes"])];
        row.extend(times);
        row.push(text(&session["name"]));
        row
    };
    let rows: Vec<Vec<String>> = sessions.iter().map(row).collect();
    table::print(&["SESSION", "KIND", "SCOPES", "BEGAN", "LAST USED", "ENDS", "NAME"], &rows);
}
