//! Control groups, with real processes in them, on machines and for users that have them; else the reason why not.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use actors::execution::sandbox::groups::{Finding, Groups, Leaf, OVERHEAD_BYTES};
use actors::execution::sandbox::{Limits, Tier};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use tests::tools::launcher;

use super::host::wait_for;

/// Names the tier that there must be, where somebody has seen to it.
const TIER: &str = "LECTERN_TEST_TIER";

pub fn expect_tier(finding: &Finding) {
    if let Ok(expected) = std::env::var(TIER) {
        assert_eq!(serde_json::to_value(finding.tier).expect("a name"), expected, "{}", finding.sentence);
    }
}

/// A leaf; none if there are no groups, and then with a reason.
fn leaf() -> Option<Leaf> {
    let (groups, finding) = Groups::detect();
    assert_eq!(groups.tier(), finding.tier);
    expect_tier(&finding);
    let leaf = groups.leaf("test").expect("what was found can be used");
    if leaf.is_none() {
        assert_eq!(finding.tier, Tier::None);
        let sentence = &finding.sentence;
        let reasons = ["not ours to write", "not mounted", "no memory controller", "not Lectern's", "can't be read"];
        assert!(reasons.iter().any(|reason| sentence.contains(reason)), "{sentence}");
    }
    leaf
}

/// Starts a Python program that is in the leaf from its first instruction.
fn start(leaf: &Leaf, source: &str) -> Child {
    start_program(leaf, &["/usr/bin/python3", "-I", "-S", "-c", source])
}

fn start_program(leaf: &Leaf, program: &[&str]) -> Child {
    let doors = leaf.join().expect("its files can be opened");
    let numbers: Vec<_> = doors.iter().map(|door| door.as_raw_fd().to_string()).collect();
    for door in &doors {
        fcntl(door, FcntlArg::F_SETFD(FdFlag::empty())).expect("an open descriptor");
    }
    let join = "import os, sys\nfor number in sys.argv[1].split(','): os.write(int(number), b'0')\n\
                os.execv(sys.argv[2], sys.argv[2:])";
    Command::new("/usr/bin/python3")
        .args(["-I", "-S", "-c", join, &numbers.join(",")])
        .args(program)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python is there")
}

fn run(leaf: &Leaf, source: &str) -> Output {
    start(leaf, source).wait_with_output().expect("ours")
}

fn limits(memory_bytes: u64, processes: u64) -> Limits {
    Limits { memory_bytes, processes, disk_bytes: 0, ..Limits::default() }
}

#[test]
fn memory_is_bounded_and_the_victims_are_counted() {
    let Some(mut leaf) = leaf() else { return };
    leaf.arm(&limits(32 << 20, 8), 0).expect("bounds can be set");
    let output = run(&leaf, "bytearray(1) * (200 << 20)");
    assert_eq!(output.status.signal(), Some(9), "{output:?}");
    let usage = leaf.usage();
    assert_eq!(usage.oom_kills, Some(1), "{usage:?}");
    assert!(
        usage.memory_peak.is_some_and(|peak| (32 << 20..=(32 << 20) + OVERHEAD_BYTES).contains(&peak)),
        "{usage:?}"
    );

    // The next run in the same leaf begins anew, with a bound of its own.
    leaf.arm(&limits(256 << 20, 8), 0).expect("bounds can be set");
    assert_eq!(run(&leaf, "bytearray(1) * (200 << 20)").status.code(), Some(0));
    let usage = leaf.usage();
    assert_eq!(usage.oom_kills, Some(0), "{usage:?}");
    assert!(usage.memory_peak.is_none_or(|peak| peak >= 200 << 20), "{usage:?}");
}

/// Set for the child of the next test, which is in a leaf itself.
const INNER: &str = "LECTERN_TEST_INNER";

#[test]
fn a_kill_for_an_outer_bound_is_not_the_runs_fault() {
    let Some(mut leaf) = leaf() else { return };
    if std::env::var_os(INNER).is_some() {
        leaf.arm(&limits(1 << 30, 8), 0).expect("bounds can be set");
        assert_eq!(run(&leaf, "bytearray(1) * (200 << 20)").status.signal(), Some(9));
        let usage = leaf.usage();
        assert_eq!((usage.oom_kills, usage.outer_oom_kills), (Some(0), Some(1)), "{usage:?}");
        return;
    }
    leaf.arm(&limits(64 << 20, 64), 0).expect("bounds can be set");
    let itself = std::env::current_exe().expect("a path");
    let name = "sandbox::groups::a_kill_for_an_outer_bound_is_not_the_runs_fault";
    let inner = start_program(
        &leaf,
        &["/usr/bin/env", &format!("{INNER}=1"), itself.to_str().expect("plain"), "--exact", name],
    );
    let output = inner.wait_with_output().expect("ours");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // In version 2 it had to go into a group of its own below.
    for folder in leaf.folders() {
        let _ = fs::remove_dir(folder.join("worker"));
    }
}

#[test]
fn processes_are_bounded_and_refusals_are_counted() {
    let Some(mut leaf) = leaf() else { return };
    let source = "import os, signal\nn = 0\ntry:\n while n < 100:\n  if os.fork() == 0: signal.pause()\n  n += 1\n\
                  except BlockingIOError: print(n, flush=True)\nos.killpg(0, 9)";
    let source = format!("import os\nos.setpgid(0, 0)\n{source}");
    leaf.arm(&limits(64 << 20, 8), 2).expect("bounds can be set");
    let output = run(&leaf, &source);
    // Itself and nine children.
    assert_eq!(String::from_utf8_lossy(&output.stdout), "9\n", "{output:?}");
    assert!(leaf.usage().process_limit_hits.is_some_and(|hits| hits >= 1), "{:?}", leaf.usage());
    leaf.arm(&limits(64 << 20, 8), 2).expect("bounds can be set");
    assert_eq!(run(&leaf, "pass").status.code(), Some(0));
    assert_eq!(leaf.usage().process_limit_hits, Some(0));
}

