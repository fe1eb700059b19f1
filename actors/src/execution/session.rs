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
use super::sandbox::{Class, CollectedFile, Evidence, InputFile, Limits, Output, Sandbox, Spec, Stream};
use super::toolchain::{self, Command, Toolchain};
use super::verdict::{Judged, Part, sentence, verdict};

/// A run under way.
pub struct Session<'a> {
    pub sandbox: &'a Sandbox,
    pub toolchain: &'static Toolchain,
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

impl Session<'_> {
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
        let (report, ()) = tokio::join!(self.sandbox.run(spec, sender, self.cancel.clone()), listen);
        let message = sentence(report.class, &report.evidence, &limits);
        if let Some(reason) = &report.evidence.sandbox_error {
            self.record(Kind::Internal, format!("{reason}\n").into_bytes());
        }
        self.steps.push(Step { name: name.to_owned(), hidden, class: report.class, evidence: report.evidence });
        Ended { class: report.class, stdout, stderr, answer: report.answer, collected: report.collected, message }
    }

    /// Asks a harness, in a sandbox of its own.
    pub async fn ask<T: Serialize>(&mut self, harness: &Command, question: Question<'_, T>) -> Asked {
        let Question { name, script, task, files, timeout_s, hidden } = question;
        let nonce = match frame::nonce() {
            Ok(nonce) => nonce,
            Err(error) => return self.broken(name, hidden, &format!("no random numbers: {error}")),
        };
        let stdin = match serde_json::to_vec(&Request { nonce: &nonce, task }) {
            Ok(stdin) => stdin,
            Err(error) => return self.broken(name, hidden, &format!("a request cannot be written: {error}")),
        };
        let order = Order {
            name,
            argv: toolchain::fill(&harness.argv, &[("script", vec![script.to_owned()])]),
            files,
            stdin,
            limits: limits(&harness.limits, timeout_s),
            collect: Vec::new(),
            hidden,
        };
        Asked { ended: self.step(order).await, nonce }
    }

    /// A step that could not begin, by no fault of the program's.
    fn broken(&mut self, name: &str, hidden: bool, reason: &str) -> Asked {
        self.record(Kind::Internal, format!("{reason}\n").into_bytes());
        let evidence = Evidence { sandbox_error: Some(reason.to_owned()), ..Evidence::default() };
        self.steps.push(Step { name: name.to_owned(), hidden, class: Class::SandboxError, evidence });
        let ended = Ended {
            class: Class::SandboxError,
            stdout: Vec::new(),
            stderr: Vec::new(),
            answer: Vec::new(),
            collected: Vec::new(),
            message: String::new(),
        };
        Asked { ended, nonce: String::new() }
    }

    /// The step after which there is no point in going on: stopped by its owner, or the sandbox does not work.
    pub fn cut_short(&self) -> Option<&Step> {
        self.steps.iter().find(|step| matches!(step.class, Class::Cancelled | Class::SandboxError))
    }

    /// A line for everybody who watches, about the step that comes next.
    pub fn announce(&self, line: &str) {
        self.record(Kind::Console, format!("{line}\n").into_bytes());
    }

    /// Nobody listening is no reason to stop.
    fn record(&self, kind: Kind, bytes: Vec<u8>) {
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
pub fn limits(limits: &toolchain::Limits, timeout_s: u8) -> Limits {
    let cpu = Duration::from_secs(timeout_s.max(1).into());
    Limits {
        cpu,
        // A busy machine must not fail anybody: time on the clock is there for programs that wait for ever.
        wall: cpu * 3 + Duration::from_secs(2),
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
