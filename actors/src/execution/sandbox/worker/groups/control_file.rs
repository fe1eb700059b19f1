//! One file by which the kernel shows or takes a number. Held open, so that a use is one system call.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The longest file that is read to its end, in bytes. The statistics of memory have about 2 KiB.
const LONGEST: usize = 8 << 10;

/// An open control file.
#[derive(Debug)]
pub struct ControlFile(File);

impl ControlFile {
    /// A file to be read.
    pub fn to_read(folder: &Path, name: &str) -> io::Result<Self> {
        File::open(folder.join(name)).map(Self).map_err(|error| naming(&folder.join(name), &error))
    }

    /// A file to be written and read.
    pub fn to_write(folder: &Path, name: &str) -> io::Result<Self> {
        let opened = File::options().read(true).write(true).open(folder.join(name));
        opened.map(Self).map_err(|error| naming(&folder.join(name), &error))
    }

    /// A file to be written and read, or none if the kernel has it not.
    pub fn to_write_if_there(folder: &Path, name: &str) -> io::Result<Option<Self>> {
        match Self::to_write(folder, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// What it says now.
    pub fn text(&self) -> io::Result<String> {
        let mut bytes = [0; LONGEST];
        let length = self.0.read_at(&mut bytes, 0)?;
        Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
    }

    /// The one number that it holds; none if it is something else or can't be read.
    pub fn number(&self) -> Option<u64> {
        self.text().ok()?.trim().parse().ok()
    }

    /// The number behind `key` in a file with one key and one number per line.
    pub fn keyed(&self, key: &str) -> Option<u64> {
        keyed(&self.text().ok()?, key)
    }

    /// Writes a value.
    pub fn write(&self, value: &str) -> io::Result<()> {
        self.0.write_all_at(value.as_bytes(), 0)
    }
}

/// The same error, with the file in it.
pub fn naming(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn keyed(text: &str, key: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(name, _)| *name == key)?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_key() {
        let events = "low 0\nhigh 0\nmax 4\noom 2\noom_kill 1\noom_group_kill 0\n";
        assert_eq!(keyed(events, "oom_kill"), Some(1));
        assert_eq!(keyed(events, "oom"), Some(2));
        assert_eq!(keyed(events, "kill"), None);
        assert_eq!(keyed("max", "max"), None);
        assert_eq!(keyed("max much", "max"), None);
    }

    #[test]
    fn a_file_is_read_from_its_beginning_each_time() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("pids.max"), "12\n").expect("ours");
        let file = ControlFile::to_write(folder.path(), "pids.max").expect("there");
        assert_eq!((file.number(), file.number()), (Some(12), Some(12)));
        file.write("34\n").expect("ours");
        assert_eq!(file.number(), Some(34));
        assert!(ControlFile::to_write_if_there(folder.path(), "absent").expect("no fault").is_none());
        let error = ControlFile::to_read(folder.path(), "absent").expect_err("absent").to_string();
        assert!(error.contains("absent"), "{error}");
    }
}
