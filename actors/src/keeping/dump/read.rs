//! Reading a copy: every line is checked against the digests, so a damaged file is told as such.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::{End, FORMAT, Origin, TableEnd};
use crate::keeping::cell::{Cell, Row};
use crate::keeping::pour::{Head, Sink, Tell};
use crate::keeping::{KeepingError, Tally};

/// The most bytes of a line: no row that Lectern writes comes near.
const LONGEST: u64 = 1 << 30;
/// The most bytes of the first line: what is no backup is not read to its end.
const LONGEST_FIRST: u64 = 1 << 16;
/// After how many rows of a table one is told how far it is.
const STEP: u64 = 10_000;

/// A file that is being read.
pub(crate) struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    number: u64,
    whole: Sha256,
    part: Sha256,
    line: Vec<u8>,
}

impl Reader {
    /// Opens a file and reads what it is a copy of.
    ///
    /// # Errors
    /// When it cannot be read, or is no backup, or one of a format that this version does not know.
    pub fn open(path: &Path) -> Result<(Self, Origin), KeepingError> {
        let file = File::open(path).map_err(|error| KeepingError::Unreadable(path.to_owned(), error))?;
        let mut reader = Self {
            path: path.to_owned(),
            input: BufReader::with_capacity(1 << 18, file),
            number: 0,
            whole: Sha256::new(),
            part: Sha256::new(),
            line: Vec::new(),
        };
        let not_one = || KeepingError::NotABackup(path.to_owned());
        reader.next_line(LONGEST_FIRST).map_err(|error| match error {
            KeepingError::Damaged { .. } => not_one(),
            other => other,
        })?;
        let head: Json = serde_json::from_slice(&reader.line).map_err(|_| not_one())?;
        match head["lectern_backup"].as_u64() {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => {
                let what = format!("the backup has the format {format}, and this version reads {FORMAT}");
                return Err(KeepingError::OtherShape(what));
            }
            None => return Err(not_one()),
        }
        let origin = reader.parse()?;
        Ok((reader, origin))
    }

    /// Pours all rows, to the end of the file.
    ///
    /// # Errors
    /// When the file is damaged, or the sink refuses.
    pub async fn pour(mut self, sink: &mut impl Sink, tell: Tell<'_>) -> Result<Tally, KeepingError> {
        let mut tally = Tally::default();
        loop {
            let before = hex::encode(self.whole.clone().finalize());
            self.part = Sha256::new();
            self.next_line(LONGEST)?;
            if self.line.starts_with(b"{\"tables\"") {
                let end: End = self.parse()?;
                if end != (End { tables: tally.0.len(), rows: tally.rows(), sha256: before }) {
                    return Err(self.damaged("the digest at its end is of something else"));
                }
                self.must_end()?;
                return Ok(tally);
            }
            let head: Head = self.parse()?;
            sink.table(&head).await?;
            let rows = self.rows(&head, sink, tell).await?;
            sink.end(rows).await?;
            tell(&head.table, rows);
            tally.0.push((head.table, rows));
        }
    }

    /// The rows of a table.
    async fn rows(&mut self, head: &Head, sink: &mut impl Sink, tell: Tell<'_>) -> Result<u64, KeepingError> {
        let mut rows = 0;
        loop {
            let part = self.part.clone();
            self.next_line(LONGEST)?;
            if self.line.first() == Some(&b'{') {
                let end: TableEnd = self.parse()?;
                if end != (TableEnd { rows, sha256: hex::encode(part.finalize()) }) {
                    return Err(self.damaged(&format!("the digest of the table `{}` is of something else", head.table)));
                }
                return Ok(rows);
            }
            let row = self.row(head)?;
            sink.row(row).await?;
            rows += 1;
            if rows % STEP == 0 {
                tell(&head.table, rows);
            }
        }
    }

    fn row(&self, head: &Head) -> Result<Row, KeepingError> {
        let cells: Vec<Json> = self.parse()?;
        if cells.len() != head.columns.len() {
            return Err(self.damaged("a row has too few or too many values"));
        }
        let cell = |(json, column): (Json, &crate::keeping::pour::Named)| Cell::from_json(json, column.kind);
        let row: Option<Row> = cells.into_iter().zip(&head.columns).map(cell).collect();
        row.ok_or_else(|| self.damaged("a value is of the wrong kind"))
    }

    /// Reads the next line, without the end of it.
    fn next_line(&mut self, longest: u64) -> Result<(), KeepingError> {
        self.line.clear();
        self.number += 1;
        let read = (&mut self.input).take(longest).read_until(b'\n', &mut self.line);
        read.map_err(|error| KeepingError::Unreadable(self.path.clone(), error))?;
        if self.line.last() != Some(&b'\n') {
            return Err(self.damaged("it ends too early"));
        }
        self.whole.update(&self.line);
        self.part.update(&self.line);
        Ok(())
    }

    fn must_end(&mut self) -> Result<(), KeepingError> {
        let rest = self.input.fill_buf().map_err(|error| KeepingError::Unreadable(self.path.clone(), error))?;
        if rest.is_empty() { Ok(()) } else { Err(self.damaged("it goes on behind its end")) }
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, KeepingError> {
        serde_json::from_slice(&self.line).map_err(|error| self.damaged(&error.to_string()))
    }

    fn damaged(&self, why: &str) -> KeepingError {
        KeepingError::Damaged { path: self.path.clone(), line: self.number, why: why.to_owned() }
    }
}

/// A sink that keeps nothing: the file is only checked.
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    async fn table(&mut self, _: &Head) -> Result<(), KeepingError> {
        Ok(())
    }

    async fn row(&mut self, _: Row) -> Result<(), KeepingError> {
        Ok(())
    }

    async fn end(&mut self, _: u64) -> Result<(), KeepingError> {
        Ok(())
    }
}
