//! Writing a copy: under another name first, and under its own when all of it is on the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::{End, Origin, TableEnd};
use crate::keeping::KeepingError;
use crate::keeping::cell::{Cell, Row};
use crate::keeping::pour::{Head, Sink};

/// A file that is being written. Dropped before its end, it is removed.
#[derive(Debug)]
pub(crate) struct Writer {
    target: PathBuf,
    unfinished: Unfinished,
    out: BufWriter<File>,
    whole: Sha256,
    part: Sha256,
    tables: usize,
    rows: u64,
}

/// The name under which it is written; removed when this goes.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Writer {
    /// Begins a file that only its owner may read: it holds everybody's work and the digests of passwords.
    ///
    /// # Errors
    /// When there is such a file already, or it cannot be written.
    pub fn create(target: &Path, origin: &Origin) -> Result<Self, KeepingError> {
        if fs::symlink_metadata(target).is_ok() {
            return Err(KeepingError::Exists(target.to_owned()));
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let unfinished = target.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished);
        let file = file.map_err(|error| KeepingError::Unwritable(unfinished.clone(), error))?;
        let mut writer = Self {
            target: target.to_owned(),
            unfinished: Unfinished(unfinished),
            out: BufWriter::with_capacity(1 << 18, file),
            whole: Sha256::new(),
            part: Sha256::new(),
            tables: 0,
            rows: 0,
        };
        writer.line(origin)?;
        Ok(writer)
    }

    /// Writes the last line, and has all of it on the disk; where it lies until it is [kept](Written::keep).
    pub fn finish(mut self) -> Result<Written, KeepingError> {
        let sha256 = hex::encode(self.whole.clone().finalize());
        self.line(&End { tables: self.tables, rows: self.rows, sha256 })?;
        let synced = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        synced.map_err(|error| KeepingError::Unwritable(self.unfinished.0.clone(), error))?;
        Ok(Written { target: self.target, unfinished: self.unfinished })
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), KeepingError> {
        let failed = |error| KeepingError::Unwritable(self.unfinished.0.clone(), error);
        let mut bytes = serde_json::to_vec(line).map_err(|error| failed(error.into()))?;
        bytes.push(b'\n');
        self.whole.update(&bytes);
        self.part.update(&bytes);
        self.out.write_all(&bytes).map_err(failed)
    }
}

impl Sink for Writer {
    async fn table(&mut self, head: &Head) -> Result<(), KeepingError> {
        self.part = Sha256::new();
        self.line(head)
    }

    async fn row(&mut self, row: Row) -> Result<(), KeepingError> {
        let cells: Vec<Json> = row.iter().map(Cell::to_json).collect();
        self.line(&cells)
    }

    async fn end(&mut self, rows: u64) -> Result<(), KeepingError> {
        let sha256 = hex::encode(self.part.clone().finalize());
        self.tables += 1;
        self.rows += rows;
        self.line(&TableEnd { rows, sha256 })
    }
}

/// A whole file that does not have its name yet.
#[derive(Debug)]
pub(crate) struct Written {
    target: PathBuf,
    unfinished: Unfinished,
}

impl Written {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.unfinished.0
    }

    /// Gives it its name, unless somebody has taken that meanwhile.
    pub fn keep(self) -> Result<(), KeepingError> {
        let renamed = renameat2(AT_FDCWD, &self.unfinished.0, AT_FDCWD, &self.target, RenameFlags::RENAME_NOREPLACE);
        match renamed {
            Ok(()) => {}
            Err(nix::errno::Errno::EEXIST) => return Err(KeepingError::Exists(self.target)),
            // A file system that cannot promise it; one that has looked a moment ago is as good as it gets there.
            Err(nix::errno::Errno::EINVAL | nix::errno::Errno::ENOSYS)
                if fs::symlink_metadata(&self.target).is_err() =>
            {
                fs::rename(&self.unfinished.0, &self.target)
                    .map_err(|error| KeepingError::Unwritable(self.target.clone(), error))?;
            }
            Err(error) => return Err(KeepingError::Unwritable(self.target, error.into())),
        }
        sync_folder(&self.target).map_err(|error| KeepingError::Unwritable(self.target.clone(), error))
    }
}

/// Has the name of a file on the disk.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
