//! The log of a run on its way: numbered, shown to readers at once, and written to the rows a little later.
//!
//! Rows are written every 200 ms or 32 KiB, whichever is first, under the lease of the run's job. A reader that missed an early
//! copy finds the same record, with the same number, in the rows.
//!
//! The log of a program of somebody's own is cut at the ends of [lines](super::lines), and has a longest length.

use std::time::Duration;

use entity::execution::record::{Chunk, Model};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::lines::Lines;
use super::record::{Kind, Record};
use crate::job::{BodyFault, Work};
use crate::writer::Operation;

const INTERVAL: Duration = Duration::from_millis(200);
const BYTES: usize = 32 << 10;
/// Turns of other tasks before a line is taken for one that does not end yet: its rest may be on its way.
const TURNS: usize = 4;

/// How the log of a program of somebody's own is kept.
#[derive(Debug)]
pub(super) struct Manner {
    /// Bytes of output that are kept.
    pub room: usize,
    /// Cancelled when there is more.
    pub full: CancellationToken,
    /// Whether why the sandbox did not work is left out: the log is a guest's alone, who counts its records.
    pub guest: bool,
}

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
    manner: Option<Manner>,
    lines: Lines,
    /// Bytes of output for which there was no room.
    dropped: u64,
}

impl<'w> Recorder<'w> {
    pub fn new(work: &'w Work, run: i64, manner: Option<Manner>) -> Self {
        let (pending, lines) = (Vec::new(), Lines::default());
        Self { work, run, position: 0, pending, bytes: 0, cut: None, manner, lines, dropped: 0 }
    }

    /// Takes records until there are no more; then all are in the rows. How many bytes of output there was no room for.
    pub async fn record(mut self, mut records: UnboundedReceiver<Record>) -> Result<u64, BodyFault> {
        let mut due = Instant::now() + INTERVAL;
        loop {
            let line_due = self.lines.due();
            tokio::select! {
                biased;
                record = records.recv() => match record {
                    Some(record) => self.join(record),
                    None => break,
                },
                () = sleep_until(line_due.unwrap_or(due)), if line_due.is_some() => self.end_line(&mut records).await,
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
            self.pass(rest);
        }
        if let Some(rest) = self.lines.flush() {
            self.take(rest);
        }
        self.flush().await?;
        Ok(self.dropped)
    }

    /// Lets a line go on whose end has not come in time.
    async fn end_line(&mut self, records: &mut UnboundedReceiver<Record>) {
        for _ in 0..TURNS {
            yield_now().await;
        }
        while let Ok(record) = records.try_recv() {
            self.join(record);
        }
        if self.lines.due().is_some_and(|due| due <= Instant::now())
            && let Some(line) = self.lines.flush()
        {
            self.take(line);
        }
    }

    /// Puts characters together that were cut in two, so that every record can be shown by itself.
    fn join(&mut self, mut record: Record) {
        if let Some(mut cut) = self.cut.take() {
            if (cut.kind, cut.step, cut.case) == (record.kind, record.step, record.case) {
                cut.bytes.append(&mut record.bytes);
                record.bytes = cut.bytes;
            } else {
                self.pass(cut);
            }
        }
        let rest = record.bytes.split_off(whole_characters(&record.bytes));
        if !rest.is_empty() {
            self.cut = Some(record.with(rest));
        }
        if !record.bytes.is_empty() {
            self.pass(record);
        }
    }

    fn pass(&mut self, record: Record) {
        if self.manner.is_none() {
            return self.take(record);
        }
        for record in self.lines.push(record, Instant::now()) {
            self.take(record);
        }
    }

    /// Cuts off what there is no room for; none if nothing is left.
    fn fit(&mut self, mut record: Record) -> Option<Record> {
        let Some(manner) = &mut self.manner else { return Some(record) };
        match record.kind {
            Kind::Internal if manner.guest => return None,
            Kind::Stdout | Kind::Stderr => {}
            _ => return Some(record),
        }
        if record.bytes.len() > manner.room {
            let all = record.bytes.len();
            let fitting = whole_characters(&record.bytes[..manner.room]);
            record.bytes.truncate(fitting);
            self.dropped += (all - record.bytes.len()) as u64;
            manner.room = 0;
            manner.full.cancel();
            return Some(record).filter(|record| !record.bytes.is_empty());
        }
        manner.room -= record.bytes.len();
        Some(record)
    }

    fn take(&mut self, record: Record) {
        let Some(record) = self.fit(record) else { return };
        self.position += 1;
        self.bytes += record.bytes.len();
        let row = Model {
            run_id: self.run,
            attempt: self.work.job.attempt,
            position: self.position,
            kind: record.kind,
            step: i32::try_from(record.step).unwrap_or(i32::MAX),
            case_number: record.case.map(i64::from),
            bytes: record.bytes,
            at: self.work.deps.clock.now(),
        };
        self.work.deps.bell.show_records(self.run, vec![row.clone()]);
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
