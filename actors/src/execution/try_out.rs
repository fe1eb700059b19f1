//! Whether a language works here: its own example, run as anybody's program would be.

use entity::execution::verdict::Verdict;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::execute::execute;
use super::plan::{Plan, Program, SourceFile, Task};
use super::toolchain::Toolchain;
use super::workshop::Workshop;

/// Runs a language's own example. Ok if it has none.
///
/// # Errors
/// Why it did not end well, for whoever looks after the machine.
pub async fn try_out(workshop: &Workshop, toolchain: &Toolchain) -> Result<(), String> {
    let Some(example) = &toolchain.example else { return Ok(()) };
    let program = Program { mode: "run".to_owned(), main: Some(example.name.clone()), ..Program::default() };
    let plan = Plan { language: toolchain.name.clone(), task: Task::Program(program), timeout_s: 10 };
    let files = [SourceFile { name: example.name.clone(), bytes: example.text.clone().into_bytes() }];
    let (output, _) = unbounded_channel();
    let outcome = execute(workshop, &plan, &files, &output, CancellationToken::new()).await;
    let broken = outcome.steps.iter().find_map(|step| step.evidence.sandbox_error.clone());
    match outcome.verdict {
        Verdict::Passed => Ok(()),
        _ => Err(broken.unwrap_or(outcome.message)),
    }
}
