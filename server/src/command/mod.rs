//! The command line: one binary, many roles.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program talks to its user")]

mod check;
mod course;
mod demo;
mod doctor;
mod jobs;
mod keeping;
mod languages;
mod local;
mod reachable;
mod role_kind;
mod serve;
pub mod table;
mod tell;
mod work;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use actors::execution::sandbox::groups;
use clap::{Parser, Subcommand};
use nix::sys::stat::{Mode, umask};

use crate::app::StartError;
use crate::config::{Config, Mistakes};
use crate::observe::{Observer, panics};
use crate::{content, execution, graphql, identity, submission, taskqueue};

pub use course::course;
pub use local::Local;
pub use role_kind::RoleKind;
pub use tell::payload;

/// A course platform in one binary.
#[derive(Debug, Parser)]
#[command(name = "lectern", version, disable_help_subcommand = false)]
struct Cli {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Serve the site, and work its jobs
    Serve(work::Work),
    /// Work the jobs of a site on PostgreSQL, without serving
    Work(work::Work),
    /// Show the main job end to end: makes a site in ./demo-data with examples and people, and serves it
    Demo,
    /// Bring the database to this version's shape
    Migrate,
    Backup(keeping::Backup),
    Restore(keeping::Restore),
    CopyTo(keeping::CopyTo),
    Check(content::cli::Check),
    /// Synchronise missions from the content folder; everything when no number is given
    Sync(content::cli::Sync),
    /// Look at jobs and lanes, and steer them
    Jobs(jobs::Jobs),
    User(identity::cli::User),
    Token(identity::cli::Token),
    Role(crate::course::cli::Role),
    Roster(crate::course::cli::roster::Roster),
    Audit(identity::cli::Audit),
    Keys(identity::cli::Keys),
    Program(identity::cli::Program),
    #[command(name = "taskqueue")]
    TaskQueue(taskqueue::cli::TaskQueue),
    Receipts(submission::cli::Receipts),
    VerifyReceipt(submission::cli::VerifyReceipt),
    RunSandboxed(execution::cli::RunSandboxed),
    /// Say what this machine lacks, and what to do about it
    Doctor(doctor::Doctor),
    /// Print the GraphQL schema
    Schema,
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        what: ConfigRole,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigRole {
    /// Say whether the configuration is good and what it names can be reached, and show it without its secrets
    Check(check::Check),
}

impl Role {
    /// Whether it is a process that others watch over. Its log begins when it knows its settings.
    fn stays(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Work(_))
    }
}

/// Why a command failed, for its user.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Config(#[from] Mistakes),
    #[error(transparent)]
    Start(#[from] StartError),
    /// One line that says what is wrong and what to do.
    #[error("{0}")]
    Told(String),
}

impl CommandError {
    /// Something for the user, in one line.
    pub fn told(line: impl Into<String>) -> Self {
        Self::Told(line.into())
    }
}

type PanicHook = dyn Fn(&std::panic::PanicHookInfo<'_>) + Send + Sync;

/// How long to wait for what sandboxes leave.
const SETTLE: Duration = Duration::from_secs(2);

/// Runs the command of this process. The status is 0 when it went well, 1 when it did not, 2 when it was not understood.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    std::panic::set_hook(quiet_without_a_reader(std::panic::take_hook()));
    if !cli.role.stays() {
        log();
    }
    let ended = dispatch(cli.role);
    // The sandboxes are gone with the runtime, their groups in a moment.
    groups::settle(SETTLE);
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lectern: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The hook for panics, but that a reader of our output who stops reading, as `head` does, ends this without a word, as it ends other
/// programs.
fn quiet_without_a_reader(hook: Box<PanicHook>) -> Box<PanicHook> {
    Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if said.starts_with("failed printing to stdout") {
            std::process::exit(if said.contains("Broken pipe") { 0 } else { 1 });
        }
        hook(panic);
    })
}

fn dispatch(role: Role) -> Result<ExitCode, CommandError> {
    match role {
        Role::Schema => {
            print!("{}", graphql::sdl());
            Ok(ExitCode::SUCCESS)
        }
        Role::Config { what: ConfigRole::Check(check) } => in_system(check.run(Config::read()?)),
        Role::Serve(work) => in_system(observed(work.beside_serving(Config::read()?)?, serve::serve)),
        Role::Work(work) => in_system(observed(work.alone(Config::read()?)?, serve::work)),
        Role::Demo => in_system(demo::demo(demo::config(Config::read()?)?)),
        Role::Migrate => in_system(serve::migrate(Config::read()?)),
        Role::Backup(backup) => in_system(backup.run(Config::read())),
        Role::Restore(restore) => in_system(restore.run(Config::read()?)),
        Role::CopyTo(copy) => in_system(copy.run(Config::read()?)),
        Role::Check(check) => check.run(Config::read().ok().as_ref()),
        Role::Sync(sync) => in_system(sync.run(Config::read()?)),
        Role::Jobs(jobs) => in_system(jobs.run(Config::read()?)),
        Role::User(user) => in_system(user.run(Config::read()?)),
        Role::Role(role) => in_system(role.run(Config::read()?)),
        Role::Roster(roster) => in_system(roster.run(Config::read()?)),
        Role::Token(token) => in_system(token.run(Config::read()?)),
        Role::Audit(audit) => in_system(audit.run(Config::read()?)),
        Role::Keys(keys) => in_system(keys.run(Config::read()?)),
        Role::Program(program) => in_system(program.run(Config::read()?)),
        Role::TaskQueue(queue) => in_system(queue.run(Config::read()?)),
        Role::Receipts(receipts) => in_system(receipts.run(Config::read()?)),
        Role::VerifyReceipt(verify) => Ok(verify.run()),
        Role::RunSandboxed(run) => run.run(Config::read().ok().as_ref()),
        Role::Doctor(doctor) => in_system(doctor.run(Config::read())),
    }
}

/// Runs a command inside an actix system, on a runtime with as many threads as there are processors.
fn in_system(command: impl Future<Output = Result<ExitCode, CommandError>>) -> Result<ExitCode, CommandError> {
    // Whatever the data folder allows: what is written into it, the database too, is for its owner alone.
    umask(Mode::from_bits_truncate(0o077));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::told(format!("cannot start: {error}")))?;
    actix::System::with_tokio_rt(|| runtime).block_on(command)
}

/// Runs a command that others watch over.
async fn observed<R>(config: Config, command: impl FnOnce(Config) -> R) -> Result<ExitCode, CommandError>
where
    R: Future<Output = Result<ExitCode, CommandError>>,
{
    let observer = Observer::begin(&config);
    std::panic::set_hook(quiet_without_a_reader(Box::new(panics::tell)));
    let ended = command(config).await;
    observer.end().await;
    ended
}

/// Logs to standard error, as much as `LECTERN_LOG` says: `warn` when it says nothing. In colours only for a person who has not asked
/// for none, as on <https://no-color.org>.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_new(crate::config::log_filter()).unwrap_or_else(|_| "warn".into());
    // A second one in the same process, as in tests, is not installed; the first stays.
    let colours = std::io::stderr().is_terminal() && crate::config::wants_colours();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    let _ = log.try_init();
}
