//! The course of one run: every step a sandbox of its own, its output passed on while it comes, its end remembered.

use std::time::Duration;

use entity::execution::verdict::Blame;
use entity::points::Points;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::bounds::Bounds;
use super::builds::{self, Claim, Kept, Key};
use super::frame::{self, NoAnswer};
use super::order::Order;
use super::outcome::{Outcome, Step};
use super::python::Request;
use super::record::{Kind, Record};
use super::sandbox::{Class, CollectedFile, Evidence, InputFile, Limits, Output, Spec, Stream};
use super::toolchain::fill::Values;
use super::toolchain::{self, Harness, Purpose, Toolchain, diagnostic};
use super::verdict::{Judged, Part, Who, sentence, verdict};
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
    /// Limits of the program that its caller has set.
    pub bounds: Bounds,
    /// Everything that happens is for staff alone.
    pub quiet: bool,
}

/// The most bytes of one record that is said again.
const RECORD: usize = 32 << 10;

/// How one step ended, and what it left.
#[derive(Clone)]
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
    /// The most milliseconds on the clock. None: what follows from the processor time.
    pub wall_ms: Option<u32>,
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

impl<'a> Session<'a> {
    pub fn new(
        workshop: &'a Workshop,
        toolchain: &'a Toolchain,
        output: &'a UnboundedSender<Record>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            workshop,
            toolchain,
            output,
            cancel,
            steps: Vec::new(),
            judged: Vec::new(),
            case: None,
            bounds: Bounds::default(),
            quiet: false,
        }
    }

    /// Runs a tool, or says again what came of it before; what it complains about is read.
    pub async fn tool(&mut self, step: &toolchain::Step, order: Order<'_>) -> Ended {
        let key = match step.purpose {
            Purpose::Build | Purpose::Check => builds::key(self.toolchain, step, &order),
            // How long a proof takes depends on the machine, a run on everything.
            Purpose::Prove | Purpose::Run => None,
        };
        let ended = match key {
            Some(key) => self.once(key, order).await,
            None => self.step(order).await,
        };
        if let (Some(pattern), Some(step)) = (&self.toolchain.diagnostics, self.steps.last_mut()) {
            let said = [&ended.stdout[..], &ended.stderr].concat();
            step.diagnostics = diagnostic::read(pattern, &String::from_utf8_lossy(&said));
        }
        ended
    }

    /// A step that always comes to the same, carried out unless that is known.
    async fn once(&mut self, key: Key, order: Order<'_>) -> Ended {
        let cancel = self.cancel.clone();
        let builds = &self.workshop.builds;
        let claimed = tokio::select! {
            claimed = builds.claim(key) => claimed,
            // The sandbox says how that ends.
            () = cancel.cancelled() => return self.step(order).await,
        };
        match claimed {
            Claim::Done(kept) => self.again(order.name, order.who, &kept),
            Claim::Mine(turn) => {
                let ended = self.step(order).await;
                let evidence = self.steps.last().map(|step| step.evidence.clone());
                if let (Class::Ok | Class::Nonzero, Some(evidence)) = (ended.class, evidence) {
                    let Ended { class, stdout, stderr, collected, .. } = ended.clone();
                    builds.keep(turn, Kept { class, evidence, stdout, stderr, collected }).await;
                }
                ended
            }
        }
    }

    fn again(&mut self, name: &str, who: Who, kept: &Kept) -> Ended {
        for (kind, bytes) in [(Kind::Stdout, &kept.stdout), (Kind::Stderr, &kept.stderr)] {
            bytes.chunks(RECORD).filter(|_| !self.quiet).for_each(|piece| self.record(kind, piece.to_vec()));
        }
        self.push(name, self.quiet, kept.class, kept.evidence.clone());
        if let Some(step) = self.steps.last_mut() {
            step.cached = true;
        }
        Ended {
            class: kept.class,
            stdout: kept.stdout.clone(),
            stderr: kept.stderr.clone(),
            answer: Vec::new(),
            collected: kept.collected.clone(),
            message: sentence(who, kept.class, &kept.evidence, &Limits::default()),
        }
    }

    /// Runs one command in a sandbox of its own and waits for its end.
    pub async fn step(&mut self, order: Order<'_>) -> Ended {
        let env = self.toolchain.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let Order { name, who, argv, files, stdin, limits, collect, hidden } = order;
        let hidden = hidden || self.quiet;
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
        let message = sentence(who, report.class, &report.evidence, &limits);
        if let Some(reason) = &report.evidence.sandbox_error {
            self.record(Kind::Internal, format!("{reason}\n").into_bytes());
        }
        self.push(name, hidden, report.class, report.evidence);
        Ended { class: report.class, stdout, stderr, answer: report.answer, collected: report.collected, message }
    }

    /// Asks a harness, in a sandbox of its own.
    pub async fn ask<T: Serialize>(&mut self, harness: &Harness, question: Question<'_, T>) -> Asked {
        let Question { name, script, task, files, timeout_s, wall_ms, hidden } = question;
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
            who: Who::Program,
            argv: Values::default().with("script", [script.to_owned()]).words(&harness.argv),
            files,
            stdin,
            limits: at_most(limits(&harness.limits, timeout_s, None), wall_ms),
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
        if self.quiet {
            return;
        }
        self.record(Kind::Console, format!("{line}\n").into_bytes());
    }

    /// What a step's toolchain has to say when it went well.
    pub fn say_success(&self, step: &toolchain::Step) {
        if let Some(line) = &step.success {
            self.say(Kind::Stdout, line);
        }
    }

    /// The same when it ended with another status than 0.
    pub fn say_failure(&self, step: &toolchain::Step, ended: &Ended) {
        let status = self.steps.last().and_then(|step| step.evidence.exit_code);
        if let (Class::Nonzero, Some(line), Some(status)) = (ended.class, &step.failure, status) {
            self.say(Kind::Stderr, &line.replace("{status}", &status.to_string()));
        }
    }

    /// The same when its time was over, if that was the time which the toolchain gives to everybody.
    pub fn say_interrupted(&self, step: &toolchain::Step, ended: &Ended, wall: Duration) {
        let over = matches!(ended.class, Class::WallTimeLimit | Class::CpuTimeLimit);
        let usual = step.wall_s.is_some_and(|seconds| wall == Duration::from_secs(seconds.into()));
        if let (true, Some(line)) = (over && usual, &step.interrupted) {
            self.say(Kind::Stderr, &line.replace("{seconds}", &wall.as_secs().to_string()));
        }
    }

    /// A line of ours among what the last step printed.
    pub fn say(&self, kind: Kind, line: &str) {
        if self.quiet {
            return;
        }
        let step = u32::try_from(self.steps.len().saturating_sub(1)).unwrap_or(u32::MAX);
        _ = self.output.send(Record { kind, step, case: self.case, bytes: format!("{line}\n").into_bytes() });
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
            Some(step) => sentence(Who::Program, step.class, &step.evidence, &Limits::default()),
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

/// The same with less time on the clock, if so much is said.
pub fn at_most(limits: Limits, wall_ms: Option<u32>) -> Limits {
    let wall = wall_ms.map_or(limits.wall, |wall| limits.wall.min(Duration::from_millis(wall.into())));
    Limits { wall, ..limits }
}

/// Room for the encoded values of an exercise.
const ANSWER_BYTES: u64 = 8 << 20;
