//! The log of a run on its way: numbered, shown to readers at once, and written to the rows a little later.
//!
//! Rows are written every 200 ms or 32 KiB, whichever is first, under the lease of the run's job. A reader that missed an early
//! copy finds the same record, with the same number, in the rows.

use std::sync::Arc;
use std::time::Duration;

use entity::execution::record::{Chunk, Model};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use super::record::Record;
use crate::job::{BodyFault, Work};
use crate::live::Early;
use crate::writer::Operation;

const INTERVAL: Duration = Duration::from_millis(200);
const BYTES: usize = 32 << 10;

/// Writes down one attempt at a run.
#[derive(Debug)]
pub(super) struct Recorder<'w> {
    work: &'w Work,
    run: i64,
    position: i64,
    pending: Vec<Model>,
    bytes: usize,
    /// The beginning of a character, whose rest is still to come.
    cut: Option<Record>,
}

impl<'w> Recorder<'w> {
    pub fn new(work: &'w Work, run: i64) -> Self {
        Self { work, run, position: 0, pending: Vec::new(), bytes: 0, cut: None }
    }

    /// Takes records until there are no more; then all are in the rows.
    pub async fn record(mut self, mut records: UnboundedReceiver<Record>) -> Result<(), BodyFault> {
        let mut due = Instant::now() + INTERVAL;
        loop {
            tokio::select! {
                record = records.recv() => match record {
                    Some(record) => self.join(record),
                    None => break,
                },
                () = sleep_until(due), if !self.pending.is_empty() => self.bytes = BYTES,
            }
            if self.bytes >= BYTES {
                self.flush().await?;
                due = Instant::now() + INTERVAL;
            } else if self.pending.len() == 1 {
                due = Instant::now() + INTERVAL;
            }
        }
        if let Some(rest) = self.cut.take() {
            self.take(rest);
        }
        self.flush().await
    }

    /// Puts characters together that were cut in two, so that every record can be shown by itself.
    fn join(&mut self, mut record: Record) {
        if let Some(mut cut) = self.cut.take() {
            if (cut.kind, cut.step) == (record.kind, record.step) {
                cut.bytes.append(&mut record.bytes);
                record.bytes = cut.bytes;
            } else {
                self.take(cut);
            }
        }
        let rest = record.bytes.split_off(whole_characters(&record.bytes));
        if !rest.is_empty() {
            self.cut = Some(Record { kind: record.kind, step: record.step, bytes: rest });
        }
        if !record.bytes.is_empty() {
            self.take(record);
        }
    }

    fn take(&mut self, record: Record) {
        self.position += 1;
        self.bytes += record.bytes.len();
        let row = Model {
            run_id: self.run,
            attempt: self.work.job.attempt,
            position: self.position,
            kind: record.kind,
            step: i32::try_from(record.step).unwrap_or(i32::MAX),
            bytes: record.bytes,
            at: self.work.deps.clock.now(),
        };
        self.work.deps.live.tell(Early { run: self.run, records: Arc::new(vec![row.clone()]) });
        self.pending.push(row);
    }

    async fn flush(&mut self) -> Result<(), BodyFault> {
        self.bytes = 0;
        if self.pending.is_empty() {
            return Ok(());
        }
        let chunk = Chunk {
            job: self.work.job.id,
            lease_token: self.work.job.lease_token.unwrap_or_default(),
            records: std::mem::take(&mut self.pending),
        };
        if self.work.deps.writer.fenced(Operation::Record(chunk)).await? {
            return Ok(());
        }
        Err(BodyFault::Release("its lease is lost".into()))
    }
}

/// How many of the bytes lie before a last character that is not complete; all of them when it cannot become one.
fn whole_characters(bytes: &[u8]) -> usize {
    // A character has at most four bytes, so at most three of an incomplete one.
    let tail = bytes.len().saturating_sub(3);
    match bytes.iter().skip(tail).rposition(|byte| byte & 0xC0 != 0x80) {
        Some(start) => match std::str::from_utf8(&bytes[tail + start..]) {
            Err(error) if error.error_len().is_none() => tail + start,
            _ => bytes.len(),
        },
        None => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::whole_characters;

    #[test]
    fn characters_stay_whole() {
        for (bytes, whole) in [
            (&b""[..], 0),
            (b"abc", 3),
            ("ä".as_bytes(), 2),
            (&"aä".as_bytes()[..2], 1),
            (&"a\u{1F600}".as_bytes()[..4], 1),
            ("\u{1F600}".as_bytes(), 4),
            // Never a character, so there is nothing to wait for.
            (b"a\xFF", 2),
            (b"\x80\x80\x80\x80", 4),
        ] {
            assert_eq!(whole_characters(bytes), whole, "{bytes:?}");
        }
    }
}
