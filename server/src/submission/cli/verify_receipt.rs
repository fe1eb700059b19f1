//! `verify-receipt`: what a receipt proves, without a site, a database or a configuration.

use std::path::PathBuf;
use std::process::ExitCode;

use actors::grading::excerpt::harmless;
use actors::submission::receipt::examine::{Finding, Keys, Outcome, Question, examine};
use clap::Args;
use entity::file;
use entity::submission::receipt::{Receipt, leaf};
use serde_json::json;

use super::read;
use crate::command::CommandError;

/// The status when something cannot be told, or what was given is no receipt.
const UNTOLD: u8 = 2;

/// Say what a receipt proves; needs no site and no database. The status is 0 when it is genuine, 1 when it is not, 2 when that cannot be told
#[derive(Debug, Args)]
pub struct VerifyReceipt {
    /// The receipt; - reads it from standard input
    file: PathBuf,
    /// The site's public keys, as they are at /.well-known/receipt-keys.json of the site; may be given more than once
    #[arg(long, value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// A public key: 43 letters, with its name and a colon before or without; may be given more than once
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
    /// Whether these are the files that it is about, all of them: by their names as they were handed in, from the folder where you are
    #[arg(long, value_name = "FILE", num_args = 1..)]
    files: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl VerifyReceipt {
    /// Does it.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        match self.look() {
            Ok(code) => code,
            Err(error) => {
                eprintln!("lectern: {error}");
                ExitCode::from(UNTOLD)
            }
        }
    }

    fn look(&self) -> Result<ExitCode, CommandError> {
        let mut keys = Keys::default();
        for file in &self.keys {
            let set = keys.add_set(&read(file)?);
            set.map_err(|error| CommandError::told(format!("{}: {error}", file.display())))?;
        }
        for key in &self.key {
            keys.add(key).map_err(|error| CommandError::told(error.to_string()))?;
        }
        let receipt = Receipt::read(read(&self.file)?.trim());
        let receipt = receipt
            .map_err(|why| CommandError::told(format!("{}: {}", self.file.display(), harmless(&why.to_string()))))?;
        let mut findings = examine(&receipt, &keys);
        if !self.files.is_empty() {
            findings.push(self.is_about(&receipt)?);
        }
        self.tell(&receipt, &findings);
        Ok(status(&findings))
    }

    /// Whether it is about these files.
    fn is_about(&self, receipt: &Receipt) -> Result<Finding, CommandError> {
        let mut files = Vec::new();
        for name in &self.files {
            let bytes = std::fs::read(name);
            let bytes = bytes.map_err(|error| CommandError::told(format!("{name} cannot be read: {error}")))?;
            files.push((name.trim_start_matches("./"), file::sha256(&bytes)));
        }
        let (outcome, message) = match leaf::files(files) == receipt.leaf.files {
            true => (Outcome::Holds, "These are its files."),
            false => (
                Outcome::Fails,
                "These are not its files: a byte, a name or a file differs. Names count with their folders: go to the folder from which the work was sent.",
            ),
        };
        Ok(Finding { question: Question::Work, outcome, message: message.to_owned() })
    }

    fn tell(&self, receipt: &Receipt, findings: &[Finding]) {
        let Receipt { leaf, block, .. } = receipt;
        if self.json {
            let check = |finding: &Finding| json!({ "question": finding.question.word(), "outcome": finding.outcome.word(), "message": finding.message });
            let checks: Vec<_> = findings.iter().map(check).collect();
            let told = json!({
                "site": block.site,
                "course": block.course,
                "assignment": leaf.assignment,
                "backup": leaf.backup,
                "handed_in": leaf.handed_in,
                "received_at": leaf.received_at.to_string(),
                "issued_at": block.issued_at.to_string(),
                "position": block.position,
                "incarnation": block.incarnation,
                "block": hex::encode(block.hash()),
                "key": block.kid,
                "checks": checks,
            });
            println!("{told}");
            return;
        }
        let verb = if leaf.handed_in { "handed in" } else { "kept as a backup, not handed in" };
        println!("{} at {}: {verb}", harmless(&leaf.assignment), harmless(&block.site));
        println!("  backup      {}", harmless(&leaf.backup));
        println!("  arrived     {}", leaf.received_at);
        println!("  stored      {}", block.issued_at);
        println!("  block       {} of {}, {}", block.position, harmless(&block.course), hex::encode(block.hash()));
        for finding in findings {
            println!("{:<8}  {}", finding.outcome.word(), harmless(&finding.message));
        }
        println!("unknown   Whether the site still has it is not told here: ask it with verifyReceipt.");
    }
}

/// Genuine is what the site has signed, of which everything holds that it says.
fn status(findings: &[Finding]) -> ExitCode {
    let any = |outcome| findings.iter().any(|it| it.outcome == outcome && it.question != Question::Person);
    let forged = findings.iter().any(|it| it.outcome == Outcome::Fails);
    match (forged, any(Outcome::Unknown)) {
        (true, _) => ExitCode::FAILURE,
        (false, true) => ExitCode::from(UNTOLD),
        (false, false) => ExitCode::SUCCESS,
    }
}
