//! `check`: an author's folder, before anybody synchronises it. Needs no site, no database and no right on the machine.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program talks to its user")]

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use actors::content::check::{Report, Step, check};
use actors::content::format::{Content, Diagnostic};
use actors::content::prove::Interrupted;
use actors::execution::builds::Builds;
use actors::execution::sandbox::Sandbox;
use actors::execution::toolchain::{Toolchains, catalogue};
use actors::execution::workshop::Workshop;
use clap::{Args, ValueEnum};
use tokio_util::sync::CancellationToken;

use super::{sarif, shown};
use crate::command::CommandError;
use crate::config::{Config, allows_colours};

/// Check a content folder without storing anything: all that `sync` would find, and where
///
/// The status is 0 when nothing is wrong (warnings are not, unless they are denied), 1 when there are errors, 2 when it could not be checked.
#[derive(Debug, Args)]
pub struct Check {
    /// The folder with `section.yml`, `course.yml` and `missions`
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Only this mission; may be given several times
    #[arg(long, short, value_name = "NUMBER")]
    mission: Vec<u32>,
    /// How to say it: for people, as one JSON object a line, or as SARIF for an editor or a CI
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Run no code: only what is written is checked
    #[arg(long)]
    no_run: bool,
    /// Also take warnings for errors, as far as the status goes
    #[arg(long)]
    deny_warnings: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// It could not be checked.
const UNCHECKED: u8 = 2;

impl Check {
    /// Checks. Without a configuration there are the languages that Lectern brings.
    ///
    /// # Errors
    /// When this command cannot work at all.
    pub fn run(&self, config: Option<&Config>) -> Result<ExitCode, CommandError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| CommandError::told(format!("cannot start: {error}")))?;
        match runtime.block_on(self.carry_out(config)) {
            Ok(code) => Ok(code),
            Err(message) => {
                eprintln!("lectern: {message}");
                Ok(ExitCode::from(UNCHECKED))
            }
        }
    }

    async fn carry_out(&self, config: Option<&Config>) -> Result<ExitCode, String> {
        if !self.path.is_dir() {
            return Err(format!("{} is not a folder", self.path.display()));
        }
        let own = config.map_or(Path::new(""), |config| &config.toolchains_dir);
        let own = if own.is_dir() { own } else { Path::new("") };
        let toolchains = Toolchains::load(own)
            .map_err(|mistakes| format!("the toolchains have mistakes:\n{}", catalogue::lines(&mistakes)))?;
        let (path, languages) = (self.path.clone(), toolchains.runnable());
        let workshop = Workshop::new(Sandbox::new("/proc/self/exe".into()), toolchains, Builds::in_memory());
        let opened = tokio::task::spawn_blocking(move || Arc::new(Content::open(&path, languages))).await;
        let content = opened.map_err(|error| format!("the folder cannot be read: {error}"))?;
        let cancel = CancellationToken::new();
        let on_interrupt = cancel.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                on_interrupt.cancel();
            }
        });
        let workshop = (!self.no_run).then_some(&workshop);
        let checked = check(content, &self.mission, workshop, &cancel, &mut progress).await;
        forget_progress();
        let report = checked.map_err(|error| format!("the check broke off: {error}"))?;
        self.tell(&report);
        let counts = |one: &Diagnostic| one.is_error() || self.deny_warnings;
        Ok(match (&report.not_run, report.diagnostics.iter().any(counts)) {
            (_, true) => ExitCode::FAILURE,
            (Some(reason), false) => {
                eprintln!("lectern: {}", not_run(reason));
                ExitCode::from(UNCHECKED)
            }
            (None, false) => ExitCode::SUCCESS,
        })
    }

    fn tell(&self, report: &Report) {
        match self.format {
            Format::Text => {
                let colours = io::stdout().is_terminal() && allows_colours();
                print!("{}", shown::text(&self.path, report, colours));
            }
            Format::Json => {
                let lines = report.diagnostics.iter().map(|diagnostic| serde_json::json!(diagnostic).to_string());
                lines.for_each(|line| println!("{line}"));
            }
            Format::Sarif => println!("{:#}", sarif::log(&self.path, &report.diagnostics)),
        }
    }
}

fn not_run(reason: &Interrupted) -> String {
    match reason {
        Interrupted::Cancelled => "stopped; not all code was run".to_owned(),
        Interrupted::Sandbox(reason) => {
            format!(
                "no code was run, because the sandbox does not work: {reason}. `lectern doctor` says what to do; `--no-run` checks without"
            )
        }
    }
}

/// Tells how far it is, to whoever waits for it in front of a terminal.
fn progress(step: Step) {
    if !io::stderr().is_terminal() {
        return;
    }
    match step {
        Step::Read { missions, assignments } => {
            eprint!("\r\x1b[Kread {}", shown::things(missions, assignments));
        }
        Step::Ran { mission, screen, of } => {
            let bar: String = (0..of).map(|done| if done < screen { '#' } else { '.' }).collect();
            eprint!("\r\x1b[Kmission {mission} [{bar}] {screen} of {of}");
        }
    }
}

fn forget_progress() {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}
