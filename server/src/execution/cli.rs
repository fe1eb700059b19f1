//! `run-sandboxed`: one program in the sandbox, by hand. Needs no database and no data folder, and no right on the machine.

mod report;
mod stream;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use actors::execution::bounds::Bounds;
use actors::execution::builds::Builds;
use actors::execution::execute::execute_within;
use actors::execution::outcome::Outcome;
use actors::execution::plan::{Plan, Program, SourceFile, Task};
use actors::execution::program::MOST_BYTES;
use actors::execution::sandbox::{Class, Sandbox};
use actors::execution::toolchain::{Purpose, Toolchain, Toolchains, catalogue};
use actors::execution::workshop::Workshop;
use clap::Args;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::command::CommandError;
use crate::config::Config;

/// Run a program in the sandbox, as the site would; its output comes while it runs, and its exit status is this command's
///
/// Limits end it with status 124 (time) or 137 (any other), a signal with 128 and its number, Ctrl-C with 130. 125 says that the sandbox does not
/// work, 2 that there was nothing to run. What is printed while building goes to standard error.
#[derive(Debug, Args)]
pub struct RunSandboxed {
    /// What it is written in; `lectern doctor` lists the languages
    #[arg(long, short)]
    language: String,
    /// What to do with it: run, compile, check, prove …
    #[arg(long, short, default_value = "run")]
    mode: String,
    /// A limit of the program: cpu, wall (2s, 500ms), memory, disk, output (64MiB, or bytes), processes or files
    #[arg(long, value_name = "NAME=VALUE")]
    limit: Vec<String>,
    /// A switch for a tool, by the package that the toolchain names
    #[arg(long, value_name = "PACKAGE=SWITCH", allow_hyphen_values = true)]
    switch: Vec<String>,
    /// A file that it reads from standard input; `-` is the standard input of this command
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// The name of the main file; without it the first file is
    #[arg(long, value_name = "NAME")]
    main: Option<String>,
    /// Print one JSON object at the end, with everything that was measured, and nothing before
    #[arg(long)]
    json: bool,
    /// The program's files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Words for the program
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Seconds of processor time for whoever sets no limit.
const TIMEOUT_S: u8 = 10;
/// There was nothing to run.
const MISUSED: u8 = 2;
/// Nobody wanted the output any more, or all of it.
const UNHEARD: u8 = 130;

impl RunSandboxed {
    /// Runs it. Without a configuration, or with one that has mistakes, there are the languages that Lectern brings.
    ///
    /// # Errors
    /// When this command cannot work at all.
    pub fn run(&self, config: Option<&Config>) -> Result<ExitCode, CommandError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| CommandError::told(format!("cannot start: {error}")))?;
        match runtime.block_on(self.carry_out(config)) {
            Ok(code) => Ok(code),
            Err(message) => {
                tell(&message);
                Ok(ExitCode::from(MISUSED))
            }
        }
    }

    async fn carry_out(&self, config: Option<&Config>) -> Result<ExitCode, String> {
        let folder = config.map_or(Path::new(""), |config| own_languages(&config.toolchains_dir));
        let toolchains = Toolchains::load(folder)
            .map_err(|mistakes| format!("the toolchains have mistakes:\n{}", catalogue::lines(&mistakes)))?;
        let workshop = Workshop::new(Sandbox::new("/proc/self/exe".into()), toolchains, Builds::in_memory());
        let language =
            self.language.parse().map_err(|error| format!("{error}; there are {}", workshop.toolchains.names()))?;
        let toolchain = workshop.toolchains.get(&language).ok_or_else(|| workshop.toolchains.unknown(&language))?;
        let files = self.files.iter().map(|path| source(path)).collect::<Result<Vec<_>, _>>()?;
        let bounds = self.bounds()?;
        let plan = Plan { language, task: Task::Program(self.program(&files)?), timeout_s: TIMEOUT_S };
        let cancel = CancellationToken::new();
        let (output, records) = unbounded_channel();
        let shown = stream::Shown::new(records, self.tools(toolchain), self.json, cancel.clone());
        let executed = async move { execute_within(&workshop, &plan, bounds, &files, &output, cancel.clone()).await };
        let (outcome, (said, mut written)) = tokio::join!(executed, shown.show());
        if outcome.steps.is_empty() {
            return Err(outcome.message);
        }
        if self.json {
            let object = report::object(&outcome, &said);
            written = written.and_then(|()| stream::put(std::io::stdout().lock(), format!("{object}\n").as_bytes()));
        } else if written.is_ok() {
            // Otherwise it may have been ended because nobody wants its output.
            self.last_words(&outcome);
        }
        if let Err(error) = written {
            tell(&format!("the output cannot be written: {error}"));
            return Ok(ExitCode::from(UNHEARD));
        }
        Ok(ExitCode::from(status(&outcome)))
    }

    fn bounds(&self) -> Result<Bounds, String> {
        let mut bounds = Bounds::default();
        self.limit.iter().try_for_each(|text| bounds.set(text))?;
        Ok(bounds)
    }

    fn program(&self, files: &[SourceFile]) -> Result<Program, String> {
        let mut program = Program {
            mode: self.mode.clone(),
            main: self.main.clone().or_else(|| files.first().map(|file| file.name.clone())),
            arguments: self.arguments.clone(),
            stdin: self.stdin()?,
            ..Program::default()
        };
        for text in &self.switch {
            let (package, switch) =
                text.split_once('=').ok_or_else(|| format!("`{text}` is no switch: write PACKAGE=SWITCH"))?;
            program.switches.entry(package.to_owned()).or_default().push(switch.to_owned());
        }
        Ok(program)
    }

    fn stdin(&self) -> Result<String, String> {
        let Some(path) = &self.stdin else { return Ok(String::new()) };
        let bytes = match path.to_str() {
            Some("-") => read(std::io::stdin().lock(), "standard input")?,
            _ => read_file(path)?,
        };
        String::from_utf8(bytes)
            .map_err(|_| format!("{} is not UTF-8: only text can be read from standard input", path.display()))
    }

    /// How many steps of the mode come before the program; none if it is the tools that are asked for.
    fn tools(&self, toolchain: &Toolchain) -> u32 {
        let steps = toolchain.steps_of(&self.mode).unwrap_or_default();
        let run = steps.iter().position(|(_, step)| step.purpose == Purpose::Run);
        run.and_then(|position| u32::try_from(position).ok()).unwrap_or(0)
    }

    /// What the streams do not tell: why it was ended.
    fn last_words(&self, outcome: &Outcome) {
        let class = outcome.steps.last().map(|step| step.class);
        if !matches!(class, Some(Class::Ok | Class::Nonzero) | None) {
            let reason = outcome.steps.iter().find_map(|step| step.evidence.sandbox_error.as_deref());
            tell(reason.or_else(|| outcome.message.lines().next()).unwrap_or_default());
        }
    }
}

