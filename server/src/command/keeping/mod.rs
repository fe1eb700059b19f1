//! `backup`, `restore` and `copy-to`: what an operator keeps a site with.

mod backup;
mod copy_to;
mod restore;
mod target;

pub(super) use backup::Backup;
pub(super) use copy_to::CopyTo;
pub(super) use restore::Restore;

use std::io::{IsTerminal as _, Write as _};

use actors::keeping::{KeepingError, Tally};

use super::CommandError;

impl From<KeepingError> for CommandError {
    fn from(error: KeepingError) -> Self {
        Self::told(error.to_string())
    }
}

/// Tells how far a copy is: on a terminal, on one line that changes; otherwise not at all.
fn progress() -> impl FnMut(&str, u64) + Send {
    let shown = std::io::stderr().is_terminal();
    move |table, rows| {
        if shown {
            eprint!("\r\x1b[K{table}: {rows} rows");
            let _ = std::io::stderr().flush();
        }
    }
}

/// Ends the line of the progress.
fn end_progress() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}

/// How much was copied, for people.
fn sum(tally: &Tally) -> String {
    format!("{} rows of {} tables", tally.rows(), tally.0.len())
}
