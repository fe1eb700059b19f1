//! Nothing that a program writes is lost or doubled, however it is asked for.

use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::runner::{check, page, post, run, start, watch};
use tests::site::{Plan, Site};
use tests::stories;
use tokio::time::sleep;

stories!(
    the_same_question_has_the_same_answer,
    two_readers_get_the_same,
    who_does_not_count_is_given_everything_once,
    a_part_of_a_line_is_shown_soon,
    odd_output_is_shown,
    programs_do_not_meet,
);

const TALKS: &str = "import time\nfor number in range(30):\n    print(number, flush=True)\n    time.sleep(0.02)\n";

fn numbers() -> String {
    (0..30).map(|number| format!("{number}\n")).collect()
}

async fn the_same_question_has_the_same_answer(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let identifier = start(site.address, &page("python3", "run", &[("main.py", TALKS)])).await;
    let seen = watch(site.address, &identifier).await;
    assert_eq!((seen.status, seen.text("stdout")), (0, numbers()), "{seen:#?}");
    // An answer that got lost on its way is asked for again, from any place.
    for read in [0, 1, seen.records.len() / 2, seen.records.len()] {
        let first = check(site.address, &identifier, read).await;
        assert_eq!(first["output"].as_array().expect("records")[..], seen.records[read..]);
        assert_eq!(
            (&first["completed"], &first["status"], &first["message"]),
            (&json!(true), &json!(0), &json!("SUCCESS"))
        );
        assert_eq!(check(site.address, &identifier, read).await, first);
    }
    for beyond in [json!(seen.records.len() + 7), json!(i64::MAX), json!(u64::MAX), json!(1e300)] {
        let asked = json!({ "identifier": identifier, "read": beyond });
        let answer = post(site.address, "/check_output/", &asked).await.json();
        assert_eq!((&answer["output"], &answer["completed"]), (&json!([]), &json!(true)), "{beyond}");
    }
    site.end().await;
}

async fn two_readers_get_the_same(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let identifier = start(site.address, &page("python3", "run", &[("main.py", TALKS)])).await;
    let (one, other) = tokio::join!(watch(site.address, &identifier), watch(site.address, &identifier));
    assert_eq!(one.text("stdout"), numbers());
    assert_eq!(one.records, other.records);
    site.end().await;
}

async fn who_does_not_count_is_given_everything_once(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let identifier = start(site.address, &page("python3", "run", &[("main.py", TALKS)])).await;
    let mut drained: Vec<Value> = Vec::new();
    loop {
        let answer = post(site.address, "/check_output/", &json!({ "identifier": identifier })).await.json();
        drained.extend(answer["output"].as_array().expect("records").iter().cloned());
        if answer["completed"] == true {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(drained, watch(site.address, &identifier).await.records);
    let after = post(site.address, "/check_output/", &json!({ "identifier": identifier })).await.json();
    assert_eq!((&after["output"], &after["completed"]), (&json!([]), &json!(true)));
    site.end().await;
}

async fn a_part_of_a_line_is_shown_soon(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let asks = "import sys, time\nsys.stdout.write('Name: ')\nsys.stdout.flush()\ntime.sleep(3)\nprint('ended')\n";
    let identifier = start(site.address, &page("python3", "run", &[("main.py", asks)])).await;
    let begun = Instant::now();
    loop {
        let answer = check(site.address, &identifier, 0).await;
        if answer["output"].as_array().expect("records").iter().any(|record| record["msg"]["data"] == "Name: ") {
            assert_eq!(answer["completed"], false, "it was shown only at the end");
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the line is held back: {answer}");
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(watch(site.address, &identifier).await.text("stdout"), "Name: ended\n");
    site.end().await;
}

async fn odd_output_is_shown(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let odd = "import sys\nsys.stdout.buffer.write(b'a\\xff\\x00b\\r\\n/w/gone.py:1:2: error: made up')\n";
    let seen = run(site.address, &page("python3", "run", &[("main.py", odd)])).await;
    assert_eq!(seen.text("stdout"), "a\u{FFFD}\u{0}b\r\ngone.py:1:2: error: made up");
    assert!(
        seen.records.iter().all(|record| record["msg"].get("locs").is_none()),
        "a file that no page has: {seen:#?}"
    );
    let echo = "import sys\nsys.stdout.write(sys.stdin.read().upper())";
    let seen = run(site.address, &page("python3", "run", &[("main.py", echo), ("stdin.txt", "typed\n")])).await;
    assert_eq!(seen.text("stdout"), "TYPED\n");
    let seen = run(site.address, &page("python3", "run", &[("main.py", echo)])).await;
    assert_eq!((seen.status, seen.text("stdout").as_str()), (0, ""), "without input there is an end of it");
    site.end().await;
}

async fn programs_do_not_meet(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let look = "import os, time\nopen(f'/tmp/{os.environ.get(\"X\", \"left\")}', 'w').write('secret')\ntime.sleep(0.5)\n\
                print(sorted(os.listdir('.')), sorted(os.listdir('/tmp')))\n";
    let (mine, theirs) = (
        page("python3", "run", &[("main.py", look), ("mine.txt", "")]),
        page("python3", "run", &[("main.py", look), ("theirs.txt", "")]),
    );
    let (one, other) = tokio::join!(run(site.address, &mine), run(site.address, &theirs));
    assert_eq!(one.text("stdout"), "['main.py', 'mine.txt'] ['left']\n");
    assert_eq!(other.text("stdout"), "['main.py', 'theirs.txt'] ['left']\n");
    let guessed = post(site.address, "/check_output/", &json!({ "identifier": "0".repeat(32), "read": 0 })).await;
    assert_eq!(guessed.status, StatusCode::NOT_FOUND);
    site.end().await;
}
