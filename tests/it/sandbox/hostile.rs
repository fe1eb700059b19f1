//! Programs that want more than they may have, or out, or to be seen: each a file in `hostile/programs` that says what must become of it.
//!
//! Their limits are small, so that all of them take seconds. They get a number as argument that nobody else has: what they leave behind by
//! that name would be found on the host.

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use actors::execution::sandbox::{Class, InputFile, Limits, Output, Report, Sandbox, Spec};
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Told, file, gather, host, run_as, run_in, sandbox, shell};
use program::{Language, Program};

/// Where the programs are, if not where they were when this was compiled.
pub const PROGRAMS: &str = "LECTERN_TEST_PROGRAMS";
/// Runs at one time.
const AT_ONCE: usize = 4;
/// What programs may have in common.
const ATTEMPT_PY: &str = include_str!("hostile/attempt.py");
const ATTEMPT_H: &str = include_str!("hostile/attempt.h");

pub fn programs() -> PathBuf {
    let here = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/it/sandbox/hostile/programs"));
    std::env::var_os(PROGRAMS).map_or_else(here, PathBuf::from)
}

#[tokio::test]
async fn programs_end_as_they_must_and_leave_nothing() {
    let suite = Suite::ready().await;
    let before = host::traces(&suite.mark);
    let runs = stream::iter(suite.programs.values()).map(|program| suite.faults(program)).buffer_unordered(AT_ONCE);
    let faults: Vec<String> = runs.concat().await;
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    assert_eq!(host::traces(&suite.mark), before);
    assert_eq!(run_as(Class::Ok, shell("echo fine")).await.stdout, "fine\n");
}

/// All programs, those in C compiled.
struct Suite {
    programs: BTreeMap<String, Program>,
    compiled: BTreeMap<String, Vec<u8>>,
    /// One for all, so that programs come after others in the same cells.
    sandbox: Sandbox,
    /// A number that is this process's alone, large enough to sleep for.
    mark: String,
}

impl Suite {
    async fn ready() -> Self {
        let entries = fs::read_dir(programs()).expect("the programs are there");
        let programs = entries.map(|entry| Program::read(&entry.expect("readable").path()));
        let programs: BTreeMap<_, _> = programs.map(|program| (program.name.clone(), program)).collect();
        assert!(programs.len() >= 60, "{} programs", programs.len());
        let compiled = compile(programs.values().filter(|program| program.language == Language::C)).await;
        Self { programs, compiled, sandbox: sandbox(), mark: (1_500_000_000 + std::process::id()).to_string() }
    }

    fn spec(&self, program: &Program) -> Spec {
        let words: &[&str] = match program.language {
            Language::C => &[],
            Language::Python => &["/usr/bin/python3", "-S", "-s", "-B"],
            Language::Shell => &["/bin/sh"],
        };
        let name = program.name.clone();
        let path = format!("./{name}");
        let mut spec = Spec::new(words.iter().copied().chain([path.as_str(), &self.mark]));
        spec.files = match program.language {
            Language::C => vec![InputFile { bytes: self.compiled[&name].clone(), name, executable: true }],
            Language::Python => vec![file(&name, &program.text), file("attempt.py", ATTEMPT_PY)],
            Language::Shell => {
                spec.env = vec![("PATH".to_owned(), "/usr/bin:/bin:/usr/sbin:/sbin".to_owned())];
                vec![file(&name, &program.text)]
            }
        };
        spec.collect.clone_from(&program.collect);
        spec.limits = program.limits;
        spec
    }

    /// Runs a program, beside another one if it wants that, and tells what was not as it must be.
    async fn faults(&self, program: &Program) -> Vec<String> {
        let Some(beside) = &program.beside else {
            let told = if program.classes.contains(&Class::Cancelled) {
                self.start(program).await.stop().await
            } else {
                run_in(&self.sandbox, self.spec(program)).await
            };
            return program.faults(&told);
        };
        let other = &self.programs[beside];
        let held = self.start(other).await;
        let told = run_in(&self.sandbox, self.spec(program)).await;
        let mut faults = program.faults(&told);
        if held.running.is_finished() {
            faults.push(format!("{beside} ended while {} ran", program.name));
        }
        faults.extend(other.faults(&held.stop().await));
        faults
    }

    /// Starts a program and waits until it says that it is ready.
    async fn start(&self, program: &Program) -> Held {
        let (sender, mut output) = unbounded_channel();
        let cancel = CancellationToken::new();
        let (spec, token, sandbox) = (self.spec(program), cancel.clone(), self.sandbox.clone());
        let running = tokio::spawn(async move { sandbox.run(spec, sender, token).await });
        let first = output.recv().await;
        let ready = first.is_some_and(|first| first.bytes == b"ready\n");
        assert!(ready, "{} is not ready", program.name);
        Held { running, output, cancel }
    }
}

/// A program that runs until it is cancelled.
struct Held {
    running: JoinHandle<Report>,
    output: UnboundedReceiver<Output>,
    cancel: CancellationToken,
}

impl Held {
    async fn stop(self) -> Told {
        self.cancel.cancel();
        let report = self.running.await.expect("no panic");
        let (stdout, stderr) = gather(self.output);
        Told { report, stdout, stderr }
    }
}

/// Compiles programs, all in one run.
async fn compile(programs: impl Iterator<Item = &Program>) -> BTreeMap<String, Vec<u8>> {
    let compiler = "gcc -pipe -O0 -w -pthread -D_GNU_SOURCE -x c -o";
    let mut spec = shell(&format!("ls *.c | xargs -P 2 -I % sh -c '{compiler} %.out % && mv %.out %'"));
    spec.env = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
    spec.files = programs.map(|program| file(&program.name, &program.text)).collect();
    spec.collect = spec.files.iter().map(|file| file.name.clone()).collect();
    spec.files.push(file("attempt.h", ATTEMPT_H));
    spec.limits = Limits { cpu: Duration::from_secs(60), wall: Duration::from_secs(60), ..Limits::default() };
    let told = run_as(Class::Ok, spec).await;
    told.report.collected.into_iter().map(|file| (file.name, file.bytes)).collect()
}
