//! The output of a program cut into records as people read: at the ends of lines.
//!
//! A page shows every record by itself, so a line that is cut in two looks like two. Text up to the last newline goes on at once;
//! what is behind it waits for its rest, but only as long as live output may wait at all.

use std::time::Duration;

use tokio::time::Instant;

use super::record::{Kind, Record};

/// How long text waits for the rest of its line.
pub const HOLD: Duration = Duration::from_millis(8);
/// The longest record of a program's output, in bytes.
pub const LONGEST: usize = 8 << 10;

/// Text that waits for the rest of its line.
#[derive(Debug, Default)]
pub struct Lines {
    held: Option<(Record, Instant)>,
}

impl Lines {
    /// Takes a record; those that go on now, in their order.
    pub fn push(&mut self, mut record: Record, now: Instant) -> Vec<Record> {
        let mut out = Vec::new();
        let mut since = now;
        if let Some((mut held, begun)) = self.held.take() {
            if (held.kind, held.step, held.case) == (record.kind, record.step, record.case) {
                held.bytes.append(&mut record.bytes);
                record.bytes = held.bytes;
                since = begun;
            } else {
                out.push(held);
            }
        }
        if !matches!(record.kind, Kind::Stdout | Kind::Stderr) {
            out.push(record);
            return out;
        }
        let mut rest = std::mem::take(&mut record.bytes);
        loop {
            let end = end_of_piece(&rest);
            if end == 0 {
                break;
            }
            let behind = rest.split_off(end);
            out.push(record.with(rest));
            rest = behind;
            since = now;
        }
        if !rest.is_empty() {
            self.held = Some((record.with(rest), since));
        }
        out
    }

    /// When what is held must go on.
    pub fn due(&self) -> Option<Instant> {
        self.held.as_ref().map(|(_, since)| *since + HOLD)
    }

    /// What is held, whether its line has ended or not.
    pub fn flush(&mut self) -> Option<Record> {
        self.held.take().map(|(record, _)| record)
    }
}

/// Where the first piece ends that can go on: behind the last newline that fits, or where it gets too long; 0 if it has to wait.
fn end_of_piece(bytes: &[u8]) -> usize {
    let head = &bytes[..bytes.len().min(LONGEST)];
    if let Some(newline) = head.iter().rposition(|byte| *byte == b'\n') {
        return newline + 1;
    }
    if bytes.len() < LONGEST {
        return 0;
    }
    // A character stays whole: its later bytes begin with the bits 10, and there are at most three of them.
    let cut = (LONGEST - 3..=LONGEST).rev().find(|at| bytes.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80));
    cut.unwrap_or(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::{HOLD, Instant, Kind, LONGEST, Lines, Record};
    use proptest::prelude::*;

    fn record(kind: Kind, text: &str) -> Record {
        Record { kind, step: 0, case: None, bytes: text.as_bytes().to_vec() }
    }

    fn texts(records: &[Record]) -> Vec<&str> {
        records.iter().map(|record| std::str::from_utf8(&record.bytes).unwrap()).collect()
    }

    #[test]
    fn whole_lines_go_on_at_once_and_the_rest_waits() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        assert_eq!(texts(&lines.push(record(Kind::Stdout, "a\nb\nc"), now)), ["a\nb\n"]);
        assert_eq!(lines.due(), Some(now + HOLD));
        let later = now + HOLD / 2;
        assert!(lines.push(record(Kind::Stdout, "d"), later).is_empty());
        assert_eq!(lines.due(), Some(now + HOLD), "waiting does not begin anew");
        assert_eq!(texts(&lines.push(record(Kind::Stdout, "e\nf"), later)), ["cde\n"]);
        assert_eq!(lines.due(), Some(later + HOLD));
        assert_eq!(lines.flush(), Some(record(Kind::Stdout, "f")));
        assert_eq!((lines.due(), lines.flush()), (None, None));
    }

    #[test]
    fn another_stream_does_not_overtake() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        lines.push(record(Kind::Stdout, "out"), now);
        assert_eq!(texts(&lines.push(record(Kind::Stderr, "err\n"), now)), ["out", "err\n"]);
        lines.push(record(Kind::Stdout, "out"), now);
        assert_eq!(texts(&lines.push(record(Kind::Console, "$"), now)), ["out", "$"]);
        let of_case = Record { case: Some(1), ..record(Kind::Stdout, "one") };
        lines.push(record(Kind::Stdout, "none"), now);
        assert_eq!(texts(&lines.push(of_case, now)), ["none"]);
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        let text = format!("x{}", "\u{1F600}".repeat(LONGEST / 4));
        let out = lines.push(record(Kind::Stdout, &text), now);
        assert_eq!(out.len(), 1);
        assert!(out[0].bytes.len() <= LONGEST && out[0].bytes.len() > LONGEST - 4);
        assert!(std::str::from_utf8(&out[0].bytes).is_ok());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_moved(pieces in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..9000), 0..8)) {
            let (mut lines, now) = (Lines::default(), Instant::now());
            let mut out = Vec::new();
            for piece in &pieces {
                out.extend(lines.push(Record { kind: Kind::Stdout, step: 0, case: None, bytes: piece.clone() }, now));
            }
            out.extend(lines.flush());
            prop_assert!(out.iter().all(|record| record.bytes.len() <= LONGEST));
            let passed: Vec<u8> = out.into_iter().flat_map(|record| record.bytes).collect();
            prop_assert_eq!(passed, pieces.concat());
        }
    }
}
