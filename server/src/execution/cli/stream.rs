//! The output of a program on its way to the terminal or, with `--json`, into memory.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::pin::pin;
use std::sync::mpsc;
use std::thread;

use actors::execution::record::{Kind, Record};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// What each step has printed, if that is kept: standard output and standard error.
#[derive(Debug, Default)]
pub struct Said(pub BTreeMap<u32, [Vec<u8>; 2]>);

impl Said {
    /// What was printed, and whether all of it that was not kept could be shown.
    fn with(self, shown: Result<io::Result<()>, oneshot::error::RecvError>) -> (Self, io::Result<()>) {
        (self, shown.unwrap_or_else(|_| Err(io::Error::other("no thread could be made for it"))))
    }
}

/// Shows or keeps what comes.
#[derive(Debug)]
pub struct Shown {
    records: UnboundedReceiver<Record>,
    /// The first steps are those of tools: all that they print goes to standard error.
    tools: u32,
    keep: bool,
    cancel: CancellationToken,
}

impl Shown {
    pub fn new(records: UnboundedReceiver<Record>, tools: u32, keep: bool, cancel: CancellationToken) -> Self {
        Self { records, tools, keep, cancel }
    }

    /// Until there is no more. Ctrl-C cancels the run, and its end is waited for. The error is why not everything was shown.
    pub async fn show(mut self) -> (Said, io::Result<()>) {
        let mut said = Said::default();
        let (writer, pieces) = mpsc::channel();
        let (ended, shown) = oneshot::channel();
        let cancel = self.cancel.clone();
        // A thread of its own, because a terminal may take its time. Without one `ended` is dropped, and there is nothing to wait for.
        let writing = thread::Builder::new().spawn(move || {
            let written = write(&pieces);
            if written.is_err() {
                cancel.cancel();
            }
            // Whoever waits for this waits until it is here.
            _ = ended.send(written);
        });
        if writing.is_err() {
            self.cancel.cancel();
        }
        // One for the whole time: between two, a signal would be lost.
        let mut interrupt = pin!(tokio::signal::ctrl_c());
        loop {
            let record = tokio::select! {
                record = self.records.recv() => record,
                interrupted = &mut interrupt, if !self.cancel.is_cancelled() => {
                    if let Err(error) = interrupted {
                        tracing::warn!(error = %error, "Ctrl-C cannot be waited for");
                    }
                    self.cancel.cancel();
                    continue;
                }
            };
            let Some(Record { kind, step, bytes, .. }) = record else { break };
            let stream = match kind {
                Kind::Stdout => 0,
                Kind::Stderr => 1,
                Kind::Console | Kind::Internal | Kind::Lab | Kind::Fault | Kind::End => continue,
            };
            if self.keep {
                said.0.entry(step).or_default()[stream].extend_from_slice(&bytes);
            } else {
                // Nobody takes it any more: then the run is cancelled already.
                _ = writer.send((stream == 0 && step >= self.tools, bytes));
            }
        }
        drop(writer);
        said.with(shown.await)
    }
}

/// Writes until there is no more, or nobody reads it: then the run has no point.
fn write(pieces: &mpsc::Receiver<(bool, Vec<u8>)>) -> io::Result<()> {
    for (to_stdout, bytes) in pieces {
        if to_stdout { put(io::stdout().lock(), &bytes) } else { put(io::stderr().lock(), &bytes) }?;
    }
    Ok(())
}

/// Writes all, and at once.
pub fn put(mut stream: impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}
