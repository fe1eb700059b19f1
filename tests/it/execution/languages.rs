//! Every language in every mode, by a small real program; and languages that a site brings itself.

use std::collections::BTreeMap;

use actors::execution::builds::Builds;
use actors::execution::execute::execute;
use actors::execution::outcome::{Diagnostic, Outcome, Severity};
use actors::execution::plan::{Plan, Program, SourceFile, Task};
use actors::execution::record::Kind;
use actors::execution::sandbox::{Class, Sandbox};
use actors::execution::toolchain::{Toolchains, catalogue};
use actors::execution::try_out::try_out;
use actors::execution::workshop::Workshop;
use entity::execution::verdict::{Blame, Verdict};
use tests::tools::launcher;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::{carry_out, file, language, said};

/// The outcome, standard output and standard error.
type Ran = (Outcome, String, String);

async fn program(name: &str, task: Program, files: &[SourceFile]) -> Ran {
    let plan = Plan { language: language(name), task: Task::Program(task), timeout_s: 5 };
    let (outcome, log) = carry_out(&plan, files).await;
    (outcome, said(&log, Kind::Stdout), said(&log, Kind::Stderr))
}

async fn in_mode(name: &str, mode: &str, files: &[SourceFile]) -> Ran {
    program(name, Program { mode: mode.to_owned(), ..Program::default() }, files).await
}

/// Greets with its two arguments and its input, and ends with status 3.
const GREETERS: [(&str, &str, &str); 8] = [
    ("python3", "greet.py", "import sys\nprint('hi', sys.argv[1], sys.argv[2], input())\nsys.exit(3)\n"),
    ("shell", "greet.sh", "read line\necho \"hi $1 $2 $line\"\nexit 3\n"),
    (
        "javascript",
        "greet.js",
        "const [a, b] = process.argv.slice(2);\n\
         console.log(`hi ${a} ${b} ${require('fs').readFileSync(0, 'utf8').trim()}`);\nprocess.exitCode = 3;\n",
    ),
    (
        "c",
        "greet.c",
        "#include <stdio.h>\nint main(int c, char **v) { char line[9]; if (c != 3 || !fgets(line, 9, stdin)) return 1; \
         printf(\"hi %s %s %s\", v[1], v[2], line); return 3; }\n",
    ),
    (
        "c++",
        "greet.cpp",
        "#include <iostream>\n#include <string>\nint main(int c, char **v) { std::string line; std::getline(std::cin, line);\n\
         std::cout << \"hi \" << v[1] << ' ' << v[2] << ' ' << line << std::endl; return c; }\n",
    ),
    (
        "rust",
        "greet.rs",
        "fn main() {\n    let words: Vec<String> = std::env::args().collect();\n    let mut line = String::new();\n    \
         std::io::stdin().read_line(&mut line).unwrap();\n    print!(\"hi {} {} {line}\", words[1], words[2]);\n    \
         std::process::exit(3);\n}\n",
    ),
    (
        "java",
        "Greet.java",
        "package greetings;\npublic class Greet {\n  public static void main(String[] words) {\n    \
         System.out.println(\"hi \" + words[0] + \" \" + words[1] + \" \" + new java.util.Scanner(System.in).nextLine());\n    \
         System.exit(3);\n  }\n}\n",
    ),
    (
        "ada",
        "greet.adb",
        "with Ada.Text_IO; use Ada.Text_IO;\nwith Ada.Command_Line; use Ada.Command_Line;\nprocedure Greet is\nbegin\n   \
         Put_Line (\"hi \" & Argument (1) & \" \" & Argument (2) & \" \" & Get_Line);\n   Set_Exit_Status (3);\nend Greet;\n",
    ),
];

