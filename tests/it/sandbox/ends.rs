//! How programs end.

use std::time::{Duration, Instant};

use actors::execution::sandbox::{Class, KillCause, Limits, Sandbox, Spec, Stream};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::{built, python, run, run_as, run_in, sandbox, shell};

#[tokio::test]
async fn probe_finds_nothing_missing() {
    assert_eq!(sandbox().probe().await, Ok(()));
}

#[tokio::test]
async fn hello_from_python() {
    let told = run_as(Class::Ok, python("import sys; print('hello'); print('oops', file=sys.stderr)")).await;
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("hello\n", "oops\n"));
    let evidence = told.report.evidence;
    assert_eq!((evidence.exit_code, evidence.signal, evidence.kill_cause), (Some(0), None, None));
    assert_eq!((evidence.stdout_bytes, evidence.stderr_bytes), (6, 5));
    assert!(evidence.wall_us > 0 && evidence.cpu_us > 0 && evidence.setup_us > 0 && evidence.peak_memory_bytes > 0);
}

#[tokio::test]
async fn c_is_built_in_one_run_and_executed_in_the_next() {
    let source = "#include <stdio.h>\n#include <math.h>\n\
                  int main(int c, char **v) { printf(\"%.0f %s\\n\", sqrt(c * 8), v[1]); return 7; }\n";
    let mut spec = built(source).await;
    spec.argv.push("x".to_owned());
    let told = run_as(Class::Nonzero, spec).await;
    assert_eq!(told.stdout, "4 x\n");
    assert_eq!(told.report.evidence.exit_code, Some(7));
}

#[tokio::test]
async fn a_signal_is_a_signal() {
    let told = run_as(Class::Signal, python("import os; os.abort()")).await;
    assert_eq!(told.report.evidence.signal, Some(6));
    let told = run_as(Class::Signal, shell("kill -TERM $$; sleep 60")).await;
    assert_eq!(told.report.evidence.signal, Some(15));
    let told = run_as(Class::Signal, shell("kill -KILL $$; sleep 60")).await;
    assert_eq!((told.report.evidence.signal, told.report.evidence.kill_cause), (Some(9), None));
}

#[tokio::test]
async fn input_is_read_and_ends() {
    let mut spec = python("import sys; print(len(sys.stdin.buffer.read()))");
    spec.stdin = vec![b'x'; 300_000];
    assert_eq!(run_as(Class::Ok, spec).await.stdout, "300000\n");
    assert_eq!(run_as(Class::Ok, shell("cat; echo end")).await.stdout, "end\n");
}

#[tokio::test]
async fn the_answer_has_a_descriptor_of_its_own() {
    let told = run_as(Class::Ok, python("import os; os.write(3, b'\\x00\\xff42'); print('text')")).await;
    assert_eq!(told.report.answer, b"\x00\xff42");
    assert_eq!(told.report.evidence.answer_bytes, 4);
    assert_eq!(told.stdout, "text\n");
    let mut long = python("import os\nfor _ in range(100): os.write(3, b'x' * 1000)");
    long.limits.answer_bytes = 1500;
    let told = run_as(Class::OutputLimit, long).await;
    assert_eq!(told.report.answer.len(), 1500);
}

#[tokio::test]
async fn streams_can_be_opened_by_name() {
    assert_eq!(
        run_as(Class::Ok, shell("echo a > /dev/stdout; echo b >> /dev/stderr; cat < /dev/stdin")).await.stdout,
        "a\n"
    );
}

#[tokio::test]
async fn output_arrives_while_the_program_runs() {
    let (sender, mut output) = unbounded_channel();
    let cancel = CancellationToken::new();
    let running = tokio::spawn({
        let (sandbox, cancel) = (sandbox(), cancel.clone());
        async move { sandbox.run(shell("printf ready; sleep 100"), sender, cancel).await }
    });
    let first = output.recv().await.expect("output comes before the end");
    assert_eq!((first.stream, first.bytes.as_slice()), (Stream::Stdout, b"ready".as_slice()));
    assert!(!running.is_finished());
    cancel.cancel();
    let report = running.await.expect("no panic");
    assert_eq!(report.class, Class::Cancelled);
    assert_eq!(report.evidence.kill_cause, Some(KillCause::Cancelled));
    assert_eq!(report.evidence.signal, Some(9));
}

#[tokio::test]
async fn a_run_cancelled_before_it_begins_is_cancelled() {
    let (sender, _output) = unbounded_channel();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let report = sandbox().run(shell("sleep 100"), sender, cancel).await;
    assert_eq!(report.class, Class::Cancelled);
    assert_eq!(report.evidence.exit_code, None);
}

#[tokio::test]
async fn a_daemon_with_the_pipe_in_its_hand_does_not_delay_the_end() {
    let daemon = "import os, sys, time\nif os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  time.sleep(600)\n os._exit(0)\nprint('done')";
    let before = Instant::now();
    let told = run_as(Class::Ok, python(daemon)).await;
    assert_eq!(told.stdout, "done\n");
    assert!(before.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_our_fault() {
    let told = run_as(Class::SandboxError, Spec::new(["/usr/bin/no-such-program"])).await;
    let reason = told.report.evidence.sandbox_error.expect("a reason");
    assert!(reason.contains("no-such-program") && reason.contains("No such file"), "{reason}");
    run_as(Class::SandboxError, Spec::new(["python3"])).await;
}

#[tokio::test]
async fn a_launcher_that_is_none_is_told_of() {
    for launcher in ["/no/such/launcher", "/bin/true", "/bin/cat"] {
        let told = run_in(&Sandbox::new(launcher.into()), shell("echo outside")).await;
        told.insist(Class::SandboxError);
        assert!(told.report.evidence.sandbox_error.is_some());
        assert_eq!(told.stdout, "");
    }
}

#[tokio::test]
async fn set_up_counts_for_no_limit() {
    // Many bytes to write before the start, and a limit that they would break if they counted.
    let mut spec = shell("exit 0");
    spec.limits = Limits { wall: Duration::from_secs(5), ..Limits::default() };
    spec.files = vec![super::file("big", &"x".repeat(32 << 20))];
    let told = run(spec).await;
    told.insist(Class::Ok);
    assert!(told.report.evidence.setup_us > told.report.evidence.wall_us, "{:?}", told.report.evidence);
}
