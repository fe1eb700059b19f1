//! `config check`: the settings as they are read, and whether what they name can be reached.

use std::process::ExitCode;

use clap::Args;

use super::{CommandError, reachable};
use crate::config::Config;

/// How far to look.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Only read the settings; try none of the servers that they name
    #[arg(long)]
    offline: bool,
}

impl Check {
    /// Does it. The status is 1 when anything cannot be reached; all of it is told at once.
    ///
    /// # Errors
    /// Never: what is wrong is printed.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        println!("{config:#?}");
        if self.offline {
            return Ok(ExitCode::SUCCESS);
        }
        let (database, redis, mail) =
            tokio::join!(reachable::database(&config), reachable::redis(&config), reachable::mail(&config));
        let mut code = ExitCode::SUCCESS;
        let provider = reachable::provider(&config).await.map(|found| ("provider of sign-ins", found));
        for (what, found) in [("database", database), ("Redis", redis), ("mail", mail)].into_iter().chain(provider) {
            match found {
                Ok(well) => println!("ok       {what}: {well}"),
                Err(trouble) => {
                    println!("TROUBLE  {what}: {trouble}");
                    code = ExitCode::FAILURE;
                }
            }
        }
        Ok(code)
    }
}
