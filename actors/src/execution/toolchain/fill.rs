//! Command lines and template files with their holes filled.
//!
//! Words: a word of a command line that is a hole alone becomes as many words as the hole has values; a hole inside a word becomes
//! its values with blanks between. Template files have holes in double braces, because single ones are common in programs.

use std::collections::BTreeMap;

use super::Toolchain;
use crate::execution::plan::SourceFile;
use crate::execution::sandbox::InputFile;

/// The holes of command lines, besides `{switches.<package>}`.
pub const HOLES: [&str; 5] = ["main", "stem", "sources", "arguments", "script"];
/// The holes of templates, besides `{{switches.<package>}}`.
pub const TEMPLATE_HOLES: [&str; 3] = ["main", "stem", "languages"];

/// What fills the holes.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    /// Sets all values of one hole.
    #[must_use]
    pub fn with(mut self, hole: impl Into<String>, values: impl IntoIterator<Item = String>) -> Self {
        self.0.insert(hole.into(), values.into_iter().collect());
        self
    }

    /// The name of the main file, and the same without its ending.
    #[must_use]
    pub fn with_main(self, main: &str) -> Self {
        let stem = main.rsplit_once('.').map_or(main, |(stem, _)| stem);
        self.with("main", [main.to_owned()]).with("stem", [stem.to_owned()])
    }

    /// A command line.
    #[must_use]
    pub fn words(&self, template: &[String]) -> Vec<String> {
        template.iter().flat_map(|word| self.word(word)).collect()
    }

    fn word(&self, word: &str) -> Vec<String> {
        let alone = word.strip_prefix('{').and_then(|word| word.strip_suffix('}'));
        match alone.and_then(|name| self.0.get(name)) {
            Some(values) => values.clone(),
            None => vec![self.text(word)],
        }
    }

    /// A text with all holes filled. What fills a hole is not looked at again, so that nobody's words become holes.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            filled.push_str(&rest[..start]);
            rest = &rest[start..];
            let known = rest.find('}').and_then(|end| Some((end, self.0.get(&rest[1..end])?)));
            match known {
                Some((end, values)) => {
                    filled.push_str(&values.join(" "));
                    rest = &rest[end + 1..];
                }
                None => {
                    filled.push('{');
                    rest = &rest[1..];
                }
            }
        }
        filled + rest
    }
}

/// The names between `{` and `}`, or between `{{` and `}}`.
pub fn holes_of<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    let parts = text.split(open).skip(1).filter_map(|part| part.split_once(close));
    let plain = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
    };
    parts.map(|(name, _)| name).filter(plain).collect()
}

impl Toolchain {
    /// The switches of each package: those that are always given, then what was asked for and is allowed.
    ///
    /// # Errors
    /// The name of a package that there is not.
    pub fn switches(&self, asked: &BTreeMap<String, Vec<String>>) -> Result<BTreeMap<String, Vec<String>>, String> {
        if let Some(package) = asked.keys().find(|package| !self.switches.contains_key(*package)) {
            return Err(package.clone());
        }
        let given = self.switches.iter().map(|(package, known)| {
            let mut words = known.default.clone();
            for switch in asked.get(package).into_iter().flatten() {
                if known.allowed.contains(switch) && !words.contains(switch) {
                    words.push(switch.clone());
                }
            }
            (package.clone(), words)
        });
        Ok(given.collect())
    }

    /// The files that are written beside the sources in a mode.
    #[must_use]
    pub fn render(
        &self,
        mode: &str,
        main: Option<&str>,
        switches: &BTreeMap<String, Vec<String>>,
        files: &[SourceFile],
    ) -> Vec<InputFile> {
        let mut values: BTreeMap<String, String> = switches
            .iter()
            .map(|(package, words)| (format!("switches.{package}"), quoted(words.iter().map(String::as_str))))
            .collect();
        values.insert("languages".to_owned(), quoted(self.languages_of(files)));
        if let Some(main) = main {
            values.insert("stem".to_owned(), main.rsplit_once('.').map_or(main, |(stem, _)| stem).to_owned());
            values.insert("main".to_owned(), main.to_owned());
        }
        let meant = self.templates.iter().filter(|file| file.modes.is_empty() || file.modes.iter().any(|m| m == mode));
        let render = |template: &super::Template| InputFile {
            name: template.name.clone(),
            bytes: rendered(&template.text, &values).into_bytes(),
            executable: false,
        };
        meant.map(render).collect()
    }

    /// The languages of these files, each once, in the order in which they are first met.
    fn languages_of<'t>(&'t self, files: &[SourceFile]) -> Vec<&'t str> {
        let mut found: Vec<&str> = Vec::new();
        for (_, ending) in files.iter().filter_map(|file| file.name.rsplit_once('.')) {
            if let Some(language) = self.project_languages.get(ending)
                && !found.contains(&language.as_str())
            {
                found.push(language);
            }
        }
        found
    }
}

fn rendered(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        let holes: Vec<String> = holes_of(&line, "{{", "}}").into_iter().map(str::to_owned).collect();
        if holes.iter().any(|hole| values.get(hole).is_none_or(String::is_empty)) {
            continue;
        }
        for hole in holes {
            line = line.replace(&format!("{{{{{hole}}}}}"), &values[&hole]);
        }
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

/// `"a", "b"`: the words are a toolchain's own, so there is nothing to escape.
fn quoted<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}
