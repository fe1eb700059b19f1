//! A program that another language's people wrote, talked to in lines of JSON. It reads its input to the end, and ends with it:
//! so it ends with this process, however this one ends.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

#[derive(Debug)]
pub(crate) struct Talker {
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

/// Passes on what it complains of. Were our own error output its own, node would set that to not waiting, for us as well; and
/// leave it so, when it is killed: then the harness could not print its list of failures.
async fn pass_on(complaints: ChildStderr) {
    let mut lines = BufReader::new(complaints).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

impl Talker {
    pub fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let input = child.stdin.take().expect("a pipe");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        tokio::spawn(pass_on(child.stderr.take().expect("a pipe")));
        Self { input, lines, _child: child }
    }

    pub async fn say(&mut self, line: &Value) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.expect("the child listens");
    }

    /// The next line; none when there will be no more.
    pub async fn hear(&mut self) -> Option<Value> {
        let line = self.lines.next_line().await.expect("the child's output can be read")?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}")))
    }
}
