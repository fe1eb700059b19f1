//! The course of one run: every step a sandbox of its own, its output passed on while it comes, its end remembered.

use std::time::Duration;

use entity::execution::verdict::Blame;
use entity::points::Points;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::frame::{self, NoAnswer};
use super::outcome::{Outcome, Step};
use super::python::Request;
use super::record::{Kind, Record};
use super::sandbox::{Class, CollectedFile, Evidence, InputFile, Limits, Output, Spec, Stream};
use super::toolchain::fill::Values;
use super::toolchain::{self, Harness, Toolchain, diagnostic};
use super::verdict::{Judged, Part, sentence, verdict};
use super::workshop::Workshop;

/// A run under way.
pub struct Session<'a> {
    pub workshop: &'a Workshop,
    pub toolchain: &'a Toolchain,
    pub output: &'a UnboundedSender<Record>,
    pub cancel: CancellationToken,
    pub steps: Vec<Step>,
    pub judged: Vec<Judged>,
    /// The case of a lab that is tried.
    pub case: Option<u32>,
}

/// How one step ended, and what it left.
pub struct Ended {
    pub class: Class,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// What was written to descriptor 3.
    pub answer: Vec<u8>,
    pub collected: Vec<CollectedFile>,
    /// How it ended, in a sentence for the student; empty if it ended normally.
    pub message: String,
}

/// A question to a harness of ours that runs beside the program.
pub struct Question<'n, T> {
    pub name: &'n str,
    pub script: &'static str,
    pub task: T,
    pub files: Vec<InputFile>,
    /// Seconds of processor time.
    pub timeout_s: u8,
    pub hidden: bool,
}

/// How the step of a question ended.
pub struct Asked {
    pub ended: Ended,
    nonce: String,
}

impl Asked {
    /// What the harness answered.
    pub fn answer<A: DeserializeOwned>(&self) -> Result<A, NoAnswer> {
        frame::open(&self.ended.answer, &self.nonce)
    }
}

/// A command of ours or the student's, ready for the sandbox.
pub struct Order<'n> {
    pub name: &'n str,
    pub argv: Vec<String>,
    pub files: Vec<InputFile>,
    pub stdin: Vec<u8>,
    pub limits: Limits,
    pub collect: Vec<String>,
    /// Watchers see that it runs, not what it prints.
    pub hidden: bool,
}

impl<'a> Session<'a> {
    pub fn new(
        workshop: &'a Workshop,
        toolchain: &'a Toolchain,
        output: &'a UnboundedSender<Record>,
        cancel: CancellationToken,
    ) -> Self {
        Self { workshop, toolchain, output, cancel, steps: Vec::new(), judged: Vec::new(), case: None }
    }

    /// Runs a tool: like any step, and what it complains about is read.
    pub async fn tool(&mut self, order: Order<'_>) -> Ended {
        let ended = self.step(order).await;
        if let (Some(pattern), Some(step)) = (&self.toolchain.diagnostics, self.steps.last_mut()) {
            let said = [&ended.stdout[..], &ended.stderr].concat();
            step.diagnostics = diagnostic::read(pattern, &String::from_utf8_lossy(&said));
        }
        ended
    }

    /// Runs one command in a sandbox of its own and waits for its end.
    pub async fn step(&mut self, order: Order<'_>) -> Ended {
        let env = self.toolchain.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let Order { name, argv, files, stdin, limits, collect, hidden } = order;
        let spec = Spec { argv, env, files, stdin, limits, collect };
        let (sender, mut pieces) = unbounded_channel::<Output>();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let listen = async {
            while let Some(Output { stream, bytes }) = pieces.recv().await {
                let (kind, whole) = match stream {
                    Stream::Stdout => (Kind::Stdout, &mut stdout),
                    Stream::Stderr => (Kind::Stderr, &mut stderr),
                };
                whole.extend_from_slice(&bytes);
                if !hidden {
                    self.record(kind, bytes);
                }
            }
        };
        let (report, ()) = tokio::join!(self.workshop.sandbox.run(spec, sender, self.cancel.clone()), listen);
        let message = sentence(report.class, &report.evidence, &limits);
        if let Some(reason) = &report.evidence.sandbox_error {
            self.record(Kind::Internal, format!("{reason}\n").into_bytes());
        }
        self.push(name, hidden, report.class, report.evidence);
        Ended { class: report.class, stdout, stderr, answer: report.answer, collected: report.collected, message }
    }

    /// Asks a harness, in a sandbox of its own.
    pub async fn ask<T: Serialize>(&mut self, harness: &Harness, question: Question<'_, T>) -> Asked {
        let Question { name, script, task, files, timeout_s, hidden } = question;
        let nonce = match frame::nonce() {
            Ok(nonce) => nonce,
            Err(error) => return self.no_question(name, hidden, &format!("no random numbers: {error}")),
        };
        let stdin = match serde_json::to_vec(&Request { nonce: &nonce, task }) {
            Ok(stdin) => stdin,
            Err(error) => return self.no_question(name, hidden, &format!("a request cannot be written: {error}")),
        };
        let order = Order {
            name,
            argv: Values::default().with("script", [script.to_owned()]).words(&harness.argv),
            files,
            stdin,
            limits: limits(&harness.limits, timeout_s, None),
            collect: Vec::new(),
            hidden,
        };
        Asked { ended: self.step(order).await, nonce }
    }