#[test]
fn processor_time_is_counted_also_of_children_that_nobody_waits_for() {
    let Some(mut leaf) = leaf() else { return };
    let source = "import os, time\nr, w = os.pipe()\nif os.fork() == 0:\n if os.fork() == 0:\n  \
                  while time.process_time() < 0.3: pass\n  os.write(w, b'.')\n os._exit(0)\nos.read(r, 1)";
    leaf.arm(&limits(64 << 20, 8), 0).expect("bounds can be set");
    assert_eq!(run(&leaf, source).status.code(), Some(0));
    let used = leaf.usage().cpu_us.expect("counted");
    assert!((280_000..3_000_000).contains(&used), "{used}");
    leaf.arm(&limits(64 << 20, 8), 0).expect("bounds can be set");
    assert!(leaf.usage().cpu_us.is_some_and(|used| used < 100_000), "{:?}", leaf.usage());
}

#[test]
fn what_is_held_cannot_be_bounded_away() {
    let Some(mut leaf) = leaf() else { return };
    leaf.arm(&limits(256 << 20, 8), 0).expect("bounds can be set");
    let mut holder =
        start(&leaf, "import signal\nheld = bytearray(1) * (100 << 20)\nprint('.', flush=True)\nsignal.pause()");
    let mut said = [0; 1];
    std::io::Read::read_exact(holder.stdout.as_mut().expect("a pipe"), &mut said).expect("it says so");
    let refused = leaf.arm(&limits(16 << 20, 8), 0).expect_err("there is too much");
    assert_eq!(refused.kind(), std::io::ErrorKind::ResourceBusy, "{refused}");
    assert_eq!(holder.try_wait().expect("ours"), None, "it must not be killed for it");
    holder.kill().expect("ours");
    holder.wait().expect("ours");
}

#[tokio::test]
async fn a_dropped_leaf_goes_when_it_is_empty() {
    let Some(leaf) = leaf() else { return };
    let folders: Vec<PathBuf> = leaf.folders().map(Path::to_owned).collect();
    let mut child = start(&leaf, "import signal\nprint('.', flush=True)\nsignal.pause()");
    let mut said = [0; 1];
    std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut said).expect("it says so");
    drop(leaf);
    assert!(folders.iter().all(|folder| folder.exists()), "somebody is still in it");
    child.kill().expect("ours");
    child.wait().expect("ours");
    for folder in folders {
        wait_for(|| (!folder.exists()).then_some(())).await;
    }
}

#[tokio::test]
async fn what_a_dead_worker_left_is_swept() {
    let Some(leaf) = leaf() else { return };
    let (groups, _) = Groups::detect();
    // As if of a process that is no more: none has so high a number.
    let own = format!("-{}-", std::process::id());
    let left: Vec<PathBuf> = leaf
        .folders()
        .map(|folder| {
            folder.with_file_name(folder.file_name().and_then(|name| name.to_str()).expect("ours").replacen(
                &own,
                "-4294967295-",
                1,
            ))
        })
        .collect();
    let mut child = start(&leaf, "import signal\nprint('.', flush=True)\nsignal.pause()");
    let mut said = [0; 1];
    std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut said).expect("it says so");
    for folder in &left {
        fs::create_dir(folder).expect("a group");
        fs::write(folder.join("cgroup.procs"), child.id().to_string()).expect("ours to move");
    }
    groups.sweep();
    assert_eq!(child.wait().expect("ours").signal(), Some(9));
    for folder in left {
        wait_for(|| (!folder.exists()).then_some(())).await;
    }
    assert!(leaf.folders().all(Path::exists), "this worker lives");
}

#[test]
fn doctor_tells_of_what_was_found() {
    // First, for where one of the two has settled the other is no stranger.
    let (_, finding) = Groups::detect();
    let child =
        Command::new(launcher()).args(["doctor", "--json"]).stdout(Stdio::piped()).spawn().expect("it is built");
    let own = format!("-{}-", child.id());
    let output = child.wait_with_output().expect("ours");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one object");
    let kernel = told["kernel"].as_array().expect("a list");
    let row = kernel.iter().find(|row| row["name"] == "control groups").expect("a row");
    let state = if finding.tier == Tier::None { "weaker" } else { "good" };
    assert_eq!((row["found"].as_str(), row["state"].as_str()), (Some(finding.sentence.as_str()), Some(state)));
    for row in kernel {
        let remedies = row["remedies"].as_array().expect("a list");
        assert_eq!(row["state"] == "good", remedies.is_empty(), "{row}");
        assert!(remedies.iter().all(|remedy| remedy["placement"].is_string() && remedy["what"].is_string()), "{row}");
    }
    // Sandboxes do run here, so nothing that they need can be missing.
    assert!(kernel.iter().all(|row| row["state"] != "missing"), "{kernel:?}");

    // Its own sandbox had a leaf beside ours, and left none.
    let Some(leaf) = leaf() else { return };
    for folder in leaf.folders().filter_map(Path::parent) {
        let entries = fs::read_dir(folder).expect("a group").filter_map(Result::ok);
        let left: Vec<_> =
            entries.map(|entry| entry.path()).filter(|path| path.display().to_string().contains(&own)).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
