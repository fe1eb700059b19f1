//! Programs in the sandbox: how they end, what they may use, what they can see, and what is left of them.
//!
//! Run as root, all of it is run once more as a plain user (`host::as_a_plain_user`).

mod ends;
mod files;
mod groups;
mod guarded;
mod hidden;
mod host;
mod hostile;
mod limits;
mod tiers;

use std::time::Duration;

use actors::execution::sandbox::{Class, InputFile, Limits, Output, Report, Sandbox, Spec, Stream};
use tests::tools::launcher;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::sync::CancellationToken;

pub fn sandbox() -> Sandbox {
    Sandbox::new(launcher())
}

/// A Python program.
fn python(source: &str) -> Spec {
    Spec::new(["/usr/bin/python3", "-I", "-S", "-c", source])
}

/// A shell program.
fn shell(source: &str) -> Spec {
    Spec::new(["/bin/sh", "-c", source])
}

fn file(name: &str, text: &str) -> InputFile {
    InputFile { name: name.to_owned(), bytes: text.as_bytes().to_vec(), executable: false }
}

/// A C program, built in a sandbox.
async fn built(source: &str) -> Spec {
    let mut build = Spec::new(["/usr/bin/gcc", "-pipe", "-O1", "-pthread", "-o", "main", "main.c", "-lm"]);
    build.env = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
    build.files = vec![file("main.c", source)];
    build.collect = vec!["main".to_owned()];
    let told = run_as(Class::Ok, build).await;
    let main = told.report.collected.into_iter().next().expect("gcc made it");
    assert!(main.executable);
    let main = InputFile { name: main.name, bytes: main.bytes, executable: main.executable };
    Spec { files: vec![main], ..Spec::new(["./main"]) }
}

/// Limits that make a test short.
fn short() -> Limits {
    Limits { cpu: Duration::from_millis(300), wall: Duration::from_secs(20), ..Limits::default() }
}

/// A finished run and all that it put out.
struct Told {
    report: Report,
    stdout: String,
    stderr: String,
}

async fn run(spec: Spec) -> Told {
    run_in(&sandbox(), spec).await
}

async fn run_in(sandbox: &Sandbox, spec: Spec) -> Told {
    let (sender, receiver) = unbounded_channel();
    let report = sandbox.run(spec, sender, CancellationToken::new()).await;
    let (stdout, stderr) = gather(receiver);
    Told { report, stdout, stderr }
}

fn gather(mut receiver: UnboundedReceiver<Output>) -> (String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    while let Ok(output) = receiver.try_recv() {
        assert!((1..=32 << 10).contains(&output.bytes.len()));
        match output.stream {
            Stream::Stdout => stdout.extend(output.bytes),
            Stream::Stderr => stderr.extend(output.bytes),
        }
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(stdout), text(stderr))
}

/// Runs and insists on the class.
async fn run_as(class: Class, spec: Spec) -> Told {
    let told = run(spec).await;
    told.insist(class);
    told
}

impl Told {
    fn insist(&self, class: Class) {
        assert_eq!(
            self.report.class,
            class,
            "{:?}\n{}\n{}",
            self.report.evidence,
            head(&self.stdout),
            head(&self.stderr)
        );
    }
}

fn head(text: &str) -> String {
    text.chars().take(2000).collect()
}