#[tokio::test]
async fn every_language_runs_with_arguments_input_and_status() {
    for (name, main, source) in GREETERS {
        let task = Program {
            mode: "run".to_owned(),
            arguments: vec!["a".to_owned(), "b c".to_owned()],
            stdin: "line\n".to_owned(),
            ..Program::default()
        };
        let (outcome, stdout, stderr) = program(name, task, &[file(main, source)]).await;
        assert!(stdout.ends_with("hi a b c line\n"), "{name}: {stdout}{stderr}{}", outcome.message);
        assert_eq!((outcome.verdict, outcome.exit_code), (Verdict::Nonzero, Some(3)), "{name}: {}", outcome.message);
    }
}

/// A mistake on line 2, and a word of what is said about it.
const MISTAKEN: [(&str, &str, &str, &str); 8] = [
    ("python3", "main.py", "x = 1\ndef f(:\n", "invalid syntax"),
    ("shell", "main.sh", "echo a\n(\n", ""),
    ("javascript", "main.js", "let a;\nlet a;\n", "already been declared"),
    ("c", "main.c", "int main(void) {\n  return x;\n}\n", "undeclared"),
    ("c++", "main.cpp", "int main() {\n  return x;\n}\n", "not declared"),
    ("rust", "main.rs", "fn main() {\n    x;\n}\n", "cannot find value"),
    ("java", "Main.java", "class Main {\n  static void main(String[] a) { x(); }\n}\n", "cannot find symbol"),
    ("ada", "main.adb", "procedure Main is\n   A : Integer := B;\nbegin\n   null;\nend Main;\n", "is undefined"),
];

#[tokio::test]
async fn every_language_is_checked_and_says_where_the_mistake_is() {
    for (name, main, source, word) in MISTAKEN {
        let (outcome, _, stderr) = in_mode(name, "check", &[file(main, source)]).await;
        let told = format!("{name}: {stderr}\n{:?}", outcome.steps);
        assert_eq!((outcome.verdict, outcome.blame), (Verdict::BuildFailed, Some(Blame::Student)), "{told}");
        let found = &outcome.steps[0].diagnostics;
        let at_line_two = |one: &&Diagnostic| one.file == main && one.severity == Severity::Error;
        let error = found.iter().find(at_line_two).unwrap_or_else(|| panic!("nothing is said of {main}: {told}"));
        // The shell finds out at the end of the file.
        assert!(error.line == 2 || name == "shell", "{told}");
        assert!(error.message.contains(word), "{told}");
    }
    for (name, main, source) in GREETERS {
        let (outcome, ..) = in_mode(name, "check", &[file(main, source)]).await;
        assert_eq!(outcome.verdict, Verdict::Passed, "{name}: {}", outcome.message);
        assert_eq!(outcome.steps.len(), 1, "{name}: nothing is run");
    }
}

#[tokio::test]
async fn programs_of_several_files_find_each_other() {
    let (outcome, stdout, _) = in_mode(
        "rust",
        "run",
        &[
            file("main.rs", "mod other;\nfn main() { println!(\"{}\", other::two()); }"),
            file("other.rs", "pub fn two() -> i32 { 2 }"),
        ],
    )
    .await;
    assert_eq!((outcome.verdict, &*stdout), (Verdict::Passed, "2\n"), "{}", outcome.message);
    let (outcome, stdout, _) = in_mode(
        "c",
        "run",
        &[
            file("main.c", "#include <stdio.h>\n#include \"two.h\"\nint main(void) { char b[3]; FILE *f = fopen(\"data.txt\", \"r\"); \
                  printf(\"%d%s\\n\", two(), fgets(b, 3, f)); return fopen(\"two.h\", \"r\") != 0; }"),
            file("two.c", "int two(void) { return 2; }"),
            file("two.h", "int two(void);"),
            file("data.txt", "ab"),
        ],
    )
    .await;
    assert_eq!((outcome.verdict, &*stdout), (Verdict::Passed, "2ab\n"), "{}", outcome.message);
}

