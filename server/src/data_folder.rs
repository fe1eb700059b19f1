//! The data folder of a site on the embedded database: one writing process at a time, and a socket on which commands reach it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use crate::config::Secret;

/// Bytes of a secret that is made here.
const SECRET_BYTES: usize = 32;

/// The folder, as long as this process is the one that writes.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: Flock<File>,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("another Lectern process works in {0}; stop it, or choose another folder with LECTERN_DATA_DIR")]
    InUse(PathBuf),
    #[error("the data folder {0} cannot be used: {1}; make it writable, or choose another with LECTERN_DATA_DIR")]
    Unusable(PathBuf, io::Error),
}

impl DataFolder {
    /// Takes the folder for this process; makes it when it is not there.
    ///
    /// # Errors
    /// When another process has it, or it cannot be written to.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(unusable)?;
        match Flock::lock(lock, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => Err(FolderError::InUse(path.to_owned())),
            Err((_, error)) => Err(unusable(error.into())),
        }
    }

    /// The secret of this site: the file `secret.key`, made at the first start, for its owner only.
    ///
    /// # Errors
    /// When it can be neither read nor made.
    pub fn secret(&self) -> Result<Secret, FolderError> {
        if let Some(made) = Self::made_secret(&self.path)? {
            return Ok(made);
        }
        let mut bytes = [0; SECRET_BYTES];
        let unusable = |error| FolderError::Unusable(Self::secret_file(&self.path), error);
        getrandom::fill(&mut bytes).map_err(|error| unusable(io::Error::other(error.to_string())))?;
        let text = hex::encode(bytes);
        self.keep_secret(&text)?;
        Ok(Secret::new(text))
    }

    /// The secret that was made in a folder; none when there is none yet.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn made_secret(path: &Path) -> Result<Option<Secret>, FolderError> {
        let path = Self::secret_file(path);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Secret::new(text.trim_end()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderError::Unusable(path, error)),
        }
    }

    /// Keeps a secret in the folder, unless there is one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_secret(&self, text: &str) -> Result<(), FolderError> {
        let path = Self::secret_file(&self.path);
        let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
        let written = match file {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            file => file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())),
        };
        written.map_err(|error| FolderError::Unusable(path, error))
    }

    fn secret_file(path: &Path) -> PathBuf {
        path.join("secret.key")
    }

    /// Where the process that has the folder listens for commands.
    #[must_use]
    pub fn socket(path: &Path) -> PathBuf {
        path.join("lectern.sock")
    }
}
