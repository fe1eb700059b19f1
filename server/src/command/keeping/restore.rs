//! `restore`: a site from its backup, in an empty database.

use std::path::PathBuf;
use std::process::ExitCode;

use actors::keeping::backup;
use actors::keeping::dump::Origin;
use actors::keeping::restore::{self, NewLife};
use clap::Args;
use entity::clock::Clock;

use super::target::{self, Place};
use super::{end_progress, progress, sum};
use crate::app::{self, StartError};
use crate::command::CommandError;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::migrate;

/// Make the site of a backup in an empty database; its mail starts paused
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup
    file: PathBuf,
    /// Go on without the old site's secret: everybody signs in again
    #[arg(long)]
    forget_keys: bool,
}

impl Restore {
    /// Does it.
    ///
    /// # Errors
    /// When the backup is damaged, or the database is not empty or does not take it. Nothing of it is there then.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        let folder = if config.is_embedded() {
            Some(DataFolder::take(&config.data_dir).map_err(StartError::from)?)
        } else {
            None
        };
        // Before there is a database.
        let (origin, _) = backup::verify(&self.file).await?;
        let secret = self.secret(&config, &origin)?;
        let place = Place::of(&config);
        let db = app::connect(place.url()).await?;
        target::shape(&db, &origin.steps).await?;
        if let (Some(folder), Some(secret), None) = (&folder, &secret, &config.secret_key) {
            folder.keep_secret(secret).map_err(StartError::from)?;
        }
        let life = NewLife { secret, clock: Clock::System };
        let loaded = restore::restore(&db, &self.file, &life, &mut progress()).await;
        end_progress();
        let loaded = loaded?;
        migrate::up(&db).await.map_err(StartError::Migration)?;
        place.keep(db).await?;
        println!("Restored {} from the backup of {}.", sum(&loaded), origin.created_at);
        println!(
            "Mail is paused: letters that the backup knows as unsent may have been sent since. To send them: lectern jobs resume mail"
        );
        Ok(ExitCode::SUCCESS)
    }

    /// The secret that opens the keys of the backup: the one given, the one in the backup, or the one in the data folder.
    fn secret(&self, config: &Config, origin: &Origin) -> Result<Option<String>, CommandError> {
        if self.forget_keys {
            return Ok(None);
        }
        if let Some(given) = &config.secret_key {
            return Ok(Some(given.reveal().to_owned()));
        }
        let made = DataFolder::made_secret(&config.data_dir).map_err(StartError::from)?;
        let made = made.map(|secret| secret.reveal().to_owned());
        match (made, &origin.secret_key) {
            (Some(made), _) => Ok(Some(made)),
            (None, Some(secret)) => Ok(Some(secret.clone())),
            (None, None) => Err(CommandError::told(format!(
                "the backup is without the site's secret, and there is none here; nothing was changed. Copy the old site's \
                 `secret.key` to {}, or restore with --forget-keys: then everybody signs in again",
                config.data_dir.display()
            ))),
        }
    }
}
