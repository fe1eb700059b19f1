//! Programs that want more than they may have, each followed by one that doesn't.

use std::time::Duration;

use actors::execution::sandbox::{Class, KillCause, Limits, Tier};

use super::{Told, built, python, run, run_as, shell, short};

/// A run that goes wrong, and one after it that must not notice.
async fn run_then_another(class: Class, spec: super::Spec) -> Told {
    let told = run_as(class, spec).await;
    assert_eq!(run_as(Class::Ok, shell("echo fine")).await.stdout, "fine\n");
    told
}

#[tokio::test]
async fn an_endless_loop() {
    let mut spec = python("while True: pass");
    spec.limits = short();
    let evidence = run_then_another(Class::CpuTimeLimit, spec).await.report.evidence;
    assert_eq!(evidence.kill_cause, Some(KillCause::Cpu));
    assert!(evidence.cpu_us >= 300_000 && evidence.cpu_us < 2_000_000, "{evidence:?}");
}

#[tokio::test]
async fn endless_loops_of_children_count_together() {
    let mut spec = python("import os\nos.fork(); os.fork()\nwhile True: pass");
    spec.limits = short();
    let evidence = run_then_another(Class::CpuTimeLimit, spec).await.report.evidence;
    assert!(evidence.cpu_us >= 300_000 && evidence.cpu_us < 2_000_000, "{evidence:?}");
}

#[tokio::test]
async fn sleep() {
    let mut spec = shell("trap '' TERM INT HUP; sleep 1000");
    spec.limits = Limits { wall: Duration::from_millis(300), ..short() };
    let evidence = run_then_another(Class::WallTimeLimit, spec).await.report.evidence;
    assert_eq!((evidence.kill_cause, evidence.signal), (Some(KillCause::Wall), Some(9)));
    assert!(evidence.wall_us >= 300_000, "{evidence:?}");
}

#[tokio::test]
async fn a_fork_storm() {
    let mut spec = python("import os\nwhile True:\n try: os.fork()\n except OSError: pass");
    spec.limits = Limits { wall: Duration::from_secs(2), processes: 32, ..short() };
    let told = run(spec).await;
    let class = told.report.class;
    assert!(matches!(class, Class::CpuTimeLimit | Class::WallTimeLimit), "{:?}", told.report.evidence);
    assert!(told.report.evidence.processes_peak.is_some_and(|peak| peak <= 32), "{:?}", told.report.evidence);
    assert_eq!(run_as(Class::Ok, shell("echo fine")).await.stdout, "fine\n");
}

#[tokio::test]
async fn the_number_of_processes_is_kept() {
    let source = "import os, time\nn = 0\ntry:\n while n < 100:\n  if os.fork() == 0: time.sleep(600)\n  n += 1\nexcept BlockingIOError: print(n)";
    let mut spec = python(source);
    spec.limits.processes = 8;
    // Itself and seven children.
    let told = run(spec).await;
    assert_eq!(told.stdout, "7\n");
    // Where the kernel counts refusals.
    let refused = told.report.evidence.process_limit_hits.is_some();
    told.insist(if refused { Class::ProcessLimit } else { Class::Ok });
}

#[tokio::test]
async fn a_flood_of_output_keeps_its_head() {
    let mut spec = python("import sys\nsys.stdout.write('head\\n')\nwhile True: sys.stdout.write('x' * 1000)");
    spec.limits.output_bytes = 100_000;
    let told = run_then_another(Class::OutputLimit, spec).await;
    assert_eq!(told.stdout.len(), 100_000);
    assert!(told.stdout.starts_with("head\nxxx"));
    assert!(told.report.evidence.stdout_bytes > 100_000);
    assert_eq!(told.report.evidence.kill_cause, Some(KillCause::Output));
}

#[tokio::test]
async fn a_flood_that_ends_by_itself_is_one_too() {
    let mut spec = python("print('x' * 5000)");
    spec.limits.output_bytes = 5000;
    let told = run_as(Class::OutputLimit, spec).await;
    assert_eq!((told.stdout.len(), told.report.evidence.stdout_bytes), (5000, 5001));
    let mut spec = python("print('x' * 4999)");
    spec.limits.output_bytes = 5000;
    assert_eq!(run_as(Class::Ok, spec).await.stdout.len(), 5000);
}

#[tokio::test]
async fn a_memory_hog() {
    let mut spec = python("a = []\nwhile True: a.append(bytearray(1 << 20))");
    spec.limits.memory_bytes = 64 << 20;
    let evidence = run_then_another(Class::MemoryLimit, spec).await.report.evidence;
    assert_eq!(evidence.kill_cause, Some(KillCause::Memory));
    assert!(evidence.peak_memory_bytes > 64 << 20, "{evidence:?}");
}

