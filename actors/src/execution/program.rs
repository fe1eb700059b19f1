//! A program of somebody's own, in one of the modes of its language.

use entity::execution::verdict::Blame;

use super::build::{Call, announcement, build, run_once, unusable};
use super::conclusion::SUBMIT;
use super::lab;
use super::outcome::Outcome;
use super::plan::{Program, SourceFile};
use super::sandbox::Class;
use super::session::Session;
use super::verdict::Part;

/// The most files.
pub const MOST_FILES: usize = 64;
/// The most bytes of all files and standard input together.
pub const MOST_BYTES: usize = 1 << 20;

pub(super) async fn run(mut session: Session<'_>, task: &Program, timeout_s: u8, files: &[SourceFile]) -> Outcome {
    if let Some(message) = unusable(&task.arguments).or_else(|| too_much(task, files)).or_else(|| names(files)) {
        return session.refuse(Blame::Student, message);
    }
    if task.mode == SUBMIT {
        return lab::run(session, task, timeout_s, files).await;
    }
    let built = match build(&mut session, task, files).await {
        Ok(built) => built,
        Err(message) => return session.outcome(message),
    };
    let Some(line) = announcement(&built, &task.arguments) else {
        return session.outcome("Done, without complaints".to_owned());
    };
    session.announce(&line);
    let call = Call { name: "run", arguments: &task.arguments, stdin: &task.stdin, timeout_s, ..Call::default() };
    let ended = run_once(&mut session, &built, call).await;
    let passed = ended.class == Class::Ok;
    session.judge(Part::Run, ended.class, passed, Blame::Student);
    session.outcome(if passed { "Ran to its end".to_owned() } else { ended.message })
}

fn too_much(task: &Program, files: &[SourceFile]) -> Option<String> {
    let bytes = files.iter().map(|file| file.bytes.len()).sum::<usize>() + task.stdin.len();
    if files.is_empty() {
        Some("There is no file".to_owned())
    } else if files.len() > MOST_FILES {
        Some(format!("{} files are too many; at most {MOST_FILES} are taken", files.len()))
    } else {
        let message = || format!("The files and the input have {bytes} bytes; at most {MOST_BYTES} are taken");
        (bytes > MOST_BYTES).then(message)
    }
}

/// Why a file cannot have the name that it has, if so. Names go on command lines and into templates, so they are plain.
fn names(files: &[SourceFile]) -> Option<String> {
    let is_plain = |name: &str| {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=128).contains(&name.len()) && name.bytes().all(letters) && !name.starts_with(['.', '-'])
    };
    let file = files.iter().find(|file| !is_plain(&file.name))?;
    Some(format!(
        "{:?} cannot be the name of a file here: write 1 to 128 letters a-z or A-Z, digits, dots, hyphens and underscores, with neither a dot nor a hyphen in front",
        file.name
    ))
}
