//! A run from order to end, seen from outside.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, Interval, Sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::super::inside::sys;
use super::super::{KillCause, Output, wire};
use super::cell::Cell;
use super::groups::Usage;
use super::inbox::{Inbox, News};
use super::pump::Pumps;
use super::slot::Slot;
use super::{Found, Spec};

/// How long init may take, beside the program's own time, from the order to its report.
const SLACK: Duration = Duration::from_secs(30);
/// How long init may take to kill, to reap and to report when it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How often the control group is asked for the processor time.
const LOOK: Duration = Duration::from_millis(100);
/// What of the processor time in a group may be zygote's and init's, in microseconds.
const OWN_CPU_US: u64 = 20_000;

/// What is to be run, and where.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub spec: &'a Spec,
    pub cell: &'a Cell,
    /// Which limits the cell's group keeps.
    pub kept: wire::Kept,
}

/// The processor time that is certainly the program's, of what was counted in its group. More than init sees if the program let children go
/// unwaited for.
pub fn cpu_of_program_us(usage: &Usage) -> u64 {
    usage.cpu_us.unwrap_or(0).saturating_sub(OWN_CPU_US)
}

/// What is left of a slot that is over, to be dropped when there is time.
#[derive(Debug)]
pub struct Remains {
    _inbox: Inbox,
    _init: OwnedFd,
    _pipes: [Receiver; 3],
}

/// Runs `spec` in `slot`. What goes wrong is in what was found. Something remains if the slot has ended as it should, and its cell can go on.
pub async fn run(
    run: Run<'_>,
    mut slot: Slot,
    output: UnboundedSender<Output>,
    cancel: &CancellationToken,
    found: &mut Found,
) -> Option<Remains> {
    let spec = run.spec;
    let ordered = tokio::select! {
        ordered = slot.start(spec, run.kept) => ordered,
        () = cancel.cancelled() => {
            found.evidence.kill_cause = Some(KillCause::Cancelled);
            return None;
        }
    };
    let Slot { inbox, init, stdout, stderr, answer, .. } = slot;
    let pumps = Pumps::new(stdout, stderr, answer, &spec.limits, output);
    let look = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
    let mut watch = Watch { run, look, inbox, init, pumps, found, state: State::Running };
    // An init that ended early may have said why, which is of more interest than that the order did not reach it.
    let complete = watch.listen(spec.limits.wall + SLACK, cancel).await;
    if !complete {
        let reason = match ordered {
            Err(error) => format!("the sandbox did not take its order: {error}"),
            Ok(()) => "init ended without a report: it was killed, or memory ran out".to_owned(),
        };
        watch.found.broken(reason);
    }
    let remains = watch.end();
    complete.then_some(remains)
}

/// Where a run is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// Init was asked to kill.
    Killing,
    /// Init itself was killed, because it didn't do what it should in time.
    Broken,
}

/// What comes next in a run.
enum Turn {
    /// Init says something, or is gone.
    News(io::Result<Option<News>>),
    /// A limit is crossed, or the owner wants no more.
    Kill(KillCause),
    /// Init hasn't done in time what it should.
    Late,
    /// Some output has been taken, or there was time to look at the group.
    Nothing,
}

struct Watch<'a> {
    run: Run<'a>,
    look: Interval,
    inbox: Inbox,
    init: OwnedFd,
    pumps: Pumps,
    found: &'a mut Found,
    state: State,
}

impl Watch<'_> {
    /// Follows the run until init has reported or is gone. True if it has reported, or was killed while it was asked to kill.
    async fn listen(&mut self, time: Duration, cancel: &CancellationToken) -> bool {
        let deadline = sleep_until(Instant::now() + time);
        tokio::pin!(deadline);
        let mut complete = false;
        loop {
            match self.turn(deadline.as_mut(), cancel).await {
                Turn::News(Ok(Some(news))) => {
                    if self.note(news) {
                        return true;
                    }
                }
                Turn::News(_) => return complete,
                Turn::Kill(cause) => {
                    // Recorded first, done then. Init may still be at the files; it will hear this when it begins to watch.
                    self.found.evidence.kill_cause = Some(cause);
                    self.state = State::Killing;
                    let told = self.inbox.socket.write_all(&[wire::KILL]).await;
                    deadline.as_mut().reset(Instant::now() + if told.is_ok() { GRACE } else { Duration::ZERO });
                }
                Turn::Late => {
                    // An error says that it is dead already.
                    let _ = sys::kill_by_descriptor(self.init.as_fd());
                    // A program that keeps init from reporting has still been ended for the cause on record.
                    complete = self.state == State::Killing;
                    self.state = State::Broken;
                }
                Turn::Nothing => {}
            }
        }
    }

    /// Waits for what comes next. What init says comes first: a status that is already here wins.
    async fn turn(&mut self, deadline: std::pin::Pin<&mut Sleep>, cancel: &CancellationToken) -> Turn {
        let running = self.state == State::Running;
        if running && self.pumps.over_limit() {
            return Turn::Kill(KillCause::Output);
        }
        tokio::select! {
            biased;
            news = self.inbox.next() => Turn::News(news),
            () = cancel.cancelled(), if running => Turn::Kill(KillCause::Cancelled),
            () = deadline, if self.state != State::Broken => Turn::Late,
            () = self.pumps.turn() => Turn::Nothing,
            _ = self.look.tick(), if running => self.look(),
        }
    }

    /// Init measures processor time as well, but not that of children which nobody waits for.
    fn look(&self) -> Turn {
        let used = self.run.cell.usage().map_or(0, |usage| cpu_of_program_us(&usage));
        let over = u128::from(used) >= self.run.spec.limits.cpu.as_micros();
        if over { Turn::Kill(KillCause::Cpu) } else { Turn::Nothing }
    }

    /// True if this was the last of the news.
    fn note(&mut self, news: News) -> bool {
        match news {
            News::File(file) => self.found.collected.push(file),
            News::Failed(reason) => self.found.broken(reason),
            News::Ended(ended) => {
                self.report(ended);
                return true;
            }
            News::Cell(_) => self.found.broken("init speaks for a zygote".to_owned()),
        }
        self.found.evidence.sandbox_error.is_some()
    }

    fn report(&mut self, ended: wire::Ended) {
        self.found.started_us = Some(ended.started_us);
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

    /// Takes what is still in the pipes.
    fn end(mut self) -> Remains {
        self.pumps.finish();
        let evidence = &mut self.found.evidence;
        evidence.stdout_bytes = self.pumps.stdout.seen;
        evidence.stderr_bytes = self.pumps.stderr.seen;
        evidence.answer_bytes = self.pumps.answer.seen;
        let (pipes, answer) = self.pumps.into_parts();
        self.found.answer = answer;
        Remains { _inbox: self.inbox, _init: self.init, _pipes: pipes }
    }
}
