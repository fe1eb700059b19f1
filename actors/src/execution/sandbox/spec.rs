//! What to run, with which files, within which limits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One program to be run once.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// The program and its arguments. The first is a path inside the sandbox and has a slash in it: `/usr/bin/python3`, `./main`.
    pub argv: Vec<String>,
    /// The whole environment. Nothing is added to it.
    pub env: Vec<(String, String)>,
    /// Files to lie in the work folder `/w` when the program starts.
    pub files: Vec<InputFile>,
    /// What the program reads from descriptor 0.
    pub stdin: Vec<u8>,
    /// What it may use.
    pub limits: Limits,
    /// Names of files in the work folder to bring out when every process is dead.
    pub collect: Vec<String>,
}

impl Spec {
    /// A program with its arguments, no files, no input, an empty environment and the limits of `Limits::default`.
    pub fn new<A: Into<String>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Why this can't be run at all, if so. Such a run ends as `sandbox_error`: whoever made the spec is at fault, not the program.
    pub(super) fn fault(&self) -> Option<String> {
        let program = self.argv.first().map_or("", String::as_str);
        if !program.contains('/') {
            return Some(format!("the program {program:?} is not a path with a slash in it"));
        }
        let texts = self.argv.iter().chain(self.env.iter().flat_map(|(name, value)| [name, value]));
        if texts.clone().any(|text| text.contains('\0')) {
            return Some("an argument or a variable holds a NUL byte".to_owned());
        }
        if let Some((name, _)) = self.env.iter().find(|(name, _)| name.is_empty() || name.contains('=')) {
            return Some(format!("{name:?} is not a name of a variable"));
        }
        let mut seen = std::collections::HashSet::new();
        for name in self.files.iter().map(|file| &file.name) {
            if !name.split('/').all(is_plain) || name.len() > 1024 {
                return Some(format!("{name:?} is not a file name inside a folder"));
            }
            if !seen.insert(name) {
                return Some(format!("two files are called {name:?}"));
            }
        }
        self.collect.iter().find(|name| !is_plain(name)).map(|name| format!("{name:?} is not a plain file name"))
    }
}

/// A name that can only mean an entry of the folder itself.
fn is_plain(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && name.len() <= 255 && !name.contains(['/', '\0'])
}

/// A file for the work folder.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Where it lies in the work folder: plain names of at most 255 bytes, in folders divided by `/`, at most 1024 bytes in all;
    /// different from the others'.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it may be executed (mode 755, else 644).
    pub executable: bool,
}

/// What a program may use. Time counts from its successful `execve`, never during set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Processor time of all its processes together.
    pub cpu: Duration,
    /// Time on the clock.
    pub wall: Duration,
    /// Bytes of memory of all its processes together, without files in the work folder. What is only reserved does not count.
    pub memory_bytes: u64,
    /// Processes and threads alive at once.
    pub processes: u64,
    /// Bytes on standard output, and as many on standard error. The head is kept; one byte more ends the run.
    pub output_bytes: u64,
    /// Bytes in `/w`, `/tmp` and `/dev/shm` together, input files included, in whole pages of 4 KiB.
    pub disk_bytes: u64,
    /// Files and folders in `/w`, `/tmp` and `/dev/shm` together, input files included.
    pub file_count: u64,
    /// Bytes on descriptor 3.
    pub answer_bytes: u64,
    /// Bytes of one file to be brought out.
    pub collect_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu: Duration::from_secs(5),
            wall: Duration::from_secs(10),
            memory_bytes: 256 << 20,
            processes: 64,
            output_bytes: 1 << 20,
            disk_bytes: 64 << 20,
            file_count: 1024,
            answer_bytes: 1 << 20,
            collect_bytes: 32 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["", ".", "..", "a/b", "/a", "a\0"] {
            assert!(!is_plain(name), "{name:?}");
        }
        assert!(is_plain("..a") && is_plain("main.c") && is_plain("é ü") && !is_plain(&"x".repeat(256)));
    }

    #[test]
    fn faults_are_found() {
        let file = |name: &str| InputFile { name: name.to_owned(), bytes: Vec::new(), executable: false };
        assert!(Spec::default().fault().is_some());
        assert!(Spec::new(["python3"]).fault().is_some());
        assert!(Spec::new(["/bin/true", "a\0b"]).fault().is_some());
        assert!(Spec { env: vec![("A=B".to_owned(), String::new())], ..Spec::new(["/bin/true"]) }.fault().is_some());
        assert!(Spec { files: vec![file("a"), file("a")], ..Spec::new(["/bin/true"]) }.fault().is_some());
        assert!(Spec { collect: vec!["../a".to_owned()], ..Spec::new(["/bin/true"]) }.fault().is_some());
        assert_eq!(Spec { files: vec![file("a"), file("b")], ..Spec::new(["./a"]) }.fault(), None);
    }
}
