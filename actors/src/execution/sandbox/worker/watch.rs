//! A run from start to end, seen from outside.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::OwnedWriteHalf;
use tokio::process::Child;
use tokio::sync::mpsc::{Receiver, UnboundedSender};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::super::inside::sys;
use super::super::{KillCause, Output, wire};
use super::channel::{self, News};
use super::pump::Pumps;
use super::start::{Started, start};
use super::{Found, Spec};

/// How long making a sandbox may take.
const SET_UP: Duration = Duration::from_secs(20);
/// How long init may take to kill and reap, before it is killed itself.
const GRACE: Duration = Duration::from_secs(5);
/// How long init may take to send files.
const COLLECT: Duration = Duration::from_secs(20);

/// Runs `spec`. What goes wrong is in the evidence.
pub async fn run(launcher: &Path, spec: &Spec, output: UnboundedSender<Output>, cancel: CancellationToken) -> Found {
    let mut found = Found::default();
    if let Some(fault) = spec.fault() {
        found.evidence.sandbox_error = Some(fault);
        return found;
    }
    let started = match start(launcher, &spec.stdin) {
        Ok(started) => started,
        Err(error) => {
            let reason = format!("cannot start the launcher {}: {error}", launcher.display());
            found.evidence.sandbox_error = Some(reason);
            return found;
        }
    };
    let Started { launcher, control, stdout, stderr, answer } = started;
    let pumps = Pumps::start(stdout, stderr, answer, &spec.limits, output);
    let watch = Watch { spec, cancel, pumps: &pumps, found: &mut found };
    watch.follow(launcher, control).await;
    let [stdout, stderr, answer] = pumps.finish().await;
    found.evidence.stdout_bytes = stdout.bytes;
    found.evidence.stderr_bytes = stderr.bytes;
    found.evidence.answer_bytes = answer.bytes;
    found.answer = answer.kept;
    found
}

/// Where a run is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    SettingUp,
    Running,
    /// Init was asked to kill.
    Killing,
    /// The program is gone.
    Stopped,
    /// Init itself was killed, because it didn't do what it should in time.
    Broken,
}

/// What comes next in a run.
enum Turn {
    /// Init says something, or is gone.
    News(Option<News>),
    /// A limit is crossed, or the owner wants no more.
    Kill(KillCause),
    /// Init hasn't done in time what it should.
    Late,
}

struct Watch<'a> {
    spec: &'a Spec,
    cancel: CancellationToken,
    pumps: &'a Pumps,
    found: &'a mut Found,
}

