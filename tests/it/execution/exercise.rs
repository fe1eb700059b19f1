//! What a learner's code is told.

use actors::execution::outcome::Outcome;
use actors::execution::plan::{EXERCISE_MAIN, Exercise, Plan, Task};
use actors::execution::record::Kind;
use actors::grading::check_exercise::{Checks, Expected};
use actors::grading::value::Value;
use entity::execution::language::Language;
use entity::execution::verdict::{Blame, Verdict};

use super::{carry_out, file, said};

/// `total` must be 6, `6` must be printed, and a check must hold.
pub fn task() -> Exercise {
    Exercise {
        main: EXERCISE_MAIN.to_owned(),
        initial: vec!["print('set-up')".to_owned(), "%matplotlib inline\nnumbers = [1, 2, 3]".to_owned()],
        checks: Checks {
            vars: vec!["total".to_owned()],
            val: Some("6".to_owned()),
            code_run: Some("print('checking')\nassert len(numbers) == 3, 'leave the numbers alone'".to_owned()),
        },
        expected: Some(Expected { values: [("total".to_owned(), Value::Int("6".to_owned()))].into(), exception: None }),
        error_okay: false,
        no_answer_needed: false,
        observe: false,
    }
}

pub fn plan(task: Exercise) -> Plan {
    Plan { language: Language::python3(), task: Task::Exercise(task), timeout_s: 1 }
}

pub async fn run(task: Exercise, code: &str) -> Outcome {
    carry_out(&plan(task), &[file(EXERCISE_MAIN, code), file("numbers.csv", "1,2,3\n")]).await.0
}

#[tokio::test]
async fn a_right_answer_passes() {
    let files = [file(EXERCISE_MAIN, "total = sum(numbers)\nprint(total)\n")];
    let (outcome, log) = carry_out(&plan(task()), &files).await;
    assert_eq!((outcome.verdict, outcome.blame), (Verdict::Passed, None), "{}", outcome.message);
    assert_eq!(outcome.exit_code, Some(0));
    assert_eq!(said(&log, Kind::Stdout), "6\n", "what set-up and check print is not shown");
    assert_eq!(said(&log, Kind::Stderr), "");
    assert_eq!(said(&log, Kind::Console), "Running exercise.py\n");
}

#[tokio::test]
async fn a_child_process_does_not_answer_for_its_parent() {
    let outcome =
        run(task(), "import os\nchild = os.fork()\nif child:\n    os.waitpid(child, 0)\n    print(6)\ntotal = 6").await;
    assert_eq!(outcome.verdict, Verdict::Passed, "{}", outcome.message);
}

#[tokio::test]
async fn each_check_says_what_is_wrong() {
    for (code, verdict, message) in [
        ("total = '6'\nprint(total)", Verdict::Failed, "`total` should be 6 (int), but it is '6' (str)"),
        ("print(6)", Verdict::Failed, "`total` is not defined"),
        ("total = 6", Verdict::Failed, "Nothing was printed, but line 1 should be `6`"),
        ("total = 6\nprint(7)", Verdict::Failed, "Line 1 of the output should be `6`, but it is `7`"),
        ("total = 6\nprint(6)\nnumbers.pop()", Verdict::Failed, "leave the numbers alone"),
        ("total = 6\n1/0", Verdict::Nonzero, "in line 2: ZeroDivisionError: division by zero"),
        ("total =", Verdict::Nonzero, "in line 1: SyntaxError: invalid syntax"),
        ("while True: pass", Verdict::CpuTimeLimit, "used up its 1 s of processor time"),
        ("import time; time.sleep(60)", Verdict::WallTimeLimit, "still running after 5 s"),
        ("while True: print('x' * 1000)", Verdict::OutputLimit, "printed more than 64 KiB"),
        ("import os; os.abort()", Verdict::Signal, "signal 6"),
    ] {
        let outcome = run(task(), code).await;
        assert_eq!((outcome.verdict, outcome.blame), (verdict, Some(Blame::Student)), "{code}: {}", outcome.message);
        assert!(outcome.message.contains(message), "{code}: {}", outcome.message);
    }
}

