//! The project's files, as they lie on the disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::scan::{self, Blanked};

/// The crates that are the product.
pub const PRODUCT: [&str; 4] = ["entity", "migration", "actors", "server"];

/// Folders that a walk leaves out: made by tools, or by running Lectern.
const NOT_OURS: [&str; 8] =
    [".git", "target", "node_modules", "dist", "demo-data", "lectern-data", "__pycache__", ".venv"];

/// Every text file of the project.
pub struct Tree {
    pub files: Vec<File>,
}

/// A text file.
pub struct File {
    /// From the project's folder, with slashes.
    pub path: String,
    pub text: String,
    /// Of a Rust file: the text without comments and literals, and which lines are tests.
    pub code: Blanked,
}

impl Tree {
    pub fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the project");
        let mut paths = listed(root).unwrap_or_else(|| walked(root));
        paths.sort();
        let files = paths.into_iter().filter_map(|path| {
            let text = String::from_utf8(std::fs::read(root.join(&path)).ok()?).ok()?;
            let path = path.to_str()?.to_owned();
            let code = if path.ends_with(".rs") { scan::blank(&text) } else { Blanked::default() };
            Some(File { path, text, code })
        });
        Self { files: files.collect() }
    }

    /// All Rust files.
    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The Rust files of the product that are no tests.
    pub fn product(&self) -> impl Iterator<Item = &File> {
        self.rust().filter(|file| PRODUCT.iter().any(|name| file.is_in(&format!("{name}/src/"))) && !file.is_test())
    }

    pub fn file(&self, path: &str) -> &File {
        self.files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("there is no {path}"))
    }
}

impl File {
    pub fn is_in(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// Whether the file as a whole is compiled for tests only.
    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs") || self.path.ends_with("_tests.rs")
    }

    /// The lines of code that are no tests, with their numbers.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.text.lines().enumerate();
        lines.map(|(index, line)| (index + 1, line)).filter(|(number, _)| !self.code.is_test(*number))
    }
}

/// What Git knows or would take in.
fn listed(root: &Path) -> Option<Vec<PathBuf>> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let output = Command::new("git").args(list).current_dir(root).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|text| output.status.success() && !text.is_empty())?;
    Some(text.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect())
}

/// Everything, for a copy of the sources without Git.
fn walked(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project can be read").flatten() {
            let name = entry.file_name();
            let kind = entry.file_type().expect("an entry has a type");
            if kind.is_dir() && !NOT_OURS.iter().any(|other| name == *other) {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.extend(entry.path().strip_prefix(root).map(Path::to_path_buf));
            }
        }
    }
    found
}
