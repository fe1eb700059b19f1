//! A program of somebody's own as a package to go on with elsewhere: its files, and those that are written beside them here. Pure.

use super::plan::SourceFile;
use super::program_input::{ProgramCode, ProgramInput, no_switches};
use super::toolchain::{Toolchains, main_file};
use crate::problem::Refused;

/// The mode whose files go into a package.
const MODE: &str = "run";

/// Names and bytes, in the order of the names. What only says how a page runs the program stays behind.
///
/// # Errors
/// When the files cannot be taken, or there is no such language or package of switches.
pub fn package(mut input: ProgramInput, known: &Toolchains) -> Result<Vec<(String, Vec<u8>)>, Refused<ProgramCode>> {
    input.check_files()?;
    let toolchain = input.toolchain(known)?;
    let wanted = input.switches(toolchain);
    input.take_special();
    let sources = input.files.into_iter().map(|(name, text)| SourceFile { name, bytes: text.into_bytes() });
    let sources: Vec<SourceFile> = sources.collect();
    let switches = toolchain.switches(&wanted).map_err(no_switches)?;
    let main = input.main.as_deref().or_else(|| main_file::find(toolchain, &sources).ok());
    let written = toolchain.render(MODE, main, &switches, &sources);
    let mut files: Vec<(String, Vec<u8>)> = sources.into_iter().map(|file| (file.name, file.bytes)).collect();
    for file in written {
        // A language of the site may write a file that a page has already.
        if !files.iter().any(|(name, _)| *name == file.name) {
            files.push((file.name, file.bytes));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{ProgramInput, Toolchains, package};

    fn input(switches: &str) -> ProgramInput {
        let files = ["main.adb", "cli.txt", "a.c", "lab_io.txt"].map(|name| (name.to_owned(), format!("of {name}")));
        let switches = [(switches.to_owned(), vec!["-gnato".to_owned(), "-o/etc/passwd".to_owned()])].into();
        ProgramInput { language: "ada".to_owned(), files: files.to_vec(), switches, ..ProgramInput::default() }
    }

    #[test]
    fn a_package_can_be_built_elsewhere() {
        let files = package(input("Compiler"), &Toolchains::built_in()).expect("a package");
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a.c", "main.adb", "main.adc", "main.gpr"]);
        let project = String::from_utf8_lossy(&files[3].1);
        assert!(project.contains("for Main use (\"main\")") && project.contains("-gnato"), "{project}");
        assert!(!project.contains("passwd") && !project.contains("{{"), "{project}");
        assert!(!String::from_utf8_lossy(&files[2].1).contains("SPARK"));
    }

    #[test]
    fn a_language_without_tools_is_packed_with_what_every_page_sends() {
        let switches = [("Builder".to_owned(), Vec::new())].into();
        let files = vec![("main.py".to_owned(), "print()".to_owned())];
        let input = ProgramInput { language: "python3".to_owned(), files, switches, ..ProgramInput::default() };
        let files = package(input, &Toolchains::built_in()).expect("a package");
        assert_eq!(files, [("main.py".to_owned(), b"print()".to_vec())]);
    }

    #[test]
    fn a_package_of_switches_that_there_is_not_is_named() {
        let refused = package(input("Linker"), &Toolchains::built_in()).expect_err("no such package");
        assert_eq!(refused.path, ["switches", "Linker"]);
    }
}
