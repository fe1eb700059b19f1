//! Finals as a package, written while it is read: a folder for each student, and for each assignment where there are several.
//!
//! A package ends with its directory, so one that broke off cannot be opened. The directory is all that is held until then: some hundred
//! bytes for each file.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use actors::submission::export_finals::{Exported, Piece};
use async_stream::try_stream;
use chrono::{Datelike as _, Timelike as _};
use entity::clock::Timestamp;
use futures_util::Stream;
use hyper::body::Bytes;
use sea_orm::DbErr;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::names::{Names, folder};
use super::{PIECE, broke_off};

/// What was written and not sent yet.
#[derive(Clone, Debug, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The package of an export. `by_assignment` puts the folders of students into one for each assignment.
pub(super) fn packed(
    pieces: impl Stream<Item = Result<Piece, DbErr>> + Send + 'static,
    by_assignment: bool,
) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    try_stream! {
        let buffer = Buffer::default();
        let mut zip = ZipWriter::new_stream(buffer.clone());
        let mut folders = Folders { by_assignment, ..Folders::default() };
        let mut place = Place::default();
        for await piece in pieces {
            let (entry, bytes) = match piece.map_err(broke_off)? {
                Piece::Work(work) => {
                    place = folders.place(&work);
                    continue;
                }
                Piece::File(entry, bytes) => (entry, bytes),
            };
            begin(&mut zip, &place.name(&entry.name), place.at)?;
            for piece in bytes.chunks(PIECE) {
                zip.write_all(piece)?;
                if buffer.len() >= PIECE {
                    yield buffer.take().into();
                }
                // A large file takes a while, and others want to go on too.
                tokio::task::yield_now().await;
            }
        }
        zip.finish().map_err(io::Error::other)?;
        yield buffer.take().into();
    }
}

/// The folders of the assignments, each under a name of its own.
#[derive(Default)]
struct Folders {
    by_assignment: bool,
    names: Names,
    of: HashMap<String, String>,
}

impl Folders {
    fn place(&mut self, Exported { assignment, work }: &Exported) -> Place {
        let own = folder(&work.email, work.owner);
        let folder = match assignment.rsplit_once('/') {
            Some((_, name)) if self.by_assignment => {
                let above = self.of.entry(name.to_owned()).or_insert_with(|| self.names.next(name));
                format!("{above}/{own}")
            }
            _ => own,
        };
        Place { folder, names: Names::default(), at: work.submitted_at }
    }
}

/// Where the files of a student's work go, and when they were handed in.
#[derive(Default)]
struct Place {
    folder: String,
    names: Names,
    at: Timestamp,
}

impl Place {
    fn name(&mut self, file: &str) -> String {
        format!("{}/{}", self.folder, self.names.next(file))
    }
}

/// The quickest level: whoever waits for a thousand small files has them in a third of the time, for a fifth more to send.
const QUICK: i64 = 1;

fn begin(zip: &mut ZipWriter<StreamWriter<Buffer>>, name: &str, at: Timestamp) -> Result<(), io::Error> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(QUICK))
        .last_modified_time(time(at).unwrap_or_default())
        .unix_permissions(0o644);
    zip.start_file(name, options).map_err(io::Error::other)
}

/// The time as a package has it: in UTC, to two seconds, from 1980.
fn time(at: Timestamp) -> Option<DateTime> {
    let at = at.to_utc()?;
    let part = |number: u32| u8::try_from(number).ok();
    let year = u16::try_from(at.year()).ok()?;
    DateTime::from_date_and_time(
        year,
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )
    .ok()
}
