//! Programs of one's own through the schema.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::{Plan, Site};
use tests::stories;

stories!(a_person_runs_a_program, what_cannot_be_run_is_told, one_person_has_a_few_at_a_time, cancelling_ends_the_log);

const RUN: &str = "mutation($input: RunProgramInput!) { runProgram(input: $input) { run { id mode language { name } files { name text } } \
     job { kind } problems { code message path } } }";
const OUTPUT: &str = "subscription($run: ID!) { runOutput(run: $run) { kind text case run { verdict message exitCode evidence \
     output { kind } tests { name passed } } } }";

fn input(language: &str, files: &[(&str, &str)]) -> Value {
    let files: Vec<Value> = files.iter().map(|(name, text)| json!({ "name": name, "text": text })).collect();
    json!({ "language": language, "files": files })
}

async fn person(site: &Site) -> String {
    let admin = site.sign_in("admin@example.org").await;
    let user = json!({ "input": { "email": "ada@example.org", "name": "Ada", "password": tests::site::PASSWORD } });
    site.ask(&admin, "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } } }", user).await;
    site.sign_in("ada@example.org").await
}

/// The records of a run, and the last one.
async fn follow(site: &Site, token: &str, run: &Value) -> (Vec<Value>, Value) {
    let mut follower = site.follow(token, OUTPUT, json!({ "run": run })).await;
    let mut records = Vec::new();
    loop {
        let record = follower.next().await["data"]["runOutput"].take();
        if record["kind"] == "FINISHED" {
            return (records, record);
        }
        records.push(record);
    }
}

fn text(records: &[Value], kind: &str) -> String {
    records.iter().filter(|record| record["kind"] == kind).filter_map(|record| record["text"].as_str()).collect()
}

async fn a_person_runs_a_program(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let token = person(&site).await;
    let mut wanted = input(
        "c",
        &[(
            "main.c",
            "#include <stdio.h>\nint main(int n, char **a) { char b[9]; printf(\"%s %s\", a[1], fgets(b, 9, stdin)); return 7; }\n",
        )],
    );
    wanted["arguments"] = json!(["$(x)"]);
    wanted["stdin"] = json!("typed\n");
    let answer = site.ask(&token, RUN, json!({ "input": wanted })).await["runProgram"].take();
    let run = &answer["run"];
    assert_eq!(
        (&run["mode"], &run["language"]["name"], &answer["job"]["kind"]),
        (&json!("run"), &json!("c"), &json!("execution.run")),
        "{answer:#}"
    );
    assert_eq!(run["files"][0]["name"], "main.c");
    let (records, end) = follow(&site, &token, &run["id"]).await;
    assert_eq!(text(&records, "STDOUT"), "$(x) typed\n");
    assert_eq!((&end["run"]["verdict"], &end["run"]["exitCode"]), (&json!("NONZERO"), &json!(7)), "{end:#}");
    assert_eq!(end["run"]["evidence"]["exit_code"], 7);
    let kept = end["run"]["output"].as_array().expect("records");
    assert_eq!(kept.last().expect("a record")["kind"], "FINISHED", "the kept log has its end");

    let mut lab = input("python3", &[("main.py", "import sys\nprint(sys.argv[1])")]);
    lab["mode"] = json!("submit");
    lab["lab"] = json!("in 0:a\nout 0:a\nin 1:b\nout 1:c\n");
    let answer = site.ask(&token, RUN, json!({ "input": lab })).await["runProgram"].take();
    let (records, end) = follow(&site, &token, &answer["run"]["id"]).await;
    assert_eq!(
        end["run"]["tests"],
        json!([{ "name": "case 0", "passed": true }, { "name": "case 1", "passed": false }])
    );
    assert!(text(&records, "LAB").contains("\"success\":false"), "{records:#?}");
    assert!(records.iter().any(|record| record["case"] == 0 && record["kind"] == "STDOUT"), "{records:#?}");
    site.end().await;
}

