//! The real `ok` client, from the Python package index, in a home of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;

use crate::faults::mortal::clock_library;
use crate::tools::{insist, tool};

const PACKAGE: &str = "okpy==1.18.1";

/// A student's machine with the client.
#[derive(Debug)]
pub struct Student {
    home: TempDir,
    server: SocketAddr,
    /// By how much its clock is wrong, as `faketime` has it; empty where it is right.
    wrong: String,
}

/// One at a time: the client looks whether its port is free, and takes it a moment later.
static PORT: Mutex<()> = Mutex::const_new(());

/// The client at work.
#[derive(Debug)]
pub struct Working {
    _port: MutexGuard<'static, ()>,
    child: Child,
    opened: PathBuf,
}

impl Student {
    /// One whose client speaks with that server.
    #[must_use]
    pub fn at(server: SocketAddr) -> Self {
        let home = tempfile::Builder::new().prefix("lectern-student").tempdir().expect("a folder");
        Self { home, server, wrong: String::new() }
    }

    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Lets the client hold a token for a long time, in its own form.
    pub fn hold(&self, token: &str) {
        let folder = self.home().join(".config/ok");
        std::fs::create_dir_all(&folder).expect("a folder");
        let write = "import pickle, sys; pickle.dump({'access_token': sys.argv[1], 'expires_at': 4102444800, 'refresh_token': 'x'}, \
                     open(sys.argv[2], 'wb'))";
        let mut python = std::process::Command::new("python3");
        insist(python.args(["-c", write, token]).arg(folder.join("auth_refresh")));
    }

    /// Has the client believe that its token is too old.
    pub fn expire(&self) {
        let write = "import pickle, sys; held = pickle.load(open(sys.argv[1], 'rb')); held['expires_at'] = 0; \
                     pickle.dump(held, open(sys.argv[1], 'wb'))";
        let mut python = std::process::Command::new("python3");
        insist(python.args(["-c", write]).arg(self.home().join(".config/ok/auth_refresh")));
    }

    /// Has the client speak with that server from now on.
    pub fn turn_to(&mut self, server: SocketAddr) {
        self.server = server;
    }

    /// Sets the machine's clock so many days ahead, or back.
    pub fn set_clock(&mut self, days: i32) {
        self.wrong = if days == 0 { String::new() } else { format!("{days:+}d") };
    }

    /// Puts a file into the folder of the assignment.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.home().join(name), bytes).expect("a file");
    }

    /// Starts the client, and types these lines.
    pub async fn start(&self, arguments: &[&str], lines: &str) -> Working {
        let packages = packages().await;
        let opened = self.home().join("opened");
        let browser = self.home().join("browser");
        std::fs::write(
            &browser,
            format!("#!/bin/sh\nprintf %s \"$1\" > '{0}.part' && mv '{0}.part' '{0}'\n", opened.display()),
        )
        .expect("a browser");
        let mut command = Command::new("python3");
        command.arg(packages.join("bin/ok")).args(["--insecure", "--no-update", "--server", &self.server.to_string()]);
        command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home()).env("PYTHONPATH", &packages).current_dir(self.home());
        command.env("BROWSER", format!("sh {} %s", browser.display())).env("NO_PROXY", "*");
        if !self.wrong.is_empty() {
            command.env("LD_PRELOAD", clock_library()).env("FAKETIME", &self.wrong);
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let port = PORT.lock().await;
        let mut child = command.spawn().expect("python");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(lines.as_bytes()).await.expect("it reads");
        // It stays open: the client takes the end of its input for a person who gives up.
        child.stdin = Some(input);
        Working { _port: port, child, opened }
    }

    /// Runs the client to its end; what it printed.
    pub async fn run(&self, arguments: &[&str], lines: &str) -> String {
        self.start(arguments, lines).await.end().await
    }
}

impl Working {
    /// Waits until the client has a browser open an address. It looks for the file, which is all that another program tells.
    pub async fn opened(&self) -> String {
        loop {
            if let Ok(address) = std::fs::read_to_string(&self.opened) {
                return address;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types a line.
    pub async fn say(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("a pipe");
        input.write_all(format!("{line}\n").as_bytes()).await.expect("it reads");
    }

    /// Waits for the end; what it printed.
    pub async fn end(mut self) -> String {
        let (mut out, mut err) = (String::new(), String::new());
        let (mut stdout, mut stderr) =
            (self.child.stdout.take().expect("a pipe"), self.child.stderr.take().expect("a pipe"));
        let (one, other) = tokio::join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err));
        one.and(other).expect("it prints text");
        self.child.wait().await.expect("it ends");
        let said = out + &err;
        assert!(!said.contains("Traceback"), "{said}");
        said
    }
}

/// The folder of the client. It pins libraries of its time, and so runs on Python 3.8 to 3.11.
async fn packages() -> PathBuf {
    let install = |folder: &Path| {
        let mut pip = std::process::Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]);
        insist(pip.arg("--target").arg(folder).arg(PACKAGE));
    };
    tokio::task::spawn_blocking(move || tool("okpy-1.18.1", install)).await.expect("the client is there")
}
