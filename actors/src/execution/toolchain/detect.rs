//! What of a language is installed on this machine.

use std::path::Path;

use super::{Step, Toolchain};

impl Toolchain {
    /// Why nothing works in this language here, with the way out; None if it does.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        (!is_there(&self.detect.command)).then(|| self.sentence(&self.detect.command))
    }

    /// Why a mode does not work here, with the way out; None if it does or there is no such mode.
    #[must_use]
    pub fn missing_for(&self, mode: &str) -> Option<String> {
        let missing = self.steps_of(mode)?.into_iter().find_map(|(_, step)| self.missing_step(step));
        missing.or_else(|| self.missing())
    }

    fn missing_step(&self, step: &Step) -> Option<String> {
        // Without a slash in front it is what the build makes.
        let mut tools = step.argv.first().into_iter().chain(&step.needs).filter(|tool| tool.starts_with('/'));
        let absent = tools.find(|tool| !is_there(tool))?;
        Some(step.missing.clone().unwrap_or_else(|| self.sentence(absent)))
    }

    /// The modes that work here.
    #[must_use]
    pub fn usable_modes(&self) -> Vec<&str> {
        self.modes.keys().map(String::as_str).filter(|mode| self.missing_for(mode).is_none()).collect()
    }

    fn sentence(&self, tool: &str) -> String {
        let Self { title, detect, .. } = self;
        format!("{title} needs {tool}, which is not installed here; install the Debian package {}", detect.package)
    }
}

fn is_there(path: &str) -> bool {
    Path::new(path).exists()
}

/// The version in what a tool says of itself: the first number with a point in it, or else the first number.
#[must_use]
pub fn version(said: &str) -> Option<String> {
    let numbers = || {
        let words =
            said.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').map(|word| word.trim_start_matches('v'));
        words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
    };
    numbers().find(|word| word.contains('.')).or_else(|| numbers().next()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        for (said, found) in [
            ("Python 3.11.2\n", Some("3.11.2")),
            ("gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright 2022", Some("12.2.0")),
            ("v20.20.2\n", Some("20.20.2")),
            ("javac 17\n", Some("17")),
            ("25.0-beta (Manganese)", Some("25.0")),
            ("none of your business", None),
        ] {
            assert_eq!(version(said).as_deref(), found, "{said}");
        }
    }
}