#[tokio::test]
async fn several_faults_are_all_told() {
    let outcome = run(task(), "total = 7\nprint(7)").await;
    assert_eq!(outcome.message.lines().count(), 2, "{}", outcome.message);
}

#[tokio::test]
async fn an_exception_can_be_what_is_asked_for() {
    let task = || Exercise {
        checks: Checks::default(),
        expected: Some(Expected { exception: Some("KeyError".to_owned()), ..Expected::default() }),
        error_okay: true,
        ..task()
    };
    assert_eq!(run(task(), "{}['a']").await.verdict, Verdict::Passed);
    let other = run(task(), "int('a')").await;
    assert_eq!(other.verdict, Verdict::Nonzero);
    assert!(other.message.contains("should end with KeyError, but it ended with ValueError"), "{}", other.message);
    let none = run(task(), "x = 1").await;
    assert_eq!(none.verdict, Verdict::Failed);
}

#[tokio::test]
async fn a_traceback_shows_the_learners_lines_and_none_of_ours() {
    let files = [file(EXERCISE_MAIN, "def f():\n    return 1 / 0\n\nf()\n")];
    let (_, log) = carry_out(&plan(task()), &files).await;
    let stderr = said(&log, Kind::Stderr);
    assert!(stderr.contains("File \"exercise.py\", line 2, in f\n    return 1 / 0"), "{stderr}");
    assert!(!stderr.contains("<string>"), "{stderr}");
}

#[tokio::test]
async fn set_up_that_fails_is_not_the_learners_fault() {
    let outcome = run(Exercise { initial: vec!["import no_such_module".to_owned()], ..task() }, "total = 6").await;
    assert_eq!((outcome.verdict, outcome.blame), (Verdict::Nonzero, Some(Blame::Test)));
    assert!(outcome.message.contains("ModuleNotFoundError"), "{}", outcome.message);
}

#[tokio::test]
async fn values_cross_the_border_unharmed() {
    let code = r#"
import math
nest = {}
for _ in range(30): nest = {"k": nest}
deep = [nest]
itself = []; itself.append(itself)
all = [None, True, 10**30, 0.1, math.nan, -math.inf, "é😀\n", b"\x00", (1,), {2}, frozenset(), {1: "a"}, int, itself]
many = list(range(60_000))
class Point:
    def __repr__(self): return "<Point at 0x7f01>"
point = Point()
"#;
    let vars = ["nest", "deep", "all", "many", "point", "absent"].map(str::to_owned).to_vec();
    let checks = Checks { vars, ..Checks::default() };
    let outcome = run(Exercise { checks, expected: None, observe: true, ..task() }, code).await;
    assert_eq!(outcome.message, "`absent` is not defined");
    let values = outcome.observed.expect("it was asked for").values;
    let shown = |name: &str| values[name].as_ref().map(ToString::to_string);
    assert!(shown("nest").is_some_and(|text| text.ends_with(&"}".repeat(31))));
    assert_eq!(values["deep"], Some(Value::Beyond("list".to_owned())), "one level too deep");
    assert_eq!(values["many"], Some(Value::Beyond("list".to_owned())));
    assert_eq!(values["point"], Some(Value::Object { of: "Point".to_owned(), repr: "<Point at 0x7f01>".to_owned() }));
    let all = "[None, True, 1000000000000000000000000000000, 0.1, nan, -inf, 'é😀\\n', bytes.fromhex('00'), (1,), {2}, \
        frozenset(), {1: 'a'}, <class 'int'>, [...]]";
    assert_eq!(shown("all").as_deref(), Some(all));
}

#[tokio::test]
async fn data_files_are_there_and_nothing_else() {
    let code = "import os\nprint(sorted(os.listdir('.')), open('numbers.csv').read())";
    let task = Exercise { no_answer_needed: true, ..task() };
    let files = [file(EXERCISE_MAIN, code), file("numbers.csv", "1,2,3")];
    let (outcome, log) = carry_out(&plan(task), &files).await;
    assert_eq!(outcome.verdict, Verdict::Passed, "{}", outcome.message);
    assert_eq!(said(&log, Kind::Stdout), "['numbers.csv'] 1,2,3\n");
}
