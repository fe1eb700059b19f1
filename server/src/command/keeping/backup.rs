//! `backup`: a copy of the site in one file, also while it is served.

use std::path::PathBuf;
use std::process::ExitCode;

use actors::keeping::backup::{self, Order};
use clap::Args;
use entity::clock::{Clock, Timestamp};

use super::{end_progress, progress, sum};
use crate::app::{self, StartError};
use crate::command::CommandError;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::migrate;

/// Copy the site into one file, also while it is served; or check such a file
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write, or a folder for it; without it a file with the time in its name, here
    target: Option<PathBuf>,
    /// Put the site's secret into the file, so that the file alone is the whole site
    #[arg(long)]
    with_secrets: bool,
    /// Check this backup instead: every byte of it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "with_secrets"])]
    verify: Option<PathBuf>,
}

impl Backup {
    /// Does it.
    ///
    /// # Errors
    /// When the file cannot be written, or is not a good backup.
    pub async fn run(&self, config: Result<Config, crate::config::Mistakes>) -> Result<ExitCode, CommandError> {
        if let Some(path) = &self.verify {
            let (origin, tally) = backup::verify(path).await?;
            println!(
                "{} is whole: made {} by Lectern {} on {}",
                path.display(),
                origin.created_at,
                origin.version,
                origin.database
            );
            for (table, rows) in &tally.0 {
                println!("  {table}: {rows}");
            }
            println!("{}", sum(&tally));
            return Ok(ExitCode::SUCCESS);
        }
        self.write(&config?).await
    }

    async fn write(&self, config: &Config) -> Result<ExitCode, CommandError> {
        if config.is_embedded() && !config.database_file().is_some_and(|file| file.exists()) {
            return Err(CommandError::told(format!(
                "there is no site in {}; set LECTERN_DATA_DIR to the folder of the one to back up",
                config.data_dir.display()
            )));
        }
        let secret_key = if self.with_secrets { secret(config)? } else { None };
        let db = app::connect(config.database_url.reveal()).await?;
        let steps = migrate::taken(&db).await.map_err(StartError::Migration)?;
        let missing = migrate::steps().len() - steps.len();
        if missing > 0 {
            return Err(StartError::NotMigrated(missing).into());
        }
        let clock = Clock::System;
        let target = self.target(clock.now());
        let order = Order { version: env!("CARGO_PKG_VERSION").to_owned(), steps, secret_key };
        let copied = backup::backup(&db, &clock, &target, order, &mut progress()).await;
        end_progress();
        db.close().await;
        println!("{}: {}, read again and whole", target.display(), sum(&copied?));
        if !self.with_secrets {
            println!(
                "The site's secret is not in it: keep that too, but elsewhere (or make the backup --with-secrets)."
            );
        }
        Ok(ExitCode::SUCCESS)
    }

    fn target(&self, now: Timestamp) -> PathBuf {
        let time = now.to_utc().map(|now| now.format("%Y%m%dT%H%M%SZ").to_string()).unwrap_or_default();
        let name = format!("lectern-{time}.backup");
        match &self.target {
            Some(folder) if folder.is_dir() => folder.join(name),
            Some(file) => file.clone(),
            None => PathBuf::from(name),
        }
    }
}

/// The secret that opens the site's keys.
fn secret(config: &Config) -> Result<Option<String>, CommandError> {
    if let Some(given) = &config.secret_key {
        return Ok(Some(given.reveal().to_owned()));
    }
    let made = DataFolder::made_secret(&config.data_dir).map_err(StartError::from)?;
    Ok(made.map(|secret| secret.reveal().to_owned()))
}
