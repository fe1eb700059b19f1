//! Receipts on the command line: looking at one without any site, and at all of a site.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program talks to its user")]

mod receipts;
mod verify_receipt;

pub use receipts::Receipts;
pub use verify_receipt::VerifyReceipt;

use std::io::Read as _;
use std::path::Path;

use crate::command::CommandError;

/// The text of a file, or of standard input where it is `-`.
fn read(path: &Path) -> Result<String, CommandError> {
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().lock().read_to_string(&mut text).map(drop),
        _ => std::fs::read_to_string(path).map(|read| text = read),
    };
    match read {
        Ok(()) => Ok(text),
        Err(error) => Err(CommandError::told(format!("{} cannot be read: {error}", path.display()))),
    }
}
