//! A real mail server, aiosmtpd, for letters that really go out.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::child::Talker;
use crate::tools::{insist, tool};

const PACKAGE: &str = "aiosmtpd==1.4.6";

/// A running server. It ends when this is dropped, and with this process.
#[derive(Debug)]
pub struct MailServer {
    /// What the product is given as the address of its mail server.
    pub url: String,
    talker: Talker,
}

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Head and body.
    pub text: String,
}

/// What the server did with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    Taken(Mail),
    /// Sent away for now, with a code of the 4xx kind.
    Refused,
}

impl MailServer {
    /// One that takes every mail.
    pub async fn start() -> Self {
        Self::refusing(0).await
    }

    /// One that refuses the first mails for now.
    pub async fn refusing(first: usize) -> Self {
        let folder = tokio::task::spawn_blocking(packages).await.expect("the packages are there");
        let mut command = Command::new("python3");
        command.args(["-c", include_str!("../clients/smtp.py"), &first.to_string()]).env("PYTHONPATH", folder);
        let mut talker = Talker::start(&mut command);
        let said = talker.hear().await.expect("the mail server starts");
        let url = format!("smtp://127.0.0.1:{}", said["port"].as_u64().expect("it says its port first"));
        Self { url, talker }
    }

    /// Waits for the next mail.
    pub async fn received(&mut self) -> Received {
        let mut said = self.talker.hear().await.expect("the mail server lives");
        match said["mail"].take() {
            Value::Null => Received::Refused,
            mail => Received::Taken(serde_json::from_value(mail).expect("a mail as described")),
        }
    }
}

/// The folder of the packages.
fn packages() -> PathBuf {
    tool(&format!("smtp-{PACKAGE}"), |folder| {
        let mut pip = std::process::Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]);
        insist(pip.arg("--target").arg(folder).arg(PACKAGE));
    })
}
