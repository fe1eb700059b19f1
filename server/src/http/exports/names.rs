//! Names of files that others have chosen, made safe to be unpacked anywhere: nothing leads out of its folder, hides, runs into another or
//! means something else on some system.

use std::collections::HashSet;

use actors::grading::excerpt::is_hidden;
use entity::id::{self, Kind};
use unicode_normalization::UnicodeNormalization as _;

/// The longest part of a path, in bytes: the common limit is 255, and a mark may follow.
const LONGEST: usize = 120;
/// The most folders within each other.
const DEEPEST: usize = 16;
/// Names that are devices on Windows, whatever follows their first dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// What tells a program of who unpacks it which other programs to run: folders of version control systems, also as Windows calls them in short;
/// the file that makes such a one of the folder that it is in; and settings of editors and shells.
const SETTINGS: [&str; 13] =
    [".git", "git~1", ".hg", "hg~1", ".svn", "svn~1", ".jj", ".bzr", "_darcs", "head", ".vscode", ".idea", ".envrc"];

/// The name of a student's folder. Two students never have the same one.
#[must_use]
pub(super) fn folder(email: &str, user: i64) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "@._+-".contains(c) { c } else { '_' };
    let name: String = email.chars().map(plain).take(LONGEST).collect();
    if name == email && part(&name) == name {
        name
    } else {
        format!("{}-{}", part(&name), id::encode(Kind::User, user))
    }
}

/// The names of the files of one student, as they were given.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Files and folders, each [`folded`].
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Names {
    /// A safe path for the next file, which no other has.
    pub fn next(&mut self, name: &str) -> String {
        let parts: Vec<String> =
            name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | "..")).map(part).collect();
        // What lies too deep is called by its last names.
        let parts = &parts[parts.len().saturating_sub(DEEPEST)..];
        let path = if parts.is_empty() { "_".to_owned() } else { parts.join("/") };
        let mut taken = path.clone();
        let mut number = 2_usize;
        while self.is_taken(&folded(&taken)) {
            taken = numbered(&path, number);
            number += 1;
        }
        self.take(&folded(&taken));
        taken
    }

    fn is_taken(&self, path: &str) -> bool {
        self.files.contains(path)
            || self.folders.contains(path)
            || above(path).any(|folder| self.files.contains(folder))
    }

    fn take(&mut self, path: &str) {
        self.folders.extend(above(path).map(str::to_owned));
        self.files.insert(path.to_owned());
    }
}

/// A path as systems see it that tell apart neither large and small letters nor an accent and a letter that has it. Some letters are others
/// only after two turns.
fn folded(path: &str) -> String {
    let small: String = path.nfkd().collect::<String>().to_lowercase();
    small.to_uppercase().to_lowercase().nfkd().collect()
}

/// The folders that a file lies in.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// `a/b.py`, the second of it: `a~2/b.py`.
fn numbered(path: &str, number: usize) -> String {
    match path.split_once('/') {
        // The first part, whose name may be a file's: none below it would ever be free.
        Some((first, rest)) => format!("{first}~{number}/{rest}"),
        None => match path.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
            Some((stem, end)) => format!("{stem}~{number}.{end}"),
            None => format!("{path}~{number}"),
        },
    }
}

/// One part of a path.
fn part(text: &str) -> String {
    let odd = |c: char| {
        let is_noncharacter = matches!(c, '\u{fffe}'..='\u{ffff}');
        c.is_control() || is_hidden(c) || is_noncharacter || "<>:\"|?*/\\".contains(c)
    };
    let clean: String = text.chars().map(|c| if odd(c) { '_' } else { c }).collect();
    let clean = shortened(clean.trim_end_matches(['.', ' ']));
    let stem = clean.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = |of: &str| {
        stem.strip_prefix(of)
            .is_some_and(|rest| matches!(rest.chars().collect::<Vec<_>>()[..], ['0'..='9' | '¹' | '²' | '³']))
    };
    let is_device = DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt");
    let is_settings = SETTINGS.contains(&clean.to_lowercase().as_str());
    if clean.is_empty() || is_device || is_settings || clean.starts_with(' ') { format!("_{clean}") } else { clean }
}

