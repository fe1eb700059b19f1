//! Each kind of test with work that is right, wrong, hostile or hangs; and who is told what of it.

use std::fs;

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::{Plan, examples};
use tests::stories;

use super::{COURSE, Class};

stories!(
    the_examples_tell_right_from_wrong,
    dialogues_and_docstrings_are_graded,
    suites_and_graders_are_graded,
    students_are_told_what_the_author_says,
);

async fn the_examples_tell_right_from_wrong(backend: Backend) {
    let class = Class::new(backend, Plan::default(), &[]).await;
    let solution = |slug: &str, name: &str| {
        fs::read_to_string(examples().join("solutions").join(slug).join(name)).expect("a solution")
    };
    let template = |slug: &str, name: &str| {
        fs::read_to_string(examples().join("content/assignments").join(slug).join(name)).expect("a template")
    };
    class.hand_in("days-alike", &solution("days-alike", "alike.py")).await.is("PASSED", "8");
    let start = class.hand_in("days-alike", &template("days-alike", "alike.py")).await;
    start.is("FAILED", "2");
    let parts = &start.seen["tests"][1]["parts"];
    assert_eq!(parts[1]["message"], "print two names of days", "{:#}", start.seen);
    let enroll = "mutation($input: EnrollInput!) { enroll(input: $input) { enrolled } }";
    let input = json!({ "input": { "email": "ada@example.org", "course": "python-first-steps", "role": "STUDENT" } });
    class.site.ask(&class.admin, enroll, input).await;
    let query = "{ assignment(endpoint: \"python-first-steps/coffee-machine\") { tests { name kind feedback timeout points hidden } } }";
    let tests = class.site.ask(&class.student, query, json!({})).await["assignment"]["tests"].take();
    let wanted = json!([
        { "name": "total", "kind": "OK", "feedback": "MESSAGE", "timeout": 10, "points": "3", "hidden": false },
        { "name": "doctest coins.py:change", "kind": "DOCTEST", "feedback": "FULL", "timeout": 10, "points": "2", "hidden": false },
    ]);
    assert_eq!(tests, wanted);
    let coffee = async |text: String| class.hand_in_to("python-first-steps/coffee-machine", &text).await;
    coffee(solution("coffee-machine", "coins.py")).await.is("PASSED", "7");
    let start = coffee(template("coffee-machine", "coins.py")).await;
    start.is("FAILED", "0");
    let half = coffee(
        solution("coffee-machine", "coins.py")
            .replace("if coin in COINS", "if coin in COINS or coin == 500")
            .replace("rest < 0", "False"),
    )
    .await;
    // Half of the test of `total`; the case that tells it is one that students do not see.
    half.is("FAILED", "1.5");
    assert_eq!(half.seen["tests"][0]["message"], "Suite 2: A hidden case did not pass", "{:#}", half.seen);
    class.site.end().await;
}

const OK: &str = "test = {\n 'name': 'square', 'points': 4,\n 'suites': [\n  {'type': 'doctest', 'setup': '>>> from work import *', 'cases': [{'code': '>>> square(3)\\n9'}]},\n  {'type': 'doctest', 'setup': '>>> from work import *', 'cases': [{'code': '>>> square(None)\\nTypeError'}]}]}\n";
const WORK: &str = "def square(x):\n    \"\"\"Squares.\n\n    >>> square(5)\n    25\n    \"\"\"\n    return x * x\n";
const HOSTILE: &str = "import os, sys\n\nclass Nine(int):\n    def __repr__(self): return open('/proc/self/cmdline').read()\n    def __eq__(self, other): return True\n    __hash__ = None\n\ndef square(x):\n    sys.stdout.write('')\n    return Nine()\n";
const HANGS: &str = "def square(x):\n    while x != 3: pass\n    return 9\n";

async fn dialogues_and_docstrings_are_graded(backend: Backend) {
    let files: &[(&str, &str)] =
        &[("tests", "  - ok: square.py\n  - {doctest: work.py, points: 2}\n"), ("square.py", OK), ("work.py", WORK)];
    let class = Class::new(backend, Plan::default(), &[("dialogues", files)]).await;
    class.hand_in("dialogues", WORK).await.is("PASSED", "6");
    let wrong =
        class.hand_in("dialogues", "def square(x):\n    '''\n    >>> square(5)\n    1\n    '''\n    return 1\n").await;
    wrong.is("FAILED", "0");
    assert!(
        wrong.seen["tests"][0]["message"]
            .as_str()
            .is_some_and(|text| text.contains("should give `9`, but it gave `1`"))
    );
    assert!(wrong.log.contains(">>> square(3)\n1\n"), "{}", wrong.log);
    class.hand_in("dialogues", HOSTILE).await.is("FAILED", "0");
    class.hand_in("dialogues", "import os\nos._exit(0)").await.is("FAILED", "0");
    let hangs = class.hand_in("dialogues", HANGS).await;
    hangs.is("CPU_TIME_LIMIT", "2");
    class.site.end().await;
}

