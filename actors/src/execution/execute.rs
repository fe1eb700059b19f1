//! Carries out a plan.

use entity::execution::verdict::Blame;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::outcome::Outcome;
use super::plan::{Plan, SourceFile, Task};
use super::record::Record;
use super::sandbox::Sandbox;
use super::session::Session;
use super::toolchain::toolchain;
use super::{assignment, exercise, program};

/// Carries out `plan` with `files`, every step in a sandbox of its own, and writes to `output` while it goes on.
///
/// Always comes to an outcome: a sandbox that does not work is the verdict `SandboxError`, which is never the student's.
pub async fn execute(
    sandbox: &Sandbox,
    plan: &Plan,
    files: &[SourceFile],
    output: &UnboundedSender<Record>,
    cancel: CancellationToken,
) -> Outcome {
    let session = Session {
        sandbox,
        toolchain: toolchain(plan.language),
        output,
        cancel,
        steps: Vec::new(),
        judged: Vec::new(),
        case: None,
    };
    if let Some(message) = names(files) {
        return session.refuse(Blame::Student, message);
    }
    match &plan.task {
        Task::Exercise(task) => exercise::run(session, task, plan.timeout_s, files).await,
        Task::Assignment(task) => assignment::run(session, task, files).await,
        Task::Program(task) => program::run(session, task, plan.timeout_s, files).await,
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
