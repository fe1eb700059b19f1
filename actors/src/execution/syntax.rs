//! Whether pieces of Python parse, found out by Python itself. Even parsing is done in a sandbox: the text is not ours.

use entity::execution::language::Language;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::python::{self, SyntaxFault, without_magics};
use super::sandbox::Class;
use super::session::{Question, Session};
use super::workshop::Workshop;

/// Seconds of processor time for all pieces together.
const TIMEOUT_S: u8 = 10;

/// The pieces that do not parse, one fault each, in order; and what Python warns of in the others.
///
/// # Errors
/// How the check itself ended, if it did not end well.
pub async fn syntax(
    workshop: &Workshop,
    pieces: &[&str],
    cancel: CancellationToken,
) -> Result<Vec<SyntaxFault>, NotChecked> {
    let python = Language::python3();
    let Some(toolchain) = workshop.toolchains.get(&python) else {
        return Err(NotChecked { class: Class::SandboxError, reason: workshop.toolchains.unknown(&python) });
    };
    let (output, _) = unbounded_channel();
    let mut session = Session::new(workshop, toolchain, &output, cancel);
    let Some(harness) = &toolchain.harness else { return Ok(Vec::new()) };
    let question = Question {
        name: "syntax",
        script: python::SYNTAX,
        task: python::Syntax { pieces: pieces.iter().map(|piece| without_magics(piece)).collect() },
        files: Vec::new(),
        timeout_s: TIMEOUT_S,
        wall_ms: None,
        hidden: true,
    };
    let asked = session.ask(harness, question).await;
    if asked.ended.class == Class::Ok
        && let Ok(faults) = asked.answer()
    {
        return Ok(faults);
    }
    let reason = session.steps.pop().and_then(|step| step.evidence.sandbox_error);
    Err(NotChecked { class: asked.ended.class, reason: reason.unwrap_or(asked.ended.message) })
}

/// How a check ended that came to no result.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct NotChecked {
    pub class: Class,
    pub reason: String,
}