#[tokio::test]
async fn shared_memory_is_memory() {
    let mut spec = python(
        "import mmap, time\nm = mmap.mmap(-1, 100 << 20)\nfor _ in range(100): m.write(b'x' * (1 << 20))\ntime.sleep(600)",
    );
    spec.limits.memory_bytes = 150 << 20;
    spec.limits.wall = Duration::from_millis(1500);
    run_as(Class::WallTimeLimit, spec.clone()).await;
    spec.limits.memory_bytes = 80 << 20;
    run_then_another(Class::MemoryLimit, spec).await;
}

#[tokio::test]
async fn memory_that_nobody_holds_is_memory_too() {
    // A System V segment stays when it is attached to nobody.
    let source = "import ctypes, time\nc = ctypes.CDLL(None)\nc.shmat.restype = ctypes.c_void_p\nc.shmdt.argtypes = [ctypes.c_void_p]
for _ in range(20):
 n = c.shmget(0, 10 << 20, 0o1600)
 p = c.shmat(n, None, 0)
 ctypes.memset(p, 1, 10 << 20)
 c.shmdt(p)
time.sleep(600)";
    let mut spec = python(source);
    spec.limits.memory_bytes = 100 << 20;
    run_then_another(Class::MemoryLimit, spec).await;
}

#[tokio::test]
async fn memory_shared_by_children_counts_once() {
    let source = "import os, time\na = b'x' * (60 << 20)\nfor _ in range(4):\n if os.fork() == 0: time.sleep(0.5); os._exit(0)\nfor _ in range(4): os.wait()";
    let mut spec = python(source);
    spec.limits.memory_bytes = 128 << 20;
    run_as(Class::Ok, spec).await;
}

#[tokio::test]
async fn memory_lent_to_a_child_counts_once() {
    let source = "#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <sys/wait.h>\n
        int main() {
            volatile char *p = malloc(80 << 20); memset((char *)p, 1, 80 << 20);
            int n = vfork(); if (n == 0) { usleep(300000); _exit(p[5] - 1); }
            int s; wait(&s); return s;
        }";
    let mut spec = built(source).await;
    spec.limits.memory_bytes = 128 << 20;
    run_as(Class::Ok, spec).await;
}

#[tokio::test]
async fn memory_whose_first_thread_is_gone_counts() {
    let source = "#include <pthread.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n
        void *hog(void *x) { usleep(50000); char *p = malloc(100 << 20); memset(p, 1, 100 << 20); sleep(600); return p[7] ? p : x; }
        int main() { pthread_t t; pthread_create(&t, 0, hog, 0); pthread_exit(0); }";
    let mut spec = built(source).await;
    spec.limits.memory_bytes = 80 << 20;
    run_then_another(Class::MemoryLimit, spec).await;
}

#[tokio::test]
async fn one_reservation_too_large_is_refused() {
    let source = "import ctypes\nreserve = ctypes.CDLL(None).malloc\nreserve.restype = ctypes.c_void_p\nprint(reserve(ctypes.c_size_t(2 << 30)) is None)";
    let mut spec = python(source);
    spec.limits.memory_bytes = 64 << 20;
    let told = run_then_another(Class::Ok, spec).await;
    // Where a group keeps the limit, only what is touched counts.
    let refused = told.report.evidence.tier == Tier::None;
    assert_eq!(told.stdout, if refused { "True\n" } else { "False\n" });
}

#[tokio::test]
async fn memory_wanted_in_one_piece_is_memory_too() {
    let mut spec = python("b'x' * (512 << 20)");
    spec.limits.memory_bytes = 64 << 20;
    run_then_another(Class::MemoryLimit, spec).await;
}

#[tokio::test]
async fn a_full_disk() {
    for place in ["/w", "/tmp", "/dev/shm"] {
        let source = format!("f = open('{place}/fill', 'wb')\nwhile True: f.write(b'x' * (1 << 16)); f.flush()");
        let mut spec = python(&source);
        spec.limits.disk_bytes = 8 << 20;
        let told = run_then_another(Class::DiskLimit, spec).await;
        assert!(told.report.evidence.disk_full && told.stderr.contains("No space left"), "{}", told.stderr);
    }
}

#[tokio::test]
async fn too_many_files() {
    let mut spec = python("n = 0\nwhile True: open(f'/tmp/{n}', 'w'); n += 1");
    spec.limits.file_count = 50;
    let told = run_then_another(Class::DiskLimit, spec).await;
    assert!(told.stderr.contains("No space left"), "{}", told.stderr);
}

#[tokio::test]
async fn a_file_with_a_huge_hole() {
    let source = "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nopen('hole', 'wb').truncate(1 << 40)";
    let told = run_then_another(Class::DiskLimit, python(source)).await;
    assert_eq!(told.report.evidence.signal, Some(25));
}
