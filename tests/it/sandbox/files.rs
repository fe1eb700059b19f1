//! Files in and out.

use actors::execution::sandbox::{Class, InputFile, Spec};

use super::{file, run_as, shell};

fn collecting(source: &str, names: &[&str]) -> Spec {
    let mut spec = shell(source);
    spec.collect = names.iter().map(|name| (*name).to_owned()).collect();
    spec
}

#[tokio::test]
async fn input_files_lie_in_the_work_folder() {
    let mut spec = shell(
        "pwd; ls -ln | awk '{print $1, $3, $4, $5, $9}' | tail -n +2; echo more >> data.txt; cat data.txt; ./tool",
    );
    spec.env = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
    let tool = InputFile { name: "tool".to_owned(), bytes: b"#!/bin/sh\necho tool".to_vec(), executable: true };
    spec.files = vec![file("data.txt", "data\n"), tool];
    let told = run_as(Class::Ok, spec).await;
    let expected = "/w\n-rw-r--r-- 1000 1000 5 data.txt\n-rwxr-xr-x 1000 1000 19 tool\ndata\nmore\ntool\n";
    assert_eq!(told.stdout, expected);
}

#[tokio::test]
async fn files_are_brought_out_also_of_a_run_that_failed() {
    let spec = collecting("printf '\\000one' > a; : > b; chmod 755 b; exit 3", &["b", "a"]);
    let told = run_as(Class::Nonzero, spec).await;
    let collected: Vec<_> =
        told.report.collected.iter().map(|f| (f.name.as_str(), f.bytes.as_slice(), f.executable)).collect();
    assert_eq!(collected, [("b", b"".as_slice(), true), ("a", b"\0one".as_slice(), false)]);
    assert_eq!(told.report.evidence.not_collected, []);
}

#[tokio::test]
async fn what_is_no_plain_file_stays_inside() {
    let source = "ln -s /etc/passwd link; mkfifo fifo; mkdir folder; echo x > one; ln one two; ln -s /proc/self/exe magic; \
                  head -c 2000 /dev/zero > large; echo good > good; ln -s good near";
    let mut spec =
        collecting(source, &["link", "fifo", "folder", "one", "two", "magic", "large", "absent", "near", "good"]);
    spec.limits.collect_bytes = 1000;
    let told = run_as(Class::Ok, spec).await;
    let names: Vec<_> = told.report.collected.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["good"]);
    let refused: Vec<_> = told.report.evidence.not_collected.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(refused, ["link", "fifo", "folder", "one", "two", "magic", "large", "absent", "near"]);
}

#[tokio::test]
async fn nothing_changes_after_the_end() {
    // A daemon that would go on writing is dead before the file is opened.
    let spec = collecting("(while :; do echo more >> log; done) & while [ ! -s log ]; do :; done", &["log"]);
    let told = run_as(Class::Ok, spec).await;
    let log = told.report.collected.first().expect("it was written");
    assert!(log.bytes.starts_with(b"more\n"));
}

#[tokio::test]
async fn files_may_lie_in_folders() {
    let mut spec = shell("cat data/deep/a.csv data/b.csv");
    spec.files = vec![file("data/deep/a.csv", "1,"), file("data/b.csv", "2")];
    assert_eq!(run_as(Class::Ok, spec).await.stdout, "1,2");
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_refused() {
    for name in ["../x", "/etc/x", "a//b", "a/../b", "..", ""] {
        let mut spec = shell("exit 0");
        spec.files = vec![file(name, "x")];
        run_as(Class::SandboxError, spec).await;
        run_as(Class::SandboxError, collecting("exit 0", &[name])).await;
    }
}

#[tokio::test]
async fn input_that_does_not_fit_is_told_of() {
    let mut spec = shell("exit 0");
    spec.files = vec![file("big", &"x".repeat(2 << 20))];
    spec.limits.disk_bytes = 1 << 20;
    let told = run_as(Class::SandboxError, spec).await;
    assert!(told.report.evidence.sandbox_error.is_some_and(|reason| reason.contains("\"big\"")));
}
