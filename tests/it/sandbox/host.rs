//! The host: what is left on it, who may run a sandbox on it, and what happens if it can't.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use actors::execution::sandbox::{Class, Sandbox};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use tests::tools::{LAUNCHER, launcher};
use tokio::process::Command;

use super::{hostile, python, run_in, shell};

/// A folder that everybody may enter, with copies of what must be executed from it.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("lectern-test").tempdir_in("/tmp").expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("ours");
    folder
}

fn copy_into(folder: &Path, name: &str, from: &Path) -> PathBuf {
    let to = folder.join(name);
    // A name more costs nothing, where both are on one disk: these are large.
    if fs::hard_link(from, &to).is_err() {
        fs::copy(from, &to).expect("a copy");
    }
    to
}

/// A launcher that is started in a special way. One write by a child of ours avoids that a fork elsewhere holds the script open for writing while it is executed.
async fn wrapped(folder: &Path, script: &str) -> Sandbox {
    let real = copy_into(folder, "lectern", &launcher());
    let path = folder.join("wrapper");
    let text = format!("#!/bin/sh\n{}\n", script.replace("LECTERN", &real.display().to_string()));
    let write = Command::new("/bin/sh")
        .args(["-c", "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh", &text])
        .arg(&path)
        .status()
        .await
        .expect("a shell");
    assert!(write.success());
    Sandbox::new(path)
}

/// Everything here once more, as a user without any right.
#[tokio::test]
async fn as_a_plain_user() {
    if !geteuid().is_root() {
        return;
    }
    let folder = open_folder();
    let test = copy_into(folder.path(), "it", &std::env::current_exe().expect("a path"));
    let lectern = copy_into(folder.path(), "lectern", &launcher());
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).expect("ours");
    for entry in fs::read_dir(hostile::programs()).expect("they are there") {
        let entry = entry.expect("readable");
        fs::copy(entry.path(), programs.join(entry.file_name())).expect("a copy");
    }
    let output = Command::new("/usr/bin/setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"])
        .arg(test)
        .args(["sandbox::", "--test-threads=2"])
        .env(LAUNCHER, lectern)
        .env(hostile::PROGRAMS, programs)
        .current_dir("/")
        .output()
        .await
        .expect("setpriv is there");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("test result: ok"), "{text}");
}

#[tokio::test]
async fn without_user_namespaces_nothing_runs_and_the_reason_is_named() {
    let folder = open_folder();
    let script = "exec /usr/bin/unshare --user --map-root-user /bin/sh -c \
                  'echo 0 > /proc/sys/user/max_user_namespaces && exec LECTERN sandbox-launcher'";
    let sandbox = wrapped(folder.path(), script).await;
    let told = run_in(&sandbox, shell("echo outside")).await;
    told.insist(Class::SandboxError);
    assert_eq!(told.stdout, "");
    let reason = told.report.evidence.sandbox_error.expect("a reason");
    assert!(reason.contains("sysctl -w user.max_user_namespaces"), "{reason}");
    assert_eq!(sandbox.probe().await, Err(reason));
}

#[tokio::test]
async fn with_proc_masked_nothing_runs_and_the_reason_is_named() {
    let folder = open_folder();
    let script = "exec /usr/bin/unshare --user --map-root-user --mount /bin/sh -c \
                  'mount -t tmpfs none /proc/scsi 2>/dev/null || mount --bind /dev/null /proc/version; exec LECTERN sandbox-launcher'";
    let sandbox = wrapped(folder.path(), script).await;
    let told = run_in(&sandbox, shell("echo outside")).await;
    told.insist(Class::SandboxError);
    let reason = told.report.evidence.sandbox_error.expect("a reason");
    assert!(reason.contains("systempaths=unconfined"), "{reason}");
}

/// Processes, mounts, files, sockets and System V objects with `mark` in their names that the host has.
pub fn traces(mark: &str) -> BTreeSet<String> {
    let processes = fs::read_dir("/proc").expect("proc").filter_map(|entry| {
        let path = entry.ok()?.path();
        let command = fs::read(path.join("cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).into_owned();
        command.contains(mark).then_some(command)
    });
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    let mounts = mounts.lines().map(str::to_owned).collect::<Vec<_>>();
    let files = ["/tmp", "/dev/shm"].into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let files = files.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let files = files.filter(|name| name.contains(mark));
    let lists = ["net/unix", "sysvipc/shm", "sysvipc/sem", "sysvipc/msg"];
    let lists = lists.into_iter().filter_map(|list| fs::read_to_string(Path::new("/proc").join(list)).ok());
    let lines = lists.flat_map(|list| list.lines().map(str::to_owned).collect::<Vec<_>>());
    let lines = lines.filter(|line| line.contains(mark));
    processes.chain(mounts).chain(files).chain(lines).collect()
}

#[tokio::test]
async fn nothing_is_left() {
    // Not that of another who runs the same tests.
    let mark = format!("traceable-{}", std::process::id());
    let before = traces(&mark);
    let source = format!(
        "import os, time\nopen('/tmp/{mark}', 'w'); open('/dev/shm/{mark}', 'w')\n\
         if os.fork() == 0: os.setsid(); time.sleep(600)"
    );
    for _ in 0..20 {
        run_in(&super::sandbox(), python(&source)).await.insist(Class::Ok);
    }
    assert_eq!(traces(&mark), before);
}

/// Set for the child of the next test, whose run it is that is killed.
const VICTIM: &str = "LECTERN_TEST_VICTIM";

#[tokio::test]
async fn a_killed_worker_leaves_nothing() {
    if std::env::var_os(VICTIM).is_some() {
        run_in(&super::sandbox(), shell("mkfifo gate; sleep 31536042 & read x < gate")).await;
        return;
    }
    let mut worker = Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "sandbox::host::a_killed_worker_leaves_nothing"])
        .env(VICTIM, "1")
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the test itself");
    let program = wait_for(|| of_command("31536042")).await;
    let worker_pid = Pid::from_raw(worker.id().expect("alive").cast_signed());
    kill(worker_pid, Signal::SIGKILL).expect("alive");
    worker.wait().await.expect("ours");
    wait_for(|| (!Path::new(&format!("/proc/{program}")).exists()).then_some(())).await;
}

#[tokio::test]
async fn a_dropped_run_leaves_nothing() {
    let running = tokio::spawn(super::run(shell("sleep 31536043; exit 1")));
    let program = wait_for(|| of_command("31536043")).await;
    running.abort();
    wait_for(|| (!Path::new(&format!("/proc/{program}")).exists()).then_some(())).await;
}

fn of_command(argument: &str) -> Option<i32> {
    let entries = fs::read_dir("/proc").ok()?;
    entries.filter_map(Result::ok).find_map(|entry| {
        let command = fs::read(entry.path().join("cmdline")).ok()?;
        // Two arguments: the shell that mentions the number is not meant.
        (command == format!("sleep\0{argument}\0").as_bytes()).then(|| entry.file_name().to_str()?.parse().ok())?
    })
}

/// Looks until something is so. The kernel tells nobody of these changes, so this asks again; a bound makes a failure clear.
pub async fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..3000 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it did not come to be within 30 s");
}