/// A name that is not too long, with its end.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let end = name.rsplit_once('.').map(|(_, end)| format!(".{end}")).filter(|end| end.len() <= 16).unwrap_or_default();
    let mut at = LONGEST - end.len();
    while !name.is_char_boundary(at) {
        at -= 1;
    }
    format!("{}{end}", name[..at].trim_end_matches(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::{Names, folder};

    #[test]
    fn names_that_would_do_harm_do_none() {
        for (name, safe) in [
            ("words.py", "words.py"),
            ("src/words.py", "src/words.py"),
            ("../../etc/passwd", "etc/passwd"),
            ("/etc/passwd", "etc/passwd"),
            ("C:\\Windows\\x.dll", "C_/Windows/x.dll"),
            ("a/./b//c", "a/b/c"),
            ("..", "_"),
            ("con.py", "_con.py"),
            ("COM1", "_COM1"),
            ("company.py", "company.py"),
            ("a. ", "a"),
            (" a", "_ a"),
            ("a\0b\n\u{1b}[2J", "a_b__[2J"),
            ("evil\u{202e}yp.exe", "evil_yp.exe"),
            ("...", "_"),
            (".git/config", "_.git/config"),
            ("a/.GIT. /hooks/x", "a/_.GIT/hooks/x"),
            ("GIT~1/config", "_GIT~1/config"),
            (".g\u{200c}it/config", ".g_it/config"),
            (".gitignore", ".gitignore"),
            ("x/HEAD", "x/_HEAD"),
            (".vscode/tasks.json", "_.vscode/tasks.json"),
            ("head.c", "head.c"),
        ] {
            assert_eq!(Names::default().next(name), safe, "{name:?}");
        }
        let long = Names::default().next(&format!("{}.py", "é".repeat(200)));
        assert!(long.len() <= 120 && long.ends_with("é.py"), "{long}");
        assert!(Names::default().next(&"d/".repeat(100).to_string()).matches('/').count() < 16);
    }

    #[test]
    fn names_that_run_into_each_other_are_told_apart() {
        let mut names = Names::default();
        let given = ["a.py", "A.PY", "a.py", "b", "b/c", "b/C", "d/e", "d", ".x", ".X"].map(|name| names.next(name));
        let letters = ["stra\u{df}e", "STRASSE", "stra\u{1e9e}e", "\u{fb01}le", "file"].map(|name| names.next(name));
        assert_eq!(letters, ["stra\u{df}e", "STRASSE~2", "stra\u{1e9e}e~3", "\u{fb01}le", "file~2"]);
        let twins = ["\u{e9}.py", "e\u{301}.py", "\u{c9}.py"].map(|name| names.next(name));
        assert_eq!(twins, ["\u{e9}.py", "e\u{301}~2.py", "\u{c9}~3.py"]);
        assert_eq!(given, ["a.py", "A~2.PY", "a~3.py", "b", "b~2/c", "b~3/C", "d/e", "d~2", ".x", ".X~2"]);
    }

    #[test]
    fn folders_are_called_by_addresses() {
        assert_eq!(folder("ada@example.org", 1), "ada@example.org");
        assert_eq!(folder("a/b@x", 1), "a_b@x-usr_lejRej");
        assert_eq!(folder("erased 7", 2), "erased_7-usr_mbk5ez");
        assert_eq!(folder("nul", 1), "_nul-usr_lejRej");
    }

    proptest! {
        #[test]
        fn every_path_stays_inside_and_is_there_once(given in prop::collection::vec("[a-cA-C./\\\\: ~2\u{0}\u{202e}]{0,8}", 1..12)) {
            let mut names = Names::default();
            let paths: Vec<String> = given.iter().map(|name| names.next(name).to_lowercase()).collect();
            let files: HashSet<&String> = paths.iter().collect();
            prop_assert_eq!(files.len(), paths.len());
            for path in &paths {
                for part in path.split('/') {
                    prop_assert!(!part.is_empty() && part != "." && part != ".." && !part.ends_with(['.', ' ']), "{}", path);
                    prop_assert!(!part.contains(['\\', ':', '\0', '\u{202e}']), "{}", path);
                }
                // No file is a folder of another.
                prop_assert!(!paths.iter().any(|other| other.starts_with(&format!("{path}/"))), "{} {:?}", path, paths);
            }
        }
    }
}
