//! What control groups make of whole runs, and what stands in their place where there are none.

use actors::execution::sandbox::groups::Groups;
use actors::execution::sandbox::{Class, Limits, Tier};

use super::groups::expect_tier;
use super::{Told, python, run, run_as, shell};

fn tier() -> Tier {
    let (_, finding) = Groups::detect();
    expect_tier(&finding);
    finding.tier
}

async fn run_in_tier(spec: super::Spec) -> (Told, bool) {
    let tier = tier();
    let told = run(spec).await;
    assert_eq!(told.report.evidence.tier, tier);
    (told, tier != Tier::None)
}

#[tokio::test]
async fn every_run_names_its_tier_and_what_was_counted() {
    let (told, in_group) = run_in_tier(shell("exit 3")).await;
    told.insist(Class::Nonzero);
    let evidence = told.report.evidence;
    let counted = if in_group { Some(0) } else { None };
    assert_eq!((evidence.oom_kills, evidence.process_limit_hits), (counted, counted), "{evidence:?}");
}

/// Fills pipes, ten times 7 MiB: memory of the kernel's that no process has.
const PIPES: &str = "import os, signal\nfor _ in range(10):\n done, say = os.pipe()\n if os.fork() == 0:\n  \
                     kept = [os.pipe() for _ in range(112)]\n  for _, w in kept: os.write(w, bytes(1 << 16))\n  \
                     os.write(say, b'.')\n  signal.pause()\n os.close(say)\n os.read(done, 1)\n os.close(done)";

#[tokio::test]
async fn memory_that_no_process_has_counts_in_a_group() {
    let mut spec = python(PIPES);
    spec.limits = Limits { memory_bytes: 16 << 20, disk_bytes: 1 << 20, ..Limits::default() };
    let (told, in_group) = run_in_tier(spec).await;
    let oom_kills = told.report.evidence.oom_kills;
    if in_group {
        told.insist(Class::MemoryLimit);
        assert!(oom_kills.is_some_and(|kills| kills >= 1), "{:?}", told.report.evidence);
        assert_eq!(told.report.evidence.kill_cause, None);
    } else {
        assert_eq!(oom_kills, None);
    }
    // Whoever comes next gets all of his own.
    let mut next = python("bytearray(1) * (20 << 20)");
    next.limits = Limits { memory_bytes: 64 << 20, disk_bytes: 1 << 20, ..Limits::default() };
    run_as(Class::Ok, next).await;
}

#[tokio::test]
async fn one_process_too_many() {
    let source = "import os, time\nwhile True:\n try:\n  if os.fork() == 0: time.sleep(600)\n \
                  except BlockingIOError: break\ntime.sleep(0.2)\nos._exit(7)";
    let mut spec = python(source);
    spec.limits.processes = 6;
    let (told, in_group) = run_in_tier(spec).await;
    told.insist(Class::ProcessLimit);
    let evidence = told.report.evidence;
    assert_eq!(evidence.process_limit_hits.is_some_and(|hits| hits >= 1), in_group, "{evidence:?}");
    assert_eq!(evidence.processes_peak, Some(6));
}

#[tokio::test]
async fn orphans_are_charged_in_a_group() {
    let source = "import os, time\nr, w = os.pipe()\nif os.fork() == 0:\n if os.fork() == 0:\n  \
                  while time.process_time() < 0.2: pass\n  os.write(w, b'.')\n os._exit(0)\nos.read(r, 1)";
    let (told, in_group) = run_in_tier(python(source)).await;
    told.insist(Class::Ok);
    assert!(!in_group || told.report.evidence.cpu_us >= 180_000, "{:?}", told.report.evidence);
}
