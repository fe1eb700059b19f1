//! Output on its way out: read as it comes, counted, cut at the limit, passed on in pieces.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep_until};

use super::super::{Limits, Output, Stream};

/// The largest piece.
const PIECE: usize = 32 << 10;
/// How old a byte may get here: half of what it may when it reaches a reader, for others on its way hold it as well.
const AGE: Duration = Duration::from_millis(8);

/// The three pipes of a run.
pub struct Pumps {
    pub stdout: Pump,
    pub stderr: Pump,
    pub answer: Pump,
    buffer: Vec<u8>,
}

/// One pipe, and what has come through it.
pub struct Pump {
    pipe: Receiver,
    open: bool,
    limit: u64,
    /// All bytes, kept or not.
    pub seen: u64,
    sink: Sink,
    pending: Vec<u8>,
    /// When pending bytes are to be passed on. The first byte after a pause goes at once; only a stream that goes on is gathered into pieces.
    due: Instant,
}

enum Sink {
    Send(Stream, UnboundedSender<Output>),
    Keep(Vec<u8>),
}

impl Pumps {
    pub fn new(
        stdout: Receiver,
        stderr: Receiver,
        answer: Receiver,
        limits: &Limits,
        to: UnboundedSender<Output>,
    ) -> Self {
        Self {
            stdout: Pump::new(stdout, limits.output_bytes, Sink::Send(Stream::Stdout, to.clone())),
            stderr: Pump::new(stderr, limits.output_bytes, Sink::Send(Stream::Stderr, to)),
            answer: Pump::new(answer, limits.answer_bytes, Sink::Keep(Vec::new())),
            buffer: vec![0; PIECE],
        }
    }

    /// Waits until there is something to read or to pass on, and does it. May be dropped at any time.
    pub async fn turn(&mut self) {
        let Self { stdout, stderr, answer, buffer } = self;
        let due = [&*stdout, stderr].into_iter().filter(|pump| !pump.pending.is_empty()).map(|pump| pump.due).min();
        tokio::select! {
            _ = stdout.pipe.readable(), if stdout.open => stdout.pull(buffer),
            _ = stderr.pipe.readable(), if stderr.open => stderr.pull(buffer),
            _ = answer.pipe.readable(), if answer.open => answer.pull(buffer),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            else => std::future::pending().await,
        }
        for pump in [stdout, stderr] {
            if !pump.pending.is_empty() && Instant::now() >= pump.due {
                pump.pass_on();
                pump.due = Instant::now() + AGE;
            }
        }
    }

    /// Whether some pipe has given more than its limit.
    pub fn over_limit(&self) -> bool {
        [&self.stdout, &self.stderr, &self.answer].into_iter().any(|pump| pump.seen > pump.limit)
    }

    /// The pipes, and what was kept of the answer. Whoever listens hears that there is no more.
    pub fn into_parts(self) -> ([Receiver; 3], Vec<u8>) {
        let answer = match self.answer.sink {
            Sink::Keep(kept) => kept,
            Sink::Send(..) => Vec::new(),
        };
        ([self.stdout.pipe, self.stderr.pipe, self.answer.pipe], answer)
    }

    /// Takes what is still in the pipes, without waiting for their end, and passes everything on.
    pub fn finish(&mut self) {
        for pump in [&mut self.stdout, &mut self.stderr, &mut self.answer] {
            // Past the runtime, which may not have heard yet of the last bytes. The pipe is non-blocking.
            while let Ok(count @ 1..) = nix::unistd::read(&pump.pipe, &mut self.buffer) {
                pump.take(&self.buffer[..count]);
            }
            pump.pass_on();
        }
    }
}

impl Pump {
    fn new(pipe: Receiver, limit: u64, sink: Sink) -> Self {
        Self { pipe, open: true, limit, seen: 0, sink, pending: Vec::new(), due: Instant::now() }
    }

    fn pull(&mut self, buffer: &mut [u8]) {
        match self.pipe.try_read(buffer) {
            Ok(0) => self.open = false,
            Ok(count) => self.take(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.open = false,
        }
    }

    /// Counts what was read and keeps as much of it as the limit allows.
    fn take(&mut self, bytes: &[u8]) {
        let room = usize::try_from(self.limit.saturating_sub(self.seen)).unwrap_or(usize::MAX);
        self.seen += bytes.len() as u64;
        let kept = &bytes[..bytes.len().min(room)];
        match &mut self.sink {
            Sink::Keep(all) => all.extend_from_slice(kept),
            Sink::Send(..) => {
                if self.pending.len() + kept.len() > PIECE {
                    self.pass_on();
                }
                self.pending.extend_from_slice(kept);
            }
        }
    }

    fn pass_on(&mut self) {
        if let (Sink::Send(stream, to), false) = (&self.sink, self.pending.is_empty()) {
            let bytes = std::mem::take(&mut self.pending);
            // Nobody need listen.
            drop(to.send(Output { stream: *stream, bytes }));
        }
    }
}