async fn what_cannot_be_run_is_told(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let token = person(&site).await;
    let with = |key: &str, value: Value| {
        let mut input = input("python3", &[("main.py", "print(1)")]);
        input[key] = value;
        input
    };
    let cases = [
        (input("python3", &[("../x", "")]), "FILE_NAME", json!(["files", "0", "name"])),
        (input("python3", &[]), "NO_FILES", json!(["files"])),
        (input("klingon", &[("a", "")]), "LANGUAGE_UNKNOWN", json!(["language"])),
        (with("mode", json!("fly")), "MODE_UNKNOWN", json!(["mode"])),
        (with("mode", json!("submit")), "LAB", json!(["lab"])),
        (with("arguments", json!(["a\0"])), "ARGUMENTS", json!(["arguments"])),
        (
            with("switches", json!([{ "package": "Linker", "switches": ["-x"] }])),
            "SWITCHES",
            json!(["switches", "Linker"]),
        ),
        (with("stdin", json!("x".repeat(1 << 20))), "TOO_LARGE", json!(["files"])),
    ];
    for (input, code, path) in cases {
        let answer = site.ask(&token, RUN, json!({ "input": input })).await["runProgram"].take();
        assert!(answer["run"].is_null(), "{answer:#}");
        assert_eq!(
            (&answer["problems"][0]["code"], &answer["problems"][0]["path"]),
            (&json!(code), &path),
            "{answer:#}"
        );
    }
    let nobody = site.post(None, RUN, json!({ "input": input("python3", &[("a.py", "")]) })).await;
    assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    site.end().await;
}

const CANCEL: &str =
    "mutation($input: CancelRunInput!) { cancelRun(input: $input) { run { id state verdict } problems { code } } }";

async fn one_person_has_a_few_at_a_time(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let token = person(&site).await;
    let slow = input("python3", &[("main.py", "import time\ntime.sleep(600)")]);
    let mut runs = Vec::new();
    let refused = loop {
        let mut answer = site.ask(&token, RUN, json!({ "input": slow })).await["runProgram"].take();
        if answer["run"].is_null() {
            break answer;
        }
        runs.push(answer["run"]["id"].take());
    };
    assert_eq!((runs.len(), &refused["problems"][0]["code"]), (8, &json!("BUSY")), "{refused:#}");
    for run in &runs {
        let answer = site.ask(&token, CANCEL, json!({ "input": { "run": run } })).await;
        assert_eq!(answer["cancelRun"]["problems"], json!([]));
    }
    for run in &runs {
        let (_, end) = follow(&site, &token, run).await;
        assert_eq!(end["run"]["verdict"], "CANCELLED", "{end:#}");
    }
    site.end().await;
}

async fn cancelling_ends_the_log(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let token = person(&site).await;
    let talks = input(
        "python3",
        &[("main.py", "import time\nwhile True:\n    print('still here', flush=True)\n    time.sleep(0.01)")],
    );
    let run = site.ask(&token, RUN, json!({ "input": talks })).await["runProgram"]["run"]["id"].take();
    let mut follower = site.follow(&token, OUTPUT, json!({ "run": run })).await;
    while follower.next().await["data"]["runOutput"]["text"].as_str().is_none_or(|text| !text.contains("still here")) {}
    site.ask(&token, CANCEL, json!({ "input": { "run": run } })).await;
    let last = loop {
        let record = follower.next().await["data"]["runOutput"].take();
        if record["kind"] == "FINISHED" {
            break record;
        }
    };
    assert_eq!(last["run"]["verdict"], "CANCELLED");
    assert_eq!(follower.said().await, tests::graphql_ws::Said::Complete, "the end is the end");
    let again = site.ask(&token, CANCEL, json!({ "input": { "run": run } })).await;
    assert_eq!(again["cancelRun"]["run"]["verdict"], "CANCELLED", "as often as one likes");
    site.end().await;
}