/// Says something on standard error. If nobody is there to read it, there is no better place.
fn tell(message: &str) {
    _ = stream::put(std::io::stderr().lock(), format!("lectern: {message}\n").as_bytes());
}

/// The folder of the site's own languages; none if it is not for the eyes of whoever runs this, who can do without.
fn own_languages(folder: &Path) -> &Path {
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            tell(&format!(
                "{} cannot be read, so there are only the languages that Lectern brings: {error}",
                folder.display()
            ));
            Path::new("")
        }
        _ => folder,
    }
}

/// A file with the last part of its name.
fn source(path: &Path) -> Result<SourceFile, String> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| format!("{} has no name that a file could have here", path.display()))?;
    Ok(SourceFile { name: name.to_owned(), bytes: read_file(path)? })
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    read(file, &path.display().to_string())
}

/// Everything that it gives; one byte more than is taken is enough to know that it is too much.
fn read(from: impl Read, name: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let most = MOST_BYTES as u64 + 1;
    from.take(most).read_to_end(&mut bytes).map_err(|error| format!("{name} cannot be read: {error}"))?;
    if bytes.len() > MOST_BYTES {
        return Err(format!("{name} has more than {MOST_BYTES} bytes, which is the most that is taken"));
    }
    Ok(bytes)
}

/// The exit status for an outcome.
fn status(outcome: &Outcome) -> u8 {
    let Some(step) = outcome.steps.last() else { return MISUSED };
    let number = |number: Option<i32>| u8::try_from(number.unwrap_or(1)).unwrap_or(1);
    match step.class {
        // Proved only in part, or no program in spite of its status: not a success.
        Class::Ok => u8::from(outcome.verdict != entity::execution::verdict::Verdict::Passed),
        Class::Nonzero => number(step.evidence.exit_code),
        Class::Signal => number(step.evidence.signal).saturating_add(128),
        Class::CpuTimeLimit | Class::WallTimeLimit => 124,
        Class::MemoryLimit | Class::OutputLimit | Class::DiskLimit | Class::ProcessLimit => 137,
        Class::Cancelled => 130,
        Class::SandboxError => 125,
    }
}
