//! Finals as lines of JSON: one for each, with its files, and a last one that says how many there were. Who does not find it has not got all.

use std::io;

use actors::submission::export_finals::{Exported, Piece};
use async_stream::try_stream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entity::file;
use entity::id::{self, Kind};
use futures_util::Stream;
use hyper::body::Bytes;
use sea_orm::DbErr;
use serde_json::{Value, json};

use super::broke_off;

/// The lines of an export.
pub(super) fn lines(
    pieces: impl Stream<Item = Result<Piece, DbErr>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    try_stream! {
        let (mut count, mut files) = (0_u64, 0);
        for await piece in pieces {
            match piece.map_err(broke_off)? {
                Piece::Work(work) => {
                    let before = if count == 0 { "" } else { END };
                    (count, files) = (count + 1, 0);
                    yield format!("{before}{}", begun(&work)).into();
                }
                Piece::File(entry, bytes) => {
                    let before = if files == 0 { "" } else { "," };
                    files += 1;
                    yield format!("{before}{}", file_told(&entry, &bytes)).into();
                }
            }
        }
        let before = if count == 0 { "" } else { END };
        yield format!("{before}{}\n", json!({ "end": true, "count": count })).into();
    }
}

/// How a line ends.
const END: &str = "]}\n";

/// A line without its files, up to where they begin.
fn begun(Exported { assignment, work }: &Exported) -> String {
    let student = json!({
        "id": id::encode(Kind::User, work.owner),
        "email": work.email,
        "name": work.name,
        "studentNumber": work.student_number,
        "labSection": work.lab_section,
    });
    let line = json!({
        "submission": id::encode(Kind::Submission, work.submission),
        "assignment": assignment,
        "student": student,
        "submitter": id::encode(Kind::User, work.submitter),
        "submittedAt": work.submitted_at.to_string(),
        "isLate": work.is_late(),
        "points": work.points,
    })
    .to_string();
    format!("{},\"files\":[", line.strip_suffix('}').unwrap_or(&line))
}

/// A file: as text where it is text, as Base64 where it is not.
fn file_told(entry: &file::Entry, bytes: &[u8]) -> String {
    let mut told = json!({ "name": entry.name, "size": entry.size, "sha256": entry.digest });
    match str::from_utf8(bytes) {
        Ok(text) => told["text"] = Value::from(text),
        Err(_) => told["base64"] = Value::from(STANDARD.encode(bytes)),
    }
    told.to_string()
}
