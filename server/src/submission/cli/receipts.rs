//! `receipts`: the chains of a site, read from its database, whether it is served or not.

use std::path::PathBuf;
use std::process::ExitCode;

use actors::database::Database;
use actors::problem::Fault as Broken;
use actors::submission::receipt::check::{self, Chain, Fault, Order};
use actors::submission::receipt::examine::Keys;
use actors::submission::receipt::heads;
use clap::{Args, Subcommand};
use entity::clock::Clock;
use entity::course;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::read;
use crate::app::{self, StartError};
use crate::command::{CommandError, table};
use crate::config::Config;
use crate::migrate;

/// Look at the chains of receipts
#[derive(Debug, Args)]
pub struct Receipts {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Walk the chains and tell whatever was changed since it was signed; the status is 1 then
    Check {
        /// The key of a course; without it, all
        course: Option<String>,
        /// Believe these public keys only, kept from /.well-known/receipt-keys.json; may be given more than once
        #[arg(long, value_name = "FILE")]
        keys: Vec<PathBuf>,
        /// Compare with heads that were kept elsewhere; may be given more than once
        #[arg(long, value_name = "FILE")]
        heads: Vec<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the heads of the chains, to be kept elsewhere
    Heads {
        /// The key of a course; without it, all
        course: Option<String>,
        /// Print one JSON object on each line, as the daily file has them
        #[arg(long)]
        json: bool,
    },
}

impl Receipts {
    /// Does it.
    ///
    /// # Errors
    /// When there is no site, or a file cannot be read.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        let db = open(&config).await?;
        let done = match &self.what {
            What::Check { course, keys, heads, json } => check(&db, course.as_deref(), keys, heads, *json).await,
            What::Heads { course, json } => print_heads(&db, course.as_deref(), *json).await,
        };
        db.close().await;
        done
    }
}

/// Opens the database beside whoever serves it: nothing is written.
async fn open(config: &Config) -> Result<Database, CommandError> {
    if config.is_embedded() && !config.database_file().is_some_and(|file| file.exists()) {
        return Err(CommandError::told(format!(
            "there is no site in {}; set LECTERN_DATA_DIR to its folder",
            config.data_dir.display()
        )));
    }
    let db = app::connect(config.database_url.reveal()).await?;
    match migrate::missing(&db).await.map_err(StartError::Unknown)? {
        0 => Ok(db),
        missing => Err(StartError::NotMigrated(missing).into()),
    }
}

fn broken(error: sea_orm::DbErr) -> CommandError {
    StartError::from(Broken::from(error)).into()
}

/// That there is such a course.
async fn known(db: &Database, course: Option<&str>) -> Result<(), CommandError> {
    let Some(key) = course else { return Ok(()) };
    let found = course::Entity::find().filter(course::Column::Key.eq(key)).one(db.read()).await.map_err(broken)?;
    found.map(drop).ok_or_else(|| CommandError::told(format!("there is no course {key}")))
}

async fn check(
    db: &Database,
    course: Option<&str>,
    keys: &[PathBuf],
    kept: &[PathBuf],
    json: bool,
) -> Result<ExitCode, CommandError> {
    known(db, course).await?;
    let mut order = Order { course: course.map(str::to_owned), ..Order::default() };
    for file in keys {
        let set = order.keys.get_or_insert_with(Keys::default).add_set(&read(file)?);
        set.map_err(|error| CommandError::told(format!("{}: {error}", file.display())))?;
    }
    for file in kept {
        let lines = heads::read(&read(file)?);
        if lines.is_empty() {
            return Err(CommandError::told(format!("{} has no heads in it", file.display())));
        }
        order.heads.extend(lines);
    }
    let report = check::check(db, &order).await.map_err(broken)?;
    let code = if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if json {
        println!("{}", serde_json::to_string(&report).map_err(|error| CommandError::told(error.to_string()))?);
        return Ok(code);
    }
    report.courses.iter().for_each(tell);
    report.notes.iter().for_each(|note| println!("NOTE   {}", line(note)));
    report.faults.iter().for_each(|fault| println!("FAULT  {}", line(fault)));
    println!("{}", if report.faults.is_empty() { "Everything is as it was signed." } else { "Something was changed." });
    Ok(code)
}

fn tell(chain: &Chain) {
    println!(
        "{}: {} receipts in {} blocks; {} of people who were forgotten; {} backups without one",
        chain.course, chain.receipts, chain.blocks, chain.forgotten, chain.without_receipt
    );
    for life in chain.lives.iter().skip(1) {
        println!(
            "  from block {} on it is another life of the site, {}: it was restored before",
            life.first, life.incarnation
        );
    }
}

fn line(fault: &Fault) -> String {
    let place = fault.position.map(|position| format!(" block {position}")).unwrap_or_default();
    let backup = fault.backup.as_ref().map(|backup| format!(" {backup}")).unwrap_or_default();
    format!("{}{place}{backup}: {}: {}", fault.course, fault.about, fault.message)
}

async fn print_heads(db: &Database, course: Option<&str>, json: bool) -> Result<ExitCode, CommandError> {
    known(db, course).await?;
    let heads = heads::heads(db.read(), course, Clock::System.now()).await.map_err(broken)?;
    if json {
        for head in &heads {
            println!("{}", serde_json::to_string(head).map_err(|error| CommandError::told(error.to_string()))?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let row = |head: &heads::KeptHead| {
        vec![
            head.course.clone(),
            head.position.to_string(),
            head.hash.clone(),
            head.incarnation.clone(),
            head.issued_at.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = heads.iter().map(row).collect();
    table::print(&["COURSE", "BLOCKS", "HEAD", "LIFE", "MADE"], &rows);
    Ok(ExitCode::SUCCESS)
}
