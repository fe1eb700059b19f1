//! Which file a program starts with, when nobody said.

use super::{Candidate, Toolchain, has_ending};
use crate::execution::plan::SourceFile;

/// Why no main file could be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMain {
    #[error("There is no file that the program could start with: {0}")]
    None(String),
    #[error("The program could start with any of {0}: say which")]
    Several(String),
}

/// The name of the main file: the only candidate, or the only one with the preferred name.
///
/// # Errors
/// If there is none, or no telling which.
pub fn find<'f>(toolchain: &Toolchain, files: &'f [SourceFile]) -> Result<&'f str, NoMain> {
    let rule = &toolchain.main;
    let fits = |file: &&SourceFile| match rule.candidates.as_slice() {
        [] => toolchain.is_source(&file.name),
        some => some.iter().any(|candidate| is_one(candidate, file, files)),
    };
    let found: Vec<&str> = files.iter().filter(fits).map(|file| file.name.as_str()).collect();
    let meant: Vec<&str> =
        found.iter().copied().filter(|name| !rule.preferred.is_empty() && name.contains(&rule.preferred)).collect();
    match (found.as_slice(), meant.as_slice()) {
        ([only], _) | (_, [only]) => Ok(only),
        ([], _) => Err(NoMain::None(expected(toolchain))),
        // Several, and none is called as a main file is: then none of them is.
        (_, []) if !rule.preferred.is_empty() => {
            Err(NoMain::None(format!("of {} none is called {}", found.join(", "), rule.preferred)))
        }
        (several, _) => Err(NoMain::Several(several.join(", "))),
    }
}

fn expected(toolchain: &Toolchain) -> String {
    let endings: Vec<_> = toolchain.sources.iter().map(|ending| format!("*.{ending}")).collect();
    format!("none of them ({}) has a main program", endings.join(", "))
}

fn is_one(candidate: &Candidate, file: &SourceFile, files: &[SourceFile]) -> bool {
    let stem = |name: &str| name.rsplit_once('.').map_or(name.to_owned(), |(stem, _)| stem.to_owned());
    let other = candidate.without.as_ref().map(|ending| format!("{}.{ending}", stem(&file.name)));
    has_ending(&file.name, &candidate.endings)
        && other.is_none_or(|other| !files.iter().any(|file| file.name == other))
        && candidate.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&String::from_utf8_lossy(&file.bytes)))
}
