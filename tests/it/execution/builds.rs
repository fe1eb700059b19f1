//! What was built before is not built again, and nobody can tell but by the time.

use actors::execution::builds::Builds;
use actors::execution::execute::execute;
use actors::execution::outcome::Outcome;
use actors::execution::plan::{Plan, Program, SourceFile, Task};
use actors::execution::record::{Kind, Record};
use actors::execution::sandbox::Sandbox;
use actors::execution::toolchain::Toolchains;
use actors::execution::workshop::Workshop;
use entity::execution::verdict::Verdict;
use tests::tools::launcher;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::{file, language, said};

const WARNS: &str = "#include <stdio.h>\nint main(void) { int unused; puts(\"out\"); return 0; }\n";

fn workshop(builds: Builds) -> Workshop {
    Workshop::new(Sandbox::new(launcher()), Toolchains::built_in(), builds)
}

async fn run(workshop: &Workshop, mode: &str, files: &[SourceFile]) -> (Outcome, Vec<Record>) {
    let task = Task::Program(Program { mode: mode.to_owned(), ..Program::default() });
    let plan = Plan { language: language("c"), task, timeout_s: 5 };
    let (output, mut records) = unbounded_channel();
    let outcome = execute(workshop, &plan, files, &output, CancellationToken::new()).await;
    drop(output);
    let mut log = Vec::new();
    while let Some(record) = records.recv().await {
        log.push(record);
    }
    (outcome, log)
}

fn cached(outcome: &Outcome) -> Vec<bool> {
    outcome.steps.iter().map(|step| step.cached).collect()
}

#[tokio::test]
async fn the_same_sources_are_built_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("cache/build");
    let first = workshop(Builds::in_folder(place.clone()));
    let files = [file("main.c", WARNS)];
    let (fresh, log) = run(&first, "run", &files).await;
    assert_eq!((fresh.verdict, cached(&fresh)), (Verdict::Passed, vec![false, false]), "{}", fresh.message);
    let restarted = workshop(Builds::in_folder(place));
    for workshop in [&first, &restarted] {
        let (again, log_again) = run(workshop, "run", &files).await;
        assert_eq!((again.verdict, cached(&again)), (Verdict::Passed, vec![true, false]), "the run is a new one");
        assert_eq!(again.steps[0].evidence, fresh.steps[0].evidence);
        assert_eq!(again.steps[0].diagnostics, fresh.steps[0].diagnostics);
        assert_eq!(again.steps[0].diagnostics.len(), 1, "the warning");
        for kind in [Kind::Console, Kind::Stdout, Kind::Stderr] {
            assert_eq!(said(&log_again, kind), said(&log, kind));
        }
    }
    let (other, _) = run(&first, "run", &[file("main.c", &WARNS.replace("out", "put"))]).await;
    assert_eq!(cached(&other), [false, false]);
    let (data, _) = run(&first, "run", &[file("main.c", WARNS), file("data.txt", "data")]).await;
    assert_eq!(cached(&data), [false, false], "a build can read every file");
}

#[tokio::test]
async fn what_a_compiler_refuses_is_kept_too_and_what_a_limit_ended_is_not() {
    let workshop = workshop(Builds::in_memory());
    let wrong = [file("main.c", "int main(void) { return x; }\n")];
    for expected in [false, true] {
        let (outcome, log) = run(&workshop, "compile", &wrong).await;
        assert_eq!((outcome.verdict, outcome.exit_code), (Verdict::BuildFailed, Some(1)));
        assert!(outcome.message.contains("undeclared") && said(&log, Kind::Stderr).contains("undeclared"));
        assert_eq!(cached(&outcome), [expected]);
    }
    let flood = format!("int main(void) {{ {} return 0; }}\n", "{ int unused = 1 == 1.5f; \"\" + 0; }".repeat(3000));
    for _ in 0..2 {
        let (outcome, _) = run(&workshop, "compile", &[file("main.c", &flood)]).await;
        assert_eq!(cached(&outcome), [false], "{}", outcome.message);
    }
}

#[tokio::test]
async fn equal_builds_at_one_time_are_one() {
    let workshop = workshop(Builds::in_memory());
    let files = [file("main.c", WARNS)];
    let all = futures_util::future::join_all((0..6).map(|_| run(&workshop, "compile", &files))).await;
    let built = all.iter().filter(|(outcome, _)| !outcome.steps[0].cached).count();
    assert!(all.iter().all(|(outcome, _)| outcome.verdict == Verdict::Passed));
    assert_eq!(built, 1);
}
