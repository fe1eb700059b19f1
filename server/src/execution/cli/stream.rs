//! The output of a program on its way to the terminal or, with `--json`, into memory.

use std::collections::BTreeMap;
use std::io::Write;
use std::pin::pin;
use std::sync::mpsc;
use std::thread;

use actors::execution::record::{Kind, Record};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

/// What each step has printed, if that is kept: standard output and standard error.
#[derive(Debug, Default)]
pub struct Said(pub BTreeMap<u32, [Vec<u8>; 2]>);

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

    /// Until there is no more. Ctrl-C cancels the run, and its end is waited for.
    pub async fn show(mut self) -> Said {
        let mut said = Said::default();
        let (writer, pieces) = mpsc::channel();
        let cancel = self.cancel.clone();
        // A thread of its own, because a terminal may take its time.
        let writing = thread::spawn(move || write(&pieces, &cancel));
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
        _ = tokio::task::spawn_blocking(|| writing.join()).await;
        said
    }
}

/// Writes until there is no more, or nobody reads it: then the run has no point.
fn write(pieces: &mpsc::Receiver<(bool, Vec<u8>)>, cancel: &CancellationToken) {
    for (to_stdout, bytes) in pieces {
        let written =
            if to_stdout { put(std::io::stdout().lock(), &bytes) } else { put(std::io::stderr().lock(), &bytes) };
        if written.is_err() {
            return cancel.cancel();
        }
    }
}

fn put(mut stream: impl Write, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}
