//! Reading a teacher's folder without being led out of it.
//!
//! Every path is relative to the root and given as text with `/`. Links are refused at every step, so that nothing outside can
//! be published by a link; sizes are limited, so that one file cannot fill the memory; only plain files are opened, so that a
//! pipe cannot hold up a sync. Not here: what the files mean.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::diagnostic::Diagnostic;
use super::rule::Rule;

/// Most bytes of a YAML file.
pub(super) const YAML_LIMIT: u64 = 1 << 20;
/// Most bytes of a notebook.
pub(super) const NOTEBOOK_LIMIT: u64 = 10 << 20;
/// Most bytes of one data file, and of all data files of a mission together.
pub(super) const DATA_LIMIT: u64 = 10 << 20;

/// Deeper folders than this are a mistake or an attack.
const DEEPEST: usize = 16;
/// More entries than this in one mission are a mistake or an attack.
const MOST_ENTRIES: usize = 10_000;

/// Most bytes of a directory that are held while it is checked; what is beyond is read again where it is needed.
const HELD_LIMIT: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// Files as they were when they were hashed, by their paths: what is hashed is what is read, also while somebody writes.
    held: HashMap<String, Vec<u8>>,
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Missing,
    /// The part of the path that is a link.
    Symlink(String),
    NotAFile,
    TooLarge(u64),
    TooDeep,
    /// The line with the first byte that is not UTF-8, or with a byte order mark.
    Encoding(usize),
    Unreadable(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Symlink,
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: String,
    pub kind: Kind,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), held: HashMap::new() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The entries of a directory by name, without hidden ones.
    pub(super) fn entries(&self, path: &str) -> Result<Vec<Entry>, Trouble> {
        let place = self.place(path)?;
        let mut entries = Vec::new();
        for entry in fs::read_dir(place).map_err(trouble)? {
            let entry = entry.map_err(trouble)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                entries.push(Entry { name, kind: kind(entry.file_type().map_err(trouble)?) });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Everything below a directory that is not a directory, as full paths in order, and what is wrong with it.
    fn tree(&self, top: &str, out: &mut Vec<Diagnostic>) -> Vec<String> {
        let mut files = Vec::new();
        let mut ahead = vec![(top.to_owned(), 0)];
        while let Some((directory, depth)) = ahead.pop() {
            let entries = match self.entries(&directory) {
                Ok(entries) => entries,
                Err(trouble) => {
                    out.push(trouble.tell(&directory, Rule::RepoUnreadable));
                    continue;
                }
            };
            for entry in entries {
                let path = format!("{directory}/{}", entry.name);
                match entry.kind {
                    Kind::Directory if depth < DEEPEST => ahead.push((path, depth + 1)),
                    Kind::Directory => out.push(Trouble::TooDeep.tell(&path, Rule::RepoTooLarge)),
                    Kind::Symlink => out.push(Trouble::Symlink(path.clone()).tell(&path, Rule::RepoSymlink)),
                    Kind::File => files.push(path),
                    Kind::Other => out.push(Trouble::NotAFile.tell(&path, Rule::RepoUnreadable)),
                }
            }
            if files.len() + ahead.len() > MOST_ENTRIES {
                let message = format!("more than {MOST_ENTRIES} files");
                out.push(Diagnostic::new(Rule::RepoTooLarge, top, message, "keep only what the mission needs"));
                break;
            }
        }
        files.sort();
        files
    }

    /// The same folder, with the files below a directory held as they are now. They are taken into a hash, by path and content, and listed.
    pub(super) fn hold(&self, top: &str, hasher: &mut Sha256, out: &mut Vec<Diagnostic>) -> (Self, Vec<String>) {
        let files = self.tree(top, out);
        let (mut held, mut room) = (HashMap::new(), HELD_LIMIT);
        for path in &files {
            let found = self.bytes(path, DATA_LIMIT);
            let hash = match &found {
                Ok(bytes) => Sha256::digest(bytes).into(),
                // Of what cannot be read, or is larger than anything that is used, it is enough that it is there.
                Err(_) => [0; 32],
            };
            hasher.update(Sha256::digest(path));
            hasher.update(hash);
            if let Some(bytes) = found.ok().filter(|bytes| bytes.len() <= room) {
                room -= bytes.len();
                held.insert(path.clone(), bytes);
            }
        }
        (Self { root: self.root.clone(), held }, files)
    }

    /// Whether there is nothing at that place.
    pub(super) fn lacks(&self, path: &str) -> bool {
        !self.held.contains_key(path) && self.open(path).is_err_and(|trouble| trouble == Trouble::Missing)
    }

    fn open(&self, path: &str) -> Result<File, Trouble> {
        let place = self.place(path)?;
        if !fs::symlink_metadata(&place).map_err(trouble)?.is_file() {
            return Err(Trouble::NotAFile);
        }
        // The flag closes the gap between looking and opening.
        OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(place).map_err(trouble)
    }

    pub(super) fn bytes(&self, path: &str, limit: u64) -> Result<Vec<u8>, Trouble> {
        if let Some(bytes) = self.held.get(path) {
            return if bytes.len() as u64 > limit { Err(Trouble::TooLarge(limit)) } else { Ok(bytes.clone()) };
        }
        let mut bytes = Vec::new();
        self.open(path)?.take(limit + 1).read_to_end(&mut bytes).map_err(trouble)?;
        if bytes.len() as u64 > limit { Err(Trouble::TooLarge(limit)) } else { Ok(bytes) }
    }

    pub(super) fn text(&self, path: &str, limit: u64) -> Result<String, Trouble> {
        decode(self.bytes(path, limit)?)
    }

    /// The path on disk, once no part of it is a link.
    fn place(&self, path: &str) -> Result<PathBuf, Trouble> {
        let mut place = self.root.clone();
        for (index, part) in path.split('/').enumerate() {
            if part.is_empty() || part == "." || part == ".." {
                return if path.is_empty() { Ok(place) } else { Err(Trouble::Missing) };
            }
            place.push(part);
            if fs::symlink_metadata(&place).map_err(trouble)?.file_type().is_symlink() {
                let link = path.split('/').take(index + 1).collect::<Vec<_>>().join("/");
                return Err(Trouble::Symlink(link));
            }
        }
        Ok(place)
    }
}

impl Trouble {
    /// The diagnostic for it; `missing` is the rule to name when the file is simply not there.
    pub(super) fn tell(&self, file: &str, missing: Rule) -> Diagnostic {
        match self {
            Self::Missing => Diagnostic::new(missing, file, "there is no such file", "create it"),
            Self::Symlink(link) => {
                let message = "this is a symbolic link, and links are not followed";
                Diagnostic::new(
                    Rule::RepoSymlink,
                    link,
                    message,
                    "copy the file to this place instead of linking to it",
                )
            }
            Self::NotAFile => {
                Diagnostic::new(Rule::RepoUnreadable, file, "this is not a plain file", "put a plain file here")
            }
            Self::TooDeep => {
                let message = format!("folders are nested more than {DEEPEST} deep");
                Diagnostic::new(Rule::RepoTooLarge, file, message, "move the files up")
            }
            Self::TooLarge(limit) => {
                let message = format!("the file has more than {} MiB", limit >> 20);
                Diagnostic::new(Rule::RepoTooLarge, file, message, "make it smaller or split it")
            }
            Self::Encoding(line) => {
                let message = "the text is not plain UTF-8";
                Diagnostic::new(Rule::RepoEncoding, file, message, "save the file as UTF-8 without byte order mark")
                    .at_line(*line)
            }
            Self::Unreadable(why) => {
                let message = format!("cannot be read: {why}");
                Diagnostic::new(Rule::RepoUnreadable, file, message, "let the platform's user read it")
            }
        }
    }
}

fn decode(bytes: Vec<u8>) -> Result<String, Trouble> {
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return Err(Trouble::Encoding(1));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        Trouble::Encoding(1 + before.iter().filter(|byte| **byte == b'\n').count())
    })
}

fn kind(of: fs::FileType) -> Kind {
    if of.is_symlink() {
        Kind::Symlink
    } else if of.is_dir() {
        Kind::Directory
    } else if of.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}

fn trouble(error: io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::NotFound => Trouble::Missing,
        _ => Trouble::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
            match decode(bytes.clone()) {
                Ok(text) => prop_assert_eq!(text.into_bytes(), bytes),
                Err(Trouble::Encoding(line)) => prop_assert!(line <= lines),
                Err(other) => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
