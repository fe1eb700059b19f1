//! Carries out a plan.

use entity::execution::verdict::{Blame, Verdict};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::bounds::Bounds;
use super::outcome::Outcome;
use super::plan::{Plan, SourceFile, Task};
use super::record::Record;
use super::session::Session;
use super::toolchain::Toolchain;
use super::workshop::Workshop;
use super::{assignment, exercise, program};

/// Carries out `plan` with `files`, every step in a sandbox of its own, and writes to `output` while it goes on.
///
/// Always comes to an outcome: a sandbox that does not work is the verdict `SandboxError`, which is never the student's.
pub async fn execute(
    workshop: &Workshop,
    plan: &Plan,
    files: &[SourceFile],
    output: &UnboundedSender<Record>,
    cancel: CancellationToken,
) -> Outcome {
    execute_within(workshop, plan, Bounds::default(), files, output, cancel).await
}

/// The same within limits that its caller sets for the program. Content has limits of its own: they change nothing there.
pub async fn execute_within(
    workshop: &Workshop,
    plan: &Plan,
    bounds: Bounds,
    files: &[SourceFile],
    output: &UnboundedSender<Record>,
    cancel: CancellationToken,
) -> Outcome {
    let Some(toolchain) = workshop.toolchains.get(&plan.language) else {
        return without_language(&plan.task, workshop.toolchains.unknown(&plan.language));
    };
    let mut session = Session::new(workshop, toolchain, output, cancel);
    if let Some(missing) = missing(toolchain, &plan.task) {
        // The site lacks something: nobody's work is judged by that.
        session.broken("build", false, &missing);
        return session.outcome(String::new());
    }
    if let Some(message) = names(files) {
        return session.refuse(Blame::Student, message);
    }
    match &plan.task {
        Task::Exercise(task) => exercise::run(session, task, plan.timeout_s, files).await,
        Task::Assignment(task) => assignment::run(session, task, files).await,
        Task::Program(task) => program::run(Session { bounds, ..session }, task, plan.timeout_s, files).await,
    }
}

/// Somebody's own program may well be in a language that there is not; content in one is a fault of the site.
fn without_language(task: &Task, message: String) -> Outcome {
    match task {
        Task::Program(_) => Outcome::unjudged(Verdict::BuildFailed, Blame::Student, message),
        Task::Exercise(_) | Task::Assignment(_) => {
            Outcome::unjudged(Verdict::SandboxError, Blame::Infrastructure, message)
        }
    }
}

/// What is not installed that work on content needs, if anything.
fn missing(toolchain: &Toolchain, task: &Task) -> Option<String> {
    match task {
        Task::Exercise(_) => toolchain.missing(),
        Task::Assignment(_) => toolchain.missing_for(assignment::MODE),
        // Its author is told; see `build`.
        Task::Program(_) => None,
    }
}

/// Why these files cannot lie in one folder, if so.
fn names(files: &[SourceFile]) -> Option<String> {
    let mut seen = std::collections::HashSet::new();
    files.iter().map(|file| file.name.as_str()).find_map(|name| {
        let plain = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= 255 && !part.contains('\0');
        if !name.split('/').all(plain) {
            return Some(format!("{name:?} cannot be the name of a file here"));
        }
        (!seen.insert(name)).then(|| format!("Two files have the name {name:?}"))
    })
}

#[cfg(test)]
mod tests {
    use super::names;
    use crate::execution::plan::SourceFile;

    #[test]
    fn files_lie_below_one_folder() {
        let files = |names: &[&str]| {
            names.iter().map(|&name| SourceFile { name: name.to_owned(), bytes: vec![] }).collect::<Vec<_>>()
        };
        assert_eq!(names(&files(&["main.c", "..a", "é ü", "data/a.csv"])), None);
        for wrong in [&["a//b"][..], &["/a"], &["a/../b"], &[""], &[".."], &["a\0"], &["a", "a"]] {
            assert!(names(&files(wrong)).is_some(), "{wrong:?}");
        }
    }
}
