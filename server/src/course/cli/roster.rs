//! `roster`: the people of a course, out of a table and into one.
#![allow(clippy::print_stdout, reason = "this is where the program talks to its user")]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use entity::sheet::{Cell, line};
use serde_json::{Value, json};

use crate::command::table::{self, text};
use crate::command::{CommandError, Local, payload};
use crate::config::Config;

/// Import and export the rosters of courses.
#[derive(Debug, Args)]
pub struct Roster {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Put the people of a table on the roster of a course; who has no account gets one, and a letter
    Import {
        /// The table, as comma-separated values with the names of the columns in the first row; - for standard input
        file: PathBuf,
        /// The key of the course
        #[arg(long)]
        course: String,
        /// Only say what would become of it
        #[arg(long)]
        dry_run: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the roster of a course as comma-separated values
    Export {
        /// The key of the course
        course: String,
        /// Print one JSON array instead
        #[arg(long)]
        json: bool,
    },
}

const IMPORT: &str = "mutation($input: ImportRosterInput!) { importRoster(input: $input) { changed refused ignoredColumns \
     rows { line outcome message } problems { message } } }";
const EXPORT: &str = "query($course: String!, $first: Int, $after: String) { course(key: $course) { \
     enrollments(first: $first, after: $after) { nodes { user { email name } role ownRole { key } studentNumber classAccount labSection } \
     pageInfo { endCursor hasNextPage } } } }";
const HEADER: [&str; 6] = ["Email", "Name", "Role", "Student number", "Class account", "Lab section"];

impl Roster {
    /// Does it.
    ///
    /// # Errors
    /// When the site cannot be reached, or refuses.
    pub async fn run(&self, config: Config) -> Result<ExitCode, CommandError> {
        match &self.what {
            What::Import { file, course, dry_run, json } => {
                let input = json!({ "course": course, "csv": read(file)?, "dryRun": dry_run });
                let site = Local::reach(config).await?;
                let done = site.ask(IMPORT, json!({ "input": input })).await;
                site.leave().await;
                let imported = payload(&done?, "importRoster")?;
                told(&imported, *json, *dry_run);
                // Who runs this from a script hears that some were not taken.
                Ok(if imported["refused"] == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
            What::Export { course, json } => {
                let site = Local::reach_to_steer(config).await?;
                let done = export(&site, course, *json).await;
                site.leave().await;
                done.map(|()| ExitCode::SUCCESS)
            }
        }
    }
}

fn read(file: &Path) -> Result<String, CommandError> {
    let mut bytes = Vec::new();
    let read = match file.to_str() {
        Some("-") => std::io::stdin().lock().read_to_end(&mut bytes).map(drop),
        _ => std::fs::read(file).map(|read| bytes = read),
    };
    read.map_err(|error| CommandError::told(format!("{} cannot be read: {error}", file.display())))?;
    String::from_utf8(bytes).map_err(|_| {
        CommandError::told(format!("{} is not text in UTF-8; save it as \u{201c}CSV UTF-8\u{201d}", file.display()))
    })
}

fn told(imported: &Value, json: bool, dry_run: bool) {
    if json {
        println!("{imported}");
        return;
    }
    let rows = imported["rows"].as_array().map_or(&[][..], Vec::as_slice);
    // What is as it was needs no line.
    let shown = rows.iter().filter(|row| row["outcome"] != "UNCHANGED");
    let shown: Vec<Vec<String>> = shown
        .map(|row| vec![text(&row["line"]), text(&row["outcome"]).to_lowercase(), text(&row["message"])])
        .collect();
    if !shown.is_empty() {
        table::print(&["LINE", "OUTCOME", "MESSAGE"], &shown);
    }
    let ignored = imported["ignoredColumns"].as_array().map_or(&[][..], Vec::as_slice);
    if !ignored.is_empty() {
        let names: Vec<String> = ignored.iter().map(text).collect();
        println!("Not looked at: {}.", names.join(", "));
    }
    let (would, changed, refused) =
        (if dry_run { "would be " } else { "" }, text(&imported["changed"]), text(&imported["refused"]));
    println!("{} rows: {changed} {would}changed, {refused} {would}refused.", rows.len());
}

async fn export(site: &Local, course: &str, json: bool) -> Result<(), CommandError> {
    // An unknown course is told with those that there are.
    crate::command::course(site, Some(course)).await?;
    let variables = json!({ "course": course });
    let people = table::pages(site, EXPORT, variables, "/course/enrollments", usize::MAX).await?;
    if json {
        println!("{}", Value::Array(people));
        return Ok(());
    }
    print!("{}", String::from_utf8_lossy(&line(HEADER.map(Cell::from))));
    for person in &people {
        let cell = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let role = match &person["ownRole"]["key"] {
            Value::String(own) => own.clone(),
            _ => cell(&person["role"]).to_lowercase(),
        };
        let (user, rest) = (&person["user"], ["studentNumber", "classAccount", "labSection"]);
        let cells = [cell(&user["email"]), cell(&user["name"]), role].into_iter();
        let cells: Vec<String> = cells.chain(rest.map(|name| cell(&person[name]))).collect();
        print!("{}", String::from_utf8_lossy(&line(cells.iter().map(|cell| Cell::from(cell.as_str())))));
    }
    Ok(())
}
