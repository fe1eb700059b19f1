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
}

impl<'w> Recorder<'w> {
    pub fn new(work: &'w Work, run: i64) -> Self {
        Self { work, run, position: 0, pending: Vec::new(), bytes: 0 }
    }

    /// Takes records until there are no more; then all are in the rows.
    pub async fn record(mut self, mut records: UnboundedReceiver<Record>) -> Result<(), BodyFault> {
        let mut due = Instant::now() + INTERVAL;
        loop {
            tokio::select! {
                record = records.recv() => match record {
                    Some(record) => self.take(record),
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
        self.flush().await
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
