//! Results in a folder, one file for each. Several processes may use it at one time.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use nix::sys::stat::futimens;
use nix::sys::time::TimeSpec;

use super::{Kept, Key};

/// Files that are still being written.
const PART: &str = "part";

#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    most: u64,
    /// Numbers the files that this process writes.
    written: AtomicU64,
    /// Bytes since the folder was last looked over; the first write looks.
    grown: AtomicU64,
}

impl Folder {
    /// Holds about so many bytes.
    pub fn new(path: PathBuf, most: u64) -> Self {
        Self { path, most, written: AtomicU64::new(0), grown: AtomicU64::new(most) }
    }

    /// None if it is not there, or not whole: then it is removed.
    pub fn read(&self, key: &Key) -> Option<Kept> {
        let path = self.file(key);
        let bytes = fs::read(&path).ok()?;
        let kept = Kept::decode(&bytes);
        if kept.is_none() {
            tracing::warn!(file = %path.display(), "a kept build is damaged and is made anew");
            _ = fs::remove_file(&path);
        } else if let Ok(file) = File::options().write(true).open(&path) {
            // The oldest are removed first. It is no harm if this one keeps its age.
            _ = futimens(file, &TimeSpec::UTIME_NOW, &TimeSpec::UTIME_NOW);
        }
        kept
    }

    /// Keeps it. Trouble is only logged: a build that is not kept is made again.
    pub fn write(&self, key: &Key, kept: &Kept) {
        let Some(bytes) = kept.encode() else { return };
        if let Err(error) = self.put(key, &bytes).and_then(|()| self.tidy(bytes.len() as u64)) {
            tracing::warn!(folder = %self.path.display(), error = %error, "a build cannot be kept: {error}");
        }
    }

    /// Whole or not at all, for everybody who looks.
    fn put(&self, key: &Key, bytes: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let part = self.path.join(format!("{}-{number}.{PART}", std::process::id()));
        fs::write(&part, bytes)?;
        fs::rename(&part, self.file(key))
    }

    fn file(&self, key: &Key) -> PathBuf {
        self.path.join(hex::encode(key))
    }

    /// Looks the folder over when it has grown by a quarter, and removes the oldest until three quarters are left.
    fn tidy(&self, more: u64) -> io::Result<()> {
        let grown = self.grown.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        if grown < self.most / 4 {
            return Ok(());
        }
        self.grown.store(0, Ordering::Relaxed);
        let mut files = entries(&self.path)?;
        let mut bytes: u64 = files.iter().map(|(_, length, _)| length).sum();
        if bytes <= self.most {
            return Ok(());
        }
        files.sort();
        for (_, length, path) in files {
            if bytes <= self.most / 4 * 3 {
                break;
            }
            // Another process may have been faster.
            _ = fs::remove_file(path);
            bytes -= length;
        }
        Ok(())
    }
}

/// When each was used last, its length, its name. What a process left half written when it died has its age too.
fn entries(path: &Path) -> io::Result<Vec<(SystemTime, u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        // Removed since, by another process.
        let Ok(about) = entry.metadata() else { continue };
        if about.is_file() {
            found.push((about.modified()?, about.len(), entry.path()));
        }
    }
    Ok(found)
}
