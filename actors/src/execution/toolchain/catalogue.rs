//! All languages of a site: those of the binary, and those of the operator's folder.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use entity::execution::language::Language;

use super::Toolchain;
use super::read::toolchain;

/// What the binary brings.
const BUILT_IN: [(&str, &str); 8] = [
    ("ada", include_str!("../toolchains/ada.toml")),
    ("c", include_str!("../toolchains/c.toml")),
    ("c++", include_str!("../toolchains/c++.toml")),
    ("java", include_str!("../toolchains/java.toml")),
    ("javascript", include_str!("../toolchains/javascript.toml")),
    ("python3", include_str!("../toolchains/python3.toml")),
    ("rust", include_str!("../toolchains/rust.toml")),
    ("shell", include_str!("../toolchains/shell.toml")),
];
/// The most bytes of a file of the folder.
const LARGEST: u64 = 256 << 10;

/// The toolchains of a site, by their language's name.
#[derive(Debug)]
pub struct Toolchains(BTreeMap<Language, Toolchain>);

/// Something wrong in the operator's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub file: String,
    /// From 1. None: the file as a whole.
    pub line: Option<usize>,
    /// With the way out.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl Toolchains {
    /// What the binary brings.
    #[must_use]
    #[expect(clippy::panic, reason = "the text is part of the binary, and a test reads every one")]
    pub fn built_in() -> Self {
        let read = |(name, text): &(&str, &str)| match read(name, text, &format!("{name}.toml")) {
            Ok(toolchain) => (toolchain.name.clone(), toolchain),
            Err(mistakes) => panic!("a toolchain of the binary is wrong: {}", lines(&mistakes)),
        };
        Self(BUILT_IN.iter().map(read).collect())
    }

    /// What the binary brings, with the files `<language>.toml` of a folder added; one of the same name replaces. A folder that is
    /// not there is an empty one.
    ///
    /// # Errors
    /// Every mistake in every file.
    pub fn load(folder: &Path) -> Result<Self, Vec<Mistake>> {
        let Self(mut all) = Self::built_in();
        let mut mistakes = Vec::new();
        for (name, path) in files(folder)? {
            let file = path.display().to_string();
            let found = text(&path).map_err(|message| vec![Mistake { file: file.clone(), line: None, message }]);
            match found.and_then(|text| read(&name, &text, &file)) {
                Ok(toolchain) => drop(all.insert(toolchain.name.clone(), toolchain)),
                Err(more) => mistakes.extend(more),
            }
        }
        if mistakes.is_empty() { Ok(Self(all)) } else { Err(mistakes) }
    }

    #[must_use]
    pub fn get(&self, language: &Language) -> Option<&Toolchain> {
        self.0.get(language)
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Toolchain> {
        self.0.values()
    }

    /// The languages whose programs can be run: those that assignments may be in.
    #[must_use]
    pub fn runnable(&self) -> Vec<Language> {
        self.iter()
            .filter(|toolchain| toolchain.modes.contains_key("run"))
            .map(|toolchain| toolchain.name.clone())
            .collect()
    }

    /// Their names, for a sentence.
    #[must_use]
    pub fn names(&self) -> String {
        self.0.keys().map(Language::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Why nothing can be done in this language, if so.
    #[must_use]
    pub fn unknown(&self, language: &Language) -> String {
        format!("There is no language `{language}` here; there are {}", self.names())
    }
}

/// The mistakes, one per line.
#[must_use]
pub fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("  * {mistake}")).collect::<Vec<_>>().join("\n")
}

fn read(name: &str, text: &str, file: &str) -> Result<Toolchain, Vec<Mistake>> {
    let mistake = |line, message| Mistake { file: file.to_owned(), line, message };
    let language: Language = name.parse().map_err(|error| vec![mistake(None, format!("{error}; rename the file"))])?;
    let told =
        |faults: Vec<super::read::Fault>| faults.into_iter().map(|fault| mistake(Some(fault.line), fault.message));
    toolchain(&language, text).map_err(|faults| told(faults).collect())
}

/// The TOML files of the folder with the languages' names, sorted.
fn files(folder: &Path) -> Result<Vec<(String, std::path::PathBuf)>, Vec<Mistake>> {
    let unreadable = |error: io::Error| {
        let message = format!("the folder cannot be read: {error}");
        vec![Mistake { file: folder.display().to_string(), line: None, message }]
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if let (Some("toml"), Some(name)) = (path.extension().and_then(|e| e.to_str()), path.file_stem()) {
            found.push((name.to_string_lossy().into_owned(), path));
        }
    }
    found.sort();
    Ok(found)
}

fn text(path: &Path) -> Result<String, String> {
    let length = fs::metadata(path).map_err(|error| format!("it cannot be read: {error}"))?.len();
    if length > LARGEST {
        return Err(format!("it has {length} bytes; at most {LARGEST} are read"));
    }
    fs::read_to_string(path).map_err(|error| format!("it cannot be read: {error}"))
}

#[cfg(test)]
mod tests;
