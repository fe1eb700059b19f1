//! The demonstration does what it says: every command that it prints is run as it stands there.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tests::tools::launcher;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long the site may take to be there, or to be gone.
const BOUND: Duration = Duration::from_secs(60);

struct Demo {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it said until it was ready.
    said: Vec<String>,
}

impl Demo {
    async fn start(folder: &Path) -> Self {
        let mut child = Command::new(launcher())
            .arg("demo")
            .current_dir(tests::site::examples().join(".."))
            .env("LECTERN_LISTEN", "127.0.0.1:0")
            .env("LECTERN_DATA_DIR", folder)
            .env_remove("LECTERN_TEST_LAUNCHER")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary is built");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut said = Vec::new();
        let ready = async {
            while let Some(line) = lines.next_line().await.expect("it talks") {
                said.push(line);
                if said.last().is_some_and(|line| line.contains("Ctrl-C stops")) {
                    return;
                }
            }
            panic!("it ended: {said:#?}");
        };
        timeout(BOUND, ready).await.expect("it is ready within a minute");
        Self { child, lines, said }
    }

    /// The commands that it invites to, each as a whole.
    fn commands(&self) -> Vec<String> {
        let mut commands: Vec<String> = Vec::new();
        let mut goes_on = false;
        for line in &self.said {
            if goes_on {
                commands.last_mut().expect("one that goes on").push_str(&format!("\n{line}"));
            } else if line.starts_with("curl ") || line.starts_with("cat ") {
                commands.push(line.clone());
            } else {
                continue;
            }
            goes_on = line.ends_with('\\');
        }
        commands
    }

    fn sign_ins(&self) -> Vec<&String> {
        self.said.iter().filter(|line| line.contains("@lectern.example ") && line.starts_with("  ")).collect()
    }

    /// Asks it to stop, as Ctrl-C does; it ends in order.
    async fn stop(mut self) {
        let pid = i32::try_from(self.child.id().expect("it lives")).expect("a process id");
        kill(Pid::from_raw(pid), Signal::SIGINT).expect("it can be asked");
        let ended = async {
            while self.lines.next_line().await.expect("it talks").is_some() {}
            self.child.wait().await.expect("it ends")
        };
        let status = timeout(BOUND, ended).await.expect("it stops within a minute");
        assert!(status.success(), "{status}");
    }
}

async fn sh(command: &str) -> String {
    let folder = tests::site::examples().join("..");
    let output = Command::new("sh").arg("-c").arg(command).current_dir(folder).output().await.expect("a shell");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a command until its output has this in it: what it shows comes by itself, a little later.
async fn sh_until(command: &str, wanted: &str) {
    let mut last = String::new();
    let found = async {
        loop {
            let output = Command::new("sh").arg("-c").arg(command).output().await.expect("a shell");
            last = String::from_utf8_lossy(&output.stdout).into_owned();
            if last.contains(wanted) {
                return;
            }
        }
    };
    assert!(timeout(BOUND, found).await.is_ok(), "no {wanted} from {command}");
}

#[tokio::test]
async fn what_it_invites_to_works_and_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(folder.path()).await;
    let [ada, submit, teacher, scores, mail] = demo.commands().try_into().expect("five commands");
    assert_eq!(sh(&ada).await, "");
    assert!(sh(&submit).await.contains(r#""submission":{"id":"sub_"#));
    assert_eq!(sh(&teacher).await, "");
    sh_until(&scores, r#""scores":[{"value":"10","maximum":"10"}]"#).await;
    sh_until(&mail, "Subject: Word counts: 10 of 10 points").await;
    let sign_ins: Vec<String> = demo.sign_ins().into_iter().cloned().collect();
    assert_eq!(sign_ins.len(), 5);
    demo.stop().await;

    let again = Demo::start(folder.path()).await;
    assert_eq!(again.sign_ins(), sign_ins.iter().collect::<Vec<_>>(), "the sign-ins are others");
    let synced: Vec<&String> = again.said.iter().filter(|line| line.contains("mission/")).collect();
    assert!(synced.len() == 13 && synced.iter().all(|line| line.ends_with("unchanged")), "{synced:?}");
    let scores = again.commands().remove(3);
    assert!(sh(&again.commands()[2]).await.is_empty());
    sh_until(&scores, r#""value":"10""#).await;
    again.stop().await;
}
