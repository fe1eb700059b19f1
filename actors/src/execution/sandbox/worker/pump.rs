//! Output on its way out: read as it comes, counted, cut at the limit, passed on in pieces.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::super::{Limits, Output, Stream};

/// The largest piece.
const PIECE: usize = 32 << 10;
/// How old a byte may get here.
const AGE: Duration = Duration::from_millis(16);

/// Three pumps, one for each pipe.
pub struct Pumps {
    stdout: JoinHandle<Pumped>,
    stderr: JoinHandle<Pumped>,
    answer: JoinHandle<Pumped>,
    over: CancellationToken,
    finish: CancellationToken,
}

/// What came through a pipe.
#[derive(Debug, Default)]
pub struct Pumped {
    /// All bytes, kept or not.
    pub bytes: u64,
    /// Those kept here; none if they were sent on.
    pub kept: Vec<u8>,
}

enum Sink {
    Send(Stream, UnboundedSender<Output>),
    Keep(Vec<u8>),
}

impl Pumps {
    /// Starts pumping.
    pub fn start(
        stdout: Receiver,
        stderr: Receiver,
        answer: Receiver,
        limits: &Limits,
        to: UnboundedSender<Output>,
    ) -> Self {
        let (over, finish) = (CancellationToken::new(), CancellationToken::new());
        let pump = |pipe, limit, sink| {
            tokio::spawn(Pump { pipe, limit, sink, over: over.clone(), finish: finish.clone() }.run())
        };
        Self {
            stdout: pump(stdout, limits.output_bytes, Sink::Send(Stream::Stdout, to.clone())),
            stderr: pump(stderr, limits.output_bytes, Sink::Send(Stream::Stderr, to)),
            answer: pump(answer, limits.answer_bytes, Sink::Keep(Vec::new())),
            over,
            finish,
        }
    }

    /// Completes when some pipe has given more than its limit.
    pub async fn over_limit(&self) {
        self.over.cancelled().await;
    }

    /// Takes what is still in the pipes, without waiting for their end, and returns what came through stdout, stderr and the answer.
    pub async fn finish(self) -> [Pumped; 3] {
        self.finish.cancel();
        let (stdout, stderr, answer) = tokio::join!(self.stdout, self.stderr, self.answer);
        // A pump does nothing that could panic, and nobody aborts it.
        [stdout, stderr, answer].map(Result::unwrap_or_default)
    }
}

struct Pump {
    pipe: Receiver,
    limit: u64,
    sink: Sink,
    over: CancellationToken,
    finish: CancellationToken,
}

impl Pump {
    async fn run(mut self) -> Pumped {
        let mut seen = 0;
        let mut buffer = vec![0; PIECE];
        let mut pending = Vec::new();
        // The first byte after a pause goes at once; only a stream that goes on is gathered into pieces.
        let mut due = Instant::now();
        loop {
            tokio::select! {
                _ = self.pipe.readable() => {}
                () = self.finish.cancelled() => {}
                () = sleep_until(due), if !pending.is_empty() => {}
            }
            if self.finish.is_cancelled() {
                // Past the runtime, which may not have heard yet of the last bytes. The pipe is non-blocking.
                while let Ok(count @ 1..) = nix::unistd::read(&self.pipe, &mut buffer) {
                    self.take(&buffer[..count], &mut seen, &mut pending);
                }
                break;
            }
            match self.pipe.try_read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.take(&buffer[..count], &mut seen, &mut pending),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            if !pending.is_empty() && Instant::now() >= due {
                self.pass_on(&mut pending);
                due = Instant::now() + AGE;
            }
        }
        self.pass_on(&mut pending);
        let kept = match self.sink {
            Sink::Keep(kept) => kept,
            Sink::Send(..) => Vec::new(),
        };
        Pumped { bytes: seen, kept }
    }

    /// Counts what was read and keeps as much of it as the limit allows.
    fn take(&mut self, bytes: &[u8], seen: &mut u64, pending: &mut Vec<u8>) {
        let room = usize::try_from(self.limit.saturating_sub(*seen)).unwrap_or(usize::MAX);
        *seen += bytes.len() as u64;
        if *seen > self.limit {
            self.over.cancel();
        }
        let kept = &bytes[..bytes.len().min(room)];
        if pending.len() + kept.len() > PIECE {
            self.pass_on(pending);
        }
        pending.extend_from_slice(kept);
    }

    fn pass_on(&mut self, pending: &mut Vec<u8>) {
        if pending.is_empty() {
            return;
        }
        let bytes = std::mem::take(pending);
        match &mut self.sink {
            Sink::Keep(kept) => kept.extend_from_slice(&bytes),
            // Nobody need listen.
            Sink::Send(stream, to) => drop(to.send(Output { stream: *stream, bytes })),
        }
    }
}
