//! `keys`: what signs access tokens.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::command::{CommandError, Local, payload};
use crate::config::Config;

/// Look after the keys that sign access tokens.
#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sign with a new key from now on; what the old ones have signed stays good until it expires
    Rotate,
}

impl Keys {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        let What::Rotate = self.what;
        let site = Local::reach_to_steer(config).await?;
        let rotated = site.ask("mutation { rotateKeys { keyId problems { message } } }", serde_json::Value::Null).await;
        site.leave().await;
        let rotated = payload(&rotated?, "rotateKeys")?;
        println!("{}", rotated["keyId"].as_str().unwrap_or_default());
        Ok(ExitCode::SUCCESS)
    }
}
