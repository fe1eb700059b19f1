//! The archive of forgotten jobs: JSON Lines, a file for each month in which they ended.
//!
//! A job is on the disk here before its row goes. Whoever dies in between writes it a second time: its key is the same, and the later
//! line is as good as the first.

use std::collections::{BTreeMap, HashMap};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use entity::id::{self, Kind};
use entity::job::Model;
use entity::job::event::Event;
use serde_json::{Value, json};

use super::dump::write::sync_folder;

/// Appends the jobs with what happened to them; on the disk when this returns.
///
/// # Errors
/// When a file cannot be written. Some may have been.
pub(crate) fn append(folder: &Path, jobs: &[Model], events: &HashMap<i64, Vec<Event>>) -> io::Result<()> {
    let mut months: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for job in jobs {
        let ended = job.finished_at.and_then(entity::clock::Timestamp::to_utc);
        let month = ended.map_or_else(|| "unknown".to_owned(), |ended| ended.format("%Y-%m").to_string());
        let text = months.entry(month).or_default();
        let events = events.get(&job.id).map_or(&[][..], Vec::as_slice);
        serde_json::to_writer(&mut *text, &line(job, events))?;
        text.push(b'\n');
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for (month, text) in months {
        append_to(&folder.join(format!("jobs-{month}.jsonl")), &text)?;
    }
    Ok(())
}

/// Appends lines to a file; on the disk when this returns.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn append_to(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
    // A line that was cut off by the end of its process stays alone.
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != [b'\n'] {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(text)?;
    file.sync_all()?;
    sync_folder(path)
}

fn line(job: &Model, events: &[Event]) -> Value {
    let event = |event: &Event| json!({ "position": event.position, "kind": event.kind, "data": event.data, "at": event.at.to_string() });
    json!({
        "id": id::encode(Kind::Job, job.id),
        "kind": job.kind,
        "version": job.version,
        "lane": job.lane,
        "state": job.state.word(),
        "payload": job.payload,
        "course": job.course_id.map(|key| id::encode(Kind::Course, key)),
        "requester": job.requester_id.map(|key| id::encode(Kind::User, key)),
        "subject": job.subject,
        "attempt": job.attempt,
        "failures": job.failures,
        "losses": job.losses,
        "error": job.error,
        "created_at": job.created_at.to_string(),
        "finished_at": job.finished_at.map(|ended| ended.to_string()),
        "events": events.iter().map(event).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::append_to;

    #[test]
    fn a_line_that_was_cut_off_stays_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.jsonl");
        append_to(&path, b"{\"a\":1}\n").unwrap();
        std::fs::write(&path, b"{\"a\":1}\n{\"b\":").unwrap();
        append_to(&path, b"{\"b\":2}\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"b\":\n{\"b\":2}\n");
    }
}
