//! The real program, serving in a process of its own, so that its whole log can be read.

use std::net::SocketAddr;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::base::Base;
use crate::tools::launcher;

/// A process that serves. It ends when this goes.
pub struct Serving {
    pub address: SocketAddr,
    child: Child,
    log: JoinHandle<String>,
}

impl Serving {
    /// Starts one with these settings beside those of the base.
    pub async fn start(base: &Base, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(launcher());
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(base.data()).kill_on_drop(true).arg("serve");
        command.env("LECTERN_DATABASE_URL", &base.url).env("LECTERN_DATA_DIR", base.data());
        command.env("LECTERN_SECRET_KEY", "a secret of the stories, 32 letters").env("LECTERN_LISTEN", "127.0.0.1:0");
        // What signs people in says by which name the site goes, wherever it listens.
        command.env("LECTERN_PUBLIC_URL", "http://lectern.example").envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut errors = child.stderr.take().expect("a pipe");
        let log = tokio::spawn(async move {
            let mut log = String::new();
            errors.read_to_string(&mut log).await.expect("text");
            log
        });
        let mut said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let line = said.next_line().await.expect("it speaks").expect("it says where it serves");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next());
        let address = address.and_then(|address| address.parse().ok()).unwrap_or_else(|| panic!("no address: {line}"));
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        Self { address, child, log }
    }

    /// Ends it as the kernel does: without a word.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it lives");
    }

    /// Stops it as an operator does; its whole log.
    pub async fn end(mut self) -> String {
        let pid = self.child.id().expect("it lives");
        kill(Pid::from_raw(i32::try_from(pid).expect("a small number")), Signal::SIGTERM).expect("it is ours");
        let status = self.child.wait().await.expect("it ends");
        let log = self.log.await.expect("it was read");
        assert!(status.success(), "{log}");
        log
    }
}
