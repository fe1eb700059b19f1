//! Accounts, tokens, keys and the audit log on the command line, by whoever runs the site.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program talks to its user")]

mod audit;
mod keys;
mod program;
mod token;
mod user;

pub use audit::Audit;
pub use keys::Keys;
pub use program::Program;
pub use token::Token;
pub use user::User;

use serde_json::{Value, json};

use crate::command::{CommandError, Local, payload};
use crate::config::Config;

/// Runs one mutation; its payload.
async fn change(config: Config, query: &str, input: Value, mutation: &str) -> Result<Value, CommandError> {
    let site = Local::reach(config).await?;
    let done = site.ask(query, json!({ "input": input })).await.and_then(|answer| payload(&answer, mutation));
    site.leave().await;
    done
}