const SUITE: &str = "import unittest\nimport work\n\nclass TestSquare(unittest.TestCase):\n    def test_three(self):\n        self.assertEqual(work.square(3), 9)\n    def test_none(self):\n        with self.assertRaises(TypeError):\n            work.square(None)\n";
const JUDGE: &str = "import json, sys\n\nrun = json.load(open('runs.json'))[0]\nright = run['ended'] == 'ok' and run['stdout'] == '49\\n'\nopen(sys.argv[1], 'w').write(json.dumps({'score': 4 if right else 0, 'feedback': 'seen from outside', 'staff': 'ended: ' + run['ended']}))\n";

async fn suites_and_graders_are_graded(backend: Backend) {
    let files: &[(&str, &str)] = &[
        (
            "tests",
            "  - {name: cases, points: 2, suite: test_work.py, count: 2}\n  - {name: judged, points: 4, grader: judge.py, runs: [{stdin: \"7\"}]}\n",
        ),
        ("test_work.py", SUITE),
        ("judge.py", JUDGE),
        ("work.py", "def square(x):\n    pass\n"),
    ];
    let class = Class::new(backend, Plan::default(), &[("programs", files)]).await;
    let main = "if __name__ == '__main__':\n    print(square(int(input())))\n";
    let right = class.hand_in("programs", &format!("{WORK}{main}")).await;
    right.is("PASSED", "6");
    assert_eq!(right.seen["tests"][1]["message"], "seen from outside");
    class.hand_in("programs", &format!("def square(x):\n    return x + 1\n{main}")).await.is("FAILED", "1");
    // It knows where a report would go, and writes one that says it is perfect.
    let forged = "import os, sys\nprint('{\"score\": 4}')\nfor name in ('result.json', 'report.xml', sys.argv[-1]):\n    open(name, 'w').write('{\"score\": 4}')\nos._exit(0)\n";
    class.hand_in("programs", forged).await.is("FAILED", "0");
    let hangs = class.hand_in("programs", &format!("{HANGS}{main}")).await;
    hangs.is("FAILED", "0");
    let staff = class.seen(&class.teacher, &hangs.run).await;
    assert!(
        staff["tests"][1]["staffMessage"].as_str().is_some_and(|text| text.contains("ended: cpu_time_limit")),
        "{staff:#}"
    );
    class.site.end().await;
}

async fn students_are_told_what_the_author_says(backend: Backend) {
    let tests = "  - {name: nothing, points: 1, feedback: nothing, stdin: x, stdout: \"secret 1\"}\n  - {name: passed, points: 1, feedback: passed, stdin: x, stdout: \"secret 2\"}\n  - {name: hidden, points: 1, hidden: true, suite: test_work.py, count: 1}\n  - {name: message, points: 1, call: f, expect: [1, 2, 3]}\n  - {name: full, points: 1, feedback: full, stdin: x, stdout: \"a\\nb\\nc\\n\"}\n  - {name: told, points: 1, hidden: true, feedback: message, grader: judge.py}\n";
    let suite = "import unittest\nclass T(unittest.TestCase):\n    def test_secret(self):\n        self.assertEqual('secret 3', 1)\n";
    let judge = "import sys\nprint('secret 4')\nopen(sys.argv[1], 'w').write('{\"score\": 0, \"feedback\": \"look again\", \"staff\": \"secret 5\", \"tests\": [{\"name\": \"secret 6\", \"points\": 0, \"maximum\": 1, \"hidden\": true}]}')\n";
    let files: &[(&str, &str)] = &[("tests", tests), ("test_work.py", suite), ("judge.py", judge), ("work.py", "")];
    let class = Class::new(backend, Plan::default(), &[("told", files)]).await;
    let handed = class.hand_in("told", "print('a')\nprint('x')\ndef f(): return [1, 2, 4]\n").await;
    handed.is("FAILED", "0");
    let told: Vec<(&str, &str)> = handed.seen["tests"]
        .as_array()
        .expect("tests")
        .iter()
        .map(|test| (test["name"].as_str().unwrap_or_default(), test["message"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        told[..3],
        [
            ("passed", "Did not pass"),
            ("hidden", "Did not pass"),
            ("message", "`f()[2]` should be 3 (int), but it is 4 (int)")
        ]
    );
    assert!(told[3].1.contains("- b\n- c\n+ x"), "{told:?}");
    assert_eq!((told[4], told.len()), (("told", "look again"), 5));
    let shown = format!("{}{}", handed.seen, handed.log);
    assert!(!shown.contains("secret"), "{shown}");
    assert!(handed.seen["tests"].as_array().expect("tests").iter().all(|test| test["staffMessage"] == Value::Null));
    assert!(
        handed.seen["message"].as_str().is_some_and(|text| text.starts_with("0 of 5 tests passed")),
        "{:#}",
        handed.seen
    );

    let staff = class.seen(&class.teacher, &handed.run).await;
    let all = staff.to_string();
    for secret in 1..=6 {
        // What a grader printed and what a suite expected is there for who reviews work.
        assert!(all.contains(&format!("secret {secret}")), "secret {secret}: {staff:#}");
    }
    let query = format!("{{ assignment(endpoint: \"{COURSE}/told\") {{ tests {{ name kind feedback }} }} }}");
    let open = class.site.ask(&class.student, &query, json!({})).await["assignment"]["tests"].take();
    let names: Vec<&Value> = open.as_array().expect("tests").iter().map(|test| &test["name"]).collect();
    assert_eq!(names, ["passed", "message", "full"]);
    class.site.end().await;
}