const HELLO_ADA: &str =
    "with Ada.Text_IO;\nprocedure Hello is\nbegin\n   Ada.Text_IO.Put_Line (\"Hello\");\nend Hello;\n";

#[tokio::test]
async fn ada_is_built_and_run_as_pages_expect() {
    let plan = |mode: &str| {
        let task = Program { mode: mode.to_owned(), ..Program::default() };
        Plan { language: language("ada"), task: Task::Program(task), timeout_s: 10 }
    };
    let (outcome, log) = carry_out(&plan("run"), &[file("hello.adb", HELLO_ADA)]).await;
    assert_eq!(outcome.verdict, Verdict::Passed, "{}", outcome.message);
    let lines: Vec<_> = log
        .iter()
        .map(|record| (record.kind, record.step, String::from_utf8_lossy(&record.bytes).into_owned()))
        .collect();
    let line = |kind, step, text: &str| (kind, step, text.to_owned());
    assert_eq!(
        lines,
        [
            line(Kind::Console, 0, "gprbuild -q -P main.gpr\n"),
            line(Kind::Stdout, 0, "Build completed successfully.\n"),
            line(Kind::Console, 1, "./hello \n"),
            line(Kind::Stdout, 1, "Hello\n"),
        ]
    );
    let (outcome, log) = carry_out(&plan("compile"), &[file("hello.adb", &HELLO_ADA.replace("is\n", "\n"))]).await;
    assert_eq!((outcome.verdict, outcome.exit_code), (Verdict::BuildFailed, Some(4)), "{}", outcome.message);
    assert!(said(&log, Kind::Stderr).ends_with("Build failed with error code: 4\n"), "{}", said(&log, Kind::Stderr));
}

#[tokio::test]
async fn ada_keeps_to_its_switches_and_restrictions() {
    let switches = |package: &str, switch: &str| BTreeMap::from([(package.to_owned(), vec![switch.to_owned()])]);
    let compile = |switches| Program { mode: "compile".to_owned(), switches, ..Program::default() };
    let files = [file("hello.adb", HELLO_ADA)];
    let dropped = program("ada", compile(switches("Compiler", "-gnatec=/etc/passwd")), &files).await.0;
    assert_eq!(dropped.verdict, Verdict::Passed, "{}", dropped.message);
    let unknown = program("ada", compile(switches("Linker", "-shared")), &files).await.0;
    assert_eq!((unknown.verdict, unknown.steps.len()), (Verdict::BuildFailed, 0));
    assert!(
        unknown.message.contains("\"Linker\"") && unknown.message.contains("Builder, Compiler"),
        "{}",
        unknown.message
    );
    // A style check that is asked for shows that allowed switches arrive.
    let long = HELLO_ADA.replace("\"Hello\"", &format!("\"{}\"", "x".repeat(90)));
    let (_, _, stderr) = program("ada", compile(switches("Compiler", "-gnatyM50")), &[file("hello.adb", &long)]).await;
    assert!(stderr.contains("this line is too long"), "{stderr}");
    let foreign =
        "procedure Hello is\n   procedure Evil;\n   pragma Import (C, Evil, \"abort\");\nbegin\n   Evil;\nend Hello;\n";
    let (refused, _, stderr) = in_mode("ada", "run", &[file("hello.adb", foreign)]).await;
    assert!(refused.verdict == Verdict::BuildFailed && stderr.contains("violation of restriction"), "{stderr}");
}

#[tokio::test]
async fn ada_that_never_ends_is_interrupted_in_the_known_words() {
    let source = "procedure Wait is\nbegin\n   delay 60.0;\nend Wait;\n";
    let (outcome, _, stderr) = in_mode("ada", "run", &[file("wait.adb", source)]).await;
    assert_eq!(outcome.verdict, Verdict::WallTimeLimit, "{}", outcome.message);
    assert!(stderr.ends_with("<interrupted> : Maximum 10s process limit reached.\n"), "{stderr}");
}

