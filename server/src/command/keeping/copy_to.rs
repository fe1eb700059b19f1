//! `copy-to`: moves a site from the embedded database to PostgreSQL.

use std::io::{self, BufRead as _};
use std::process::ExitCode;

use actors::keeping::copy_to;
use clap::Args;
use entity::clock::Clock;
use entity::site;

use super::{end_progress, progress, sum, target};
use crate::app::{self, StartError};
use crate::command::CommandError;
use crate::config::{Config, Secret};
use crate::data_folder::DataFolder;
use crate::migrate;

/// Move the site from the embedded database to PostgreSQL, with the same keys; it must not be served meanwhile
#[derive(Debug, Args)]
pub struct CopyTo {
    /// The database to move to, such as postgres://lectern@db.example.org/lectern; it must be empty. With a password it is no
    /// argument, which everybody on the machine can read: set LECTERN_COPY_TO_URL, or LECTERN_COPY_TO_URL_FILE to a file that holds
    /// it, or give - here and the URL on standard input
    url: Option<String>,
}

impl CopyTo {
    /// Does it.
    ///
    /// # Errors
    /// When the site is served, or the other database is not empty or does not take a row. Nothing is there then.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        if !config.is_embedded() {
            return Err(CommandError::told(
                "`lectern copy-to` moves a site away from the embedded database; to copy one that is on PostgreSQL, use \
                 `lectern backup` and `lectern restore`",
            ));
        }
        let url = self.url(&config)?;
        let url = url.reveal();
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(CommandError::told("the URL of the database to move to must begin with postgres://"));
        }
        if !config.database_file().is_some_and(|file| file.exists()) {
            return Err(CommandError::told(format!(
                "there is no site in {}; set LECTERN_DATA_DIR to the folder of the one to move",
                config.data_dir.display()
            )));
        }
        // Who serves it has this lock: nobody writes to it from here on.
        let _folder = DataFolder::take(&config.data_dir).map_err(StartError::from)?;
        let source = app::connect(config.database_url.reveal()).await?;
        migrate::up(&source).await.map_err(StartError::Migration)?;
        if let Some(to) =
            site::find(source.read()).await.map_err(actors::problem::Fault::from).map_err(StartError::from)?.moved_to
        {
            return Err(StartError::Moved(to).into());
        }
        let into = app::connect(url).await?;
        target::shape(&into, &migrate::steps()).await?;
        let called = without_password(url);
        let copied = copy_to::copy_to(&source, &into, &called, &Clock::System, &mut progress()).await;
        end_progress();
        let copied = copied?;
        into.close().await;
        source.close().await;
        println!("Copied {} to {called}. This site has moved: it is not served from here any more.", sum(&copied));
        println!("To go on there: LECTERN_DATABASE_URL={called} (with its password)");
        if config.secret_key.is_none() {
            println!("                LECTERN_SECRET_KEY_FILE={}", config.data_dir.join("secret.key").display());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The database to move to, from where no secret is seen.
    fn url(&self, config: &Config) -> Result<Secret, CommandError> {
        match (self.url.as_deref(), &config.copy_to_url) {
            (Some("-"), _) => {
                let mut line = String::new();
                let read = io::stdin().lock().read_line(&mut line);
                read.map_err(|error| CommandError::told(format!("the URL on standard input cannot be read: {error}")))?;
                Ok(Secret::new(line.trim()))
            }
            (Some(url), _) if has_password(url) => Err(CommandError::told(
                "this URL has a password, and everybody on this machine can read the arguments of a command, so nothing was done. \
                 Give the URL in LECTERN_COPY_TO_URL, in a file that LECTERN_COPY_TO_URL_FILE names, or with `-` on standard \
                 input; and if others use this machine, change the password",
            )),
            (Some(url), _) => Ok(Secret::new(url)),
            (None, Some(url)) => Ok(url.clone()),
            (None, None) => Err(CommandError::told(
                "the database to move to is missing; name it as an argument if its URL has no password, else in LECTERN_COPY_TO_URL \
                 or in a file that LECTERN_COPY_TO_URL_FILE names",
            )),
        }
    }
}

fn has_password(url: &str) -> bool {
    url.contains("://") && without_password(url) != url
}

/// The URL as it may be shown.
fn without_password(url: &str) -> String {
    let shown = |(scheme, rest): (&str, &str)| {
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let authority = match authority.rsplit_once('@') {
            Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
            None => authority.to_owned(),
        };
        let kept: Vec<&str> = path.split('&').filter(|part| !part.contains("password=")).collect();
        format!("{scheme}://{authority}{}", kept.join("&"))
    };
    url.split_once("://").map_or_else(|| "PostgreSQL".to_owned(), shown)
}

#[cfg(test)]
mod tests {
    use super::{has_password, without_password};

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("postgres://u:p%40@h:5432/d", "postgres://u@h:5432/d"),
            ("postgres://h/d?sslmode=require", "postgres://h/d?sslmode=require"),
            ("postgres://u:p@w@h/d?host=%2Ftmp", "postgres://u@h/d?host=%2Ftmp"),
            ("postgres://u@h/d?sslmode=require&password=p", "postgres://u@h/d?sslmode=require"),
            ("postgres:nonsense", "PostgreSQL"),
        ] {
            assert_eq!(without_password(url), shown);
            assert_eq!(has_password(url), url != shown && url != "postgres:nonsense", "{url}");
        }
    }
}