impl Watch<'_> {
    /// Follows the run until launcher, init and everything below them are gone.
    async fn follow(mut self, mut launcher: Child, control: tokio::net::UnixStream) {
        let cancel = self.cancel.clone();
        let introduced = tokio::select! {
            introduced = timeout(SET_UP, introduce(control, self.spec)) => introduced,
            () = cancel.cancelled() => {
                self.found.evidence.kill_cause = Some(KillCause::Cancelled);
                // Its end is init's, if there is one by now.
                return reap(&mut launcher, Duration::ZERO).await;
            }
        };
        match introduced {
            Ok(Ok(introduced)) => self.listen(introduced).await,
            Ok(Err(error)) => {
                let end = match timeout(GRACE, launcher.wait()).await {
                    Ok(Ok(status)) => status.to_string(),
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => "it hangs".to_owned(),
                };
                self.broken(format!("the sandbox launcher gave no sandbox ({error}; {end})"));
            }
            Err(_) => self.broken(format!("making the sandbox took more than {} s", SET_UP.as_secs())),
        }
        reap(&mut launcher, GRACE).await;
    }

    fn broken(&mut self, reason: String) {
        self.found.evidence.sandbox_error.get_or_insert(reason);
    }

    async fn listen(&mut self, introduced: Introduced) {
        let Introduced { init, mut to_init, mut news } = introduced;
        let mut state = State::SettingUp;
        let mut deadline = Instant::now() + SET_UP;
        let mut complete = false;
        loop {
            match self.turn(&mut news, state, deadline).await {
                Turn::News(None) => break,
                Turn::News(Some(news)) => {
                    complete |= matches!(news, News::Ended(_) | News::Failed(_));
                    self.note(news, &mut state, &mut deadline);
                }
                Turn::Kill(cause) => {
                    // Recorded first, done then. Init may still be at the set-up; it will hear this when it begins to watch.
                    self.found.evidence.kill_cause = Some(cause);
                    let told = to_init.write_all(&[wire::KILL]).await;
                    state = State::Killing;
                    deadline = Instant::now() + if told.is_ok() { GRACE } else { Duration::ZERO };
                }
                Turn::Late => {
                    kill_init(init.as_ref());
                    // A program that keeps init from reporting has still been ended for the cause on record.
                    complete = state == State::Killing;
                    if !complete {
                        self.broken("init did not answer in time and was killed".to_owned());
                    }
                    state = State::Broken;
                }
            }
        }
        if !complete {
            self.broken("init ended without a report: it was killed, or memory ran out".to_owned());
        }
    }

    /// Waits for what comes next. What init says comes first: a status that is already here wins.
    async fn turn(&self, news: &mut Receiver<News>, state: State, deadline: Instant) -> Turn {
        let running = state == State::Running;
        tokio::select! {
            biased;
            news = news.recv() => Turn::News(news),
            () = self.cancel.cancelled(), if running || state == State::SettingUp => Turn::Kill(KillCause::Cancelled),
            () = self.pumps.over_limit(), if running => Turn::Kill(KillCause::Output),
            () = sleep_until(deadline), if state != State::Broken => match state {
                State::Running => Turn::Kill(KillCause::Wall),
                _ => Turn::Late,
            },
        }
    }

    fn note(&mut self, news: News, state: &mut State, deadline: &mut Instant) {
        match news {
            News::Failed(reason) => self.broken(reason),
            News::Started => {
                self.found.started = Some(std::time::Instant::now());
                if *state == State::SettingUp {
                    *state = State::Running;
                    *deadline = Instant::now() + self.spec.limits.wall;
                }
            }
            News::Stopped => {
                *state = State::Stopped;
                *deadline = Instant::now() + COLLECT;
            }
            News::File(file) => self.found.collected.push(file),
            News::Ended(ended) => self.report(ended),
        }
    }

    fn report(&mut self, ended: wire::Ended) {
        let evidence = &mut self.found.evidence;
        evidence.exit_code = ended.exit_code;
        evidence.signal = ended.signal;
        // Init names a cause only if it killed before it was asked to.
        evidence.kill_cause = ended.kill_cause.or(evidence.kill_cause);
        evidence.cpu_us = ended.cpu_us;
        evidence.wall_us = ended.wall_us;
        evidence.peak_memory_bytes = ended.peak_memory_bytes;
        evidence.processes_peak = ended.processes_peak;
        evidence.disk_full = ended.disk_full;
        evidence.not_collected = ended.not_collected;
    }
}

/// Init, and how to speak with it.
struct Introduced {
    init: Option<OwnedFd>,
    to_init: OwnedWriteHalf,
    news: Receiver<News>,
}

async fn introduce(mut control: tokio::net::UnixStream, spec: &Spec) -> io::Result<Introduced> {
    // A launcher that ended early says why; only if it says nothing is the failure to send of interest.
    let sent = channel::send_plan(&mut control, spec).await;
    let init = channel::receive_init(&control).await.map_err(|error| sent.err().unwrap_or(error))?;
    let (from_init, to_init) = control.into_split();
    let news = channel::listen(from_init, spec.limits.collect_bytes);
    Ok(Introduced { init, to_init, news })
}

fn kill_init(init: Option<&OwnedFd>) {
    if let Some(init) = init {
        // An error says that it is dead already.
        let _ = sys::kill_by_descriptor(init.as_fd());
    }
}

/// Waits for the launcher, which ends when init's namespace is empty, and kills it if it takes longer.
async fn reap(launcher: &mut Child, patience: Duration) {
    if timeout(patience, launcher.wait()).await.is_err() {
        let _ = launcher.start_kill();
        let _ = launcher.wait().await;
    }
}