#[tokio::test]
async fn proving_says_what_is_proved_and_what_is_not() {
    let source = "/*@ requires x > -1000; ensures \\result >= 0; assigns \\nothing; */\nint absolute(int x) { return x < 0 ? -x : x; }\n";
    let (outcome, stdout, stderr) = in_mode("c", "prove", &[file("absolute.c", source)]).await;
    assert_eq!(outcome.verdict, Verdict::Passed, "{}\n{stdout}{stderr}", outcome.message);
    assert!(stdout.contains("Proved goals:    4 / 4"), "{stdout}");
    let (outcome, stdout, _) = in_mode("c", "prove", &[file("absolute.c", &source.replace("x < 0", "x < 9"))]).await;
    assert_eq!((outcome.verdict, outcome.blame), (Verdict::Failed, Some(Blame::Student)), "{stdout}");
    assert!(outcome.message.starts_with("Not everything could be proved"), "{}", outcome.message);
}

#[tokio::test]
async fn proving_without_the_prover_is_refused_and_says_how_to_get_it() {
    if std::path::Path::new("/usr/local/bin/gnatprove").exists() {
        let (outcome, stdout, stderr) =
            in_mode("ada", "prove", &[file("hello.adb", "procedure Hello is null;\n")]).await;
        assert_eq!(outcome.verdict, Verdict::Passed, "{stdout}{stderr}");
        return;
    }
    for mode in ["prove", "prove_flow", "prove_report_all", "prove_flow_report_all"] {
        let (outcome, ..) = in_mode("ada", mode, &[file("hello.adb", HELLO_ADA)]).await;
        assert_eq!((outcome.blame, outcome.steps.len()), (Some(Blame::Infrastructure), 0));
        assert!(
            outcome.message.starts_with("Proving Ada needs gnatprove, which is not installed here"),
            "{}",
            outcome.message
        );
    }
}

#[tokio::test]
async fn what_cannot_be_a_program_is_refused() {
    let many: Vec<SourceFile> = (0..65).map(|number| file(&format!("f{number}.py"), "")).collect();
    let large = file("main.py", &"#".repeat((1 << 20) + 1));
    let cases: [(&str, &str, &[SourceFile], &str); 12] = [
        ("cobol", "run", &[file("main.cob", "")], "There is no language `cobol` here; there are ada, c, c++,"),
        ("c", "fly", &[file("main.c", "")], "C has no mode \"fly\"; its modes are check, compile, prove, run, submit"),
        ("c", "run", &many, "65 files are too many"),
        ("python3", "run", &[large], "at most 1048576"),
        ("python3", "run", &[], "There is no file"),
        ("python3", "run", &[file("../main.py", "")], "\"../main.py\" cannot be the name of a file"),
        ("python3", "run", &[file("-c.py", "")], "cannot be the name of a file"),
        ("python3", "run", &[file("a.py", ""), file("a.py", "")], "Two files have the name"),
        ("python3", "run", &[file("a.py", ""), file("b.py", "")], "of a.py, b.py none is called main.py"),
        ("c", "run", &[file("a.c", "int f;"), file("data.txt", "")], "no file that the program could start with"),
        ("ada", "run", &[file("main.gpr", ""), file("hello.adb", HELLO_ADA)], "`main.gpr` is written here"),
        ("ada", "run", &[file("hello.adb", HELLO_ADA), file("default.cgpr", "")], "would tell the tools what to do"),
    ];
    for (name, mode, files, reason) in cases {
        let (outcome, ..) = in_mode(name, mode, files).await;
        assert_eq!((outcome.verdict, outcome.blame), (Verdict::BuildFailed, Some(Blame::Student)), "{reason}");
        assert!(outcome.message.contains(reason), "{reason:?} is not in {:?}", outcome.message);
        assert_eq!(outcome.steps.len(), 0, "nothing was run");
    }
}