    fn no_question(&mut self, name: &str, hidden: bool, reason: &str) -> Asked {
        Asked { ended: self.broken(name, hidden, reason), nonce: String::new() }
    }

    /// A step that could not begin, by no fault of the program's.
    pub fn broken(&mut self, name: &str, hidden: bool, reason: &str) -> Ended {
        self.record(Kind::Internal, format!("{reason}\n").into_bytes());
        let evidence = Evidence { sandbox_error: Some(reason.to_owned()), ..Evidence::default() };
        self.push(name, hidden, Class::SandboxError, evidence);
        self.judge(Part::Run, Class::SandboxError, false, Blame::Infrastructure);
        Ended {
            class: Class::SandboxError,
            stdout: Vec::new(),
            stderr: Vec::new(),
            answer: Vec::new(),
            collected: Vec::new(),
            message: String::new(),
        }
    }

    fn push(&mut self, name: &str, hidden: bool, class: Class, evidence: Evidence) {
        let name = name.to_owned();
        self.steps.push(Step { name, hidden, class, evidence, cached: false, diagnostics: Vec::new() });
    }

    /// The step after which there is no point in going on: stopped by its owner, or the sandbox does not work.
    pub fn cut_short(&self) -> Option<&Step> {
        self.steps.iter().find(|step| matches!(step.class, Class::Cancelled | Class::SandboxError))
    }

    /// A line for everybody who watches, about the step that comes next.
    pub fn announce(&self, line: &str) {
        self.record(Kind::Console, format!("{line}\n").into_bytes());
    }

    /// What a step's toolchain has to say when it went well.
    pub fn say_success(&self, step: &toolchain::Step) {
        if let Some(line) = &step.success {
            self.record(Kind::Stdout, format!("{line}\n").into_bytes());
        }
    }

    /// The same when it ended with another status than 0.
    pub fn say_failure(&self, step: &toolchain::Step, ended: &Ended) {
        let status = self.steps.last().and_then(|step| step.evidence.exit_code);
        if let (Class::Nonzero, Some(line), Some(status)) = (ended.class, &step.failure, status) {
            self.record(Kind::Stderr, format!("{}\n", line.replace("{status}", &status.to_string())).into_bytes());
        }
    }

    /// The same when its time was over.
    pub fn say_interrupted(&self, step: &toolchain::Step, ended: &Ended, wall: Duration) {
        let over = matches!(ended.class, Class::WallTimeLimit | Class::CpuTimeLimit);
        if let (true, Some(line)) = (over, &step.interrupted) {
            let line = line.replace("{seconds}", &wall.as_secs().to_string());
            self.record(Kind::Stderr, format!("{line}\n").into_bytes());
        }
    }

    /// Nobody listening is no reason to stop.
    pub fn record(&self, kind: Kind, bytes: Vec<u8>) {
        let step = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        _ = self.output.send(Record { kind, step, case: self.case, bytes });
    }

    pub fn judge(&mut self, part: Part, class: Class, passed: bool, blame: Blame) {
        self.judged.push(Judged { part, class, passed, blame });
    }

    /// A run that could not begin, because of what was handed in or asked for.
    pub fn refuse(mut self, blame: Blame, message: String) -> Outcome {
        self.judge(Part::Build, Class::Ok, false, blame);
        self.outcome(message)
    }

    /// The end of the run. A sandbox that did not work outweighs what would have been said.
    pub fn outcome(self, message: String) -> Outcome {
        let (verdict, blame) = verdict(&self.judged);
        let last = self.steps.iter().rfind(|step| !step.hidden).map(|step| &step.evidence);
        let message = match self.cut_short() {
            Some(step) => sentence(step.class, &step.evidence, &Limits::default()),
            None => message,
        };
        Outcome {
            verdict,
            blame,
            exit_code: last.and_then(|evidence| evidence.exit_code),
            signal: last.and_then(|evidence| evidence.signal),
            message,
            steps: self.steps,
            tests: Vec::new(),
            observed: None,
            earned: Points::ZERO,
            maximum: Points::ZERO,
        }
    }
}

/// The limits of a step: what the toolchain allows, for that many seconds of processor time.
pub fn limits(limits: &toolchain::Limits, timeout_s: u8, wall_s: Option<u16>) -> Limits {
    let cpu = Duration::from_secs(timeout_s.max(1).into());
    let wall = wall_s.map(|seconds| Duration::from_secs(seconds.into()));
    Limits {
        cpu,
        // A busy machine must not fail anybody: time on the clock is there for programs that wait for ever.
        wall: wall.unwrap_or(cpu * 3 + Duration::from_secs(2)),
        memory_bytes: u64::from(limits.memory_mib) << 20,
        processes: limits.processes.into(),
        output_bytes: u64::from(limits.output_kib) << 10,
        disk_bytes: u64::from(limits.disk_mib) << 20,
        answer_bytes: ANSWER_BYTES,
        ..Limits::default()
    }
}

/// Room for the encoded values of an exercise.
const ANSWER_BYTES: u64 = 8 << 20;
