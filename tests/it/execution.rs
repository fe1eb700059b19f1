//! Plans carried out in the real sandbox: exercises, assignments, and what their programs may try.

mod assignment;
mod author;
mod builds;
mod by_hand;
mod exercise;
mod hostile;
mod languages;

use actors::execution::execute::execute;
use actors::execution::outcome::Outcome;
use actors::execution::plan::{Plan, SourceFile};
use actors::execution::record::{Kind, Record};
use entity::execution::language::Language;
use tests::tools::workshop;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

pub fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

/// The language of that name.
fn language(name: &str) -> Language {
    name.parse().expect("a name")
}

/// Carries out a plan and gives the outcome with the whole log.
async fn carry_out(plan: &Plan, files: &[SourceFile]) -> (Outcome, Vec<Record>) {
    let (output, mut records) = unbounded_channel();
    let outcome = execute(&workshop(), plan, files, &output, CancellationToken::new()).await;
    drop(output);
    let mut log = Vec::new();
    while let Some(record) = records.recv().await {
        log.push(record);
    }
    (outcome, log)
}

/// All that was said on one channel.
fn said(log: &[Record], kind: Kind) -> String {
    let bytes: Vec<u8> =
        log.iter().filter(|record| record.kind == kind).flat_map(|record| record.bytes.clone()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