#[tokio::test]
async fn compilers_are_kept_in_as_programs_are() {
    let shadow = "#include \"/etc/shadow\"\n#include \"/root/.profile\"\nint main(void) { return 0; }\n";
    let (outcome, _, stderr) = in_mode("c", "run", &[file("main.c", shadow)]).await;
    assert!(outcome.verdict == Verdict::BuildFailed && stderr.contains("No such file"), "{stderr}");
    let (outcome, ..) =
        in_mode("c", "run", &[file("main.c", "#include \"/dev/zero\"\nint main(void) { return 0; }\n")]).await;
    assert_eq!(outcome.verdict, Verdict::BuildFailed, "{}", outcome.message);
    let bomb = "template<int N> struct A { A<N + 1> a; A<N + 2> b; };\nA<0> a;\nint main() {}\n";
    let (outcome, ..) = in_mode("c++", "compile", &[file("main.cpp", bomb)]).await;
    assert_eq!(outcome.verdict, Verdict::BuildFailed, "{}", outcome.message);
    let bomb = "int table[1 << 28] = { 1 };\nint main(void) { return table[1]; }\n";
    let (outcome, ..) = in_mode("c", "run", &[file("main.c", bomb)]).await;
    assert!(matches!(outcome.verdict, Verdict::BuildFailed), "a gigabyte is no program: {}", outcome.message);
    let flood = format!("int main(void) {{ {} return 0; }}\n", "{ int unused = 1 == 1.5f; \"\" + 0; }".repeat(3000));
    let (outcome, ..) = in_mode("c", "compile", &[file("main.c", &flood)]).await;
    assert_eq!(outcome.steps[0].class, Class::OutputLimit);
    assert!(
        outcome.message.starts_with("The compiler printed more than 256 KiB on standard error"),
        "{}",
        outcome.message
    );
    let text = "\u{FEFF}".to_owned() + "print('\u{E4}')";
    let latin = SourceFile { name: "main.py".to_owned(), bytes: b"print('\xE4')\n".to_vec() };
    assert_eq!(in_mode("python3", "run", &[file("main.py", &text)]).await.0.verdict, Verdict::Passed);
    let (outcome, _, stderr) = in_mode("python3", "run", &[latin]).await;
    assert!(outcome.verdict == Verdict::Nonzero && stderr.contains("Non-UTF-8"), "{stderr}");
}

const PAGE: &str = include_str!("../../../docs/operators/languages.md");

#[tokio::test]
async fn the_language_of_the_page_works_without_building_anything() {
    let text =
        PAGE.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).expect("the page shows a file").0;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("awk.toml"), text).expect("written");
    let toolchains =
        Toolchains::load(folder.path()).unwrap_or_else(|mistakes| panic!("{}", catalogue::lines(&mistakes)));
    let workshop = Workshop::new(Sandbox::new(launcher()), toolchains, Builds::in_memory());
    let awk = workshop.toolchains.get(&language("awk")).expect("it is added");
    assert_eq!(try_out(&workshop, awk).await, Ok(()));
    let task = Program { mode: "run".to_owned(), arguments: vec!["data.txt".to_owned()], ..Program::default() };
    let plan = Plan { language: language("awk"), task: Task::Program(task), timeout_s: 5 };
    let (output, mut records) = unbounded_channel();
    let files = [file("sum.awk", "{ sum += $1 } END { print sum }"), file("data.txt", "1\n2\n3\n")];
    let outcome = execute(&workshop, &plan, &files, &output, CancellationToken::new()).await;
    drop(output);
    let mut log = Vec::new();
    while let Some(record) = records.recv().await {
        log.push(record);
    }
    assert_eq!((outcome.verdict, &*said(&log, Kind::Stdout)), (Verdict::Passed, "6\n"), "{}", outcome.message);
    assert_eq!(said(&log, Kind::Console), "awk -f sum.awk\n");
}
