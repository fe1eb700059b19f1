//! `keys`: what signs access tokens and receipts.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::command::{CommandError, Local, payload};
use crate::config::Config;

/// Look after the keys that sign access tokens and receipts.
#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sign with a new key from now on; what the old ones have signed stays good: access tokens until they expire, receipts for ever
    Rotate {
        /// What it is to sign
        #[arg(long, value_enum, default_value = "access")]
        purpose: Purpose,
    },
}

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Purpose {
    Access,
    Receipt,
}

const ROTATE: &str = "mutation($input: RotateKeysInput!) { rotateKeys(input: $input) { keyId problems { message } } }";

impl Keys {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        let What::Rotate { purpose } = self.what;
        let purpose = if purpose == Purpose::Receipt { "RECEIPT" } else { "ACCESS" };
        let site = Local::reach_to_steer(config).await?;
        let rotated = site.ask(ROTATE, json!({ "input": { "purpose": purpose } })).await;
        site.leave().await;
        let rotated = payload(&rotated?, "rotateKeys")?;
        println!("{}", rotated["keyId"].as_str().unwrap_or_default());
        Ok(ExitCode::SUCCESS)
    }
}
