//! Tests that break: nobody gets a zero for it, staff are told, and when the test is mended everything is graded by itself.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::{Plan, RUN};
use tests::smtp::{MailServer, Received};
use tests::stories;

use super::{COURSE, Class, write};

stories!(a_broken_grader_is_mended_and_all_is_graded, handing_in_again_tries_the_test_again);

const TESTS: &str =
    "  - {name: judged, points: 3, grader: judge.py}\n  - {name: called, points: 1, call: f, expect: 1}\n";
const BROKEN: &str = "import sys\nsys.exit('the key of the grader is missing')\n";
const MENDED: &str = "import sys\nopen(sys.argv[1], 'w').write('{\"score\": 3}')\n";
const WORK: &str = "def f(): return 1\n";

async fn a_broken_grader_is_mended_and_all_is_graded(backend: Backend) {
    let mut mail = MailServer::start().await;
    let files: &[(&str, &str)] = &[("tests", TESTS), ("judge.py", BROKEN), ("work.py", "")];
    let plan = Plan { smtp_url: Some(mail.url.clone()), ..Plan::default() };
    let class = Class::new(backend, plan, &[("judged", files)]).await;
    let handed = class.hand_in("judged", WORK).await;
    handed.is("TEST_ERROR", "0");
    assert_eq!((&handed.seen["blame"], &handed.seen["submission"]["scores"]), (&json!("TEST"), &json!([])));
    assert!(handed.seen["message"].as_str().is_some_and(|text| text.contains("not your fault")), "{:#}", handed.seen);
    assert!(!handed.seen.to_string().contains("key of the grader"), "{:#}", handed.seen);
    let staff = class.seen(&class.teacher, &handed.run).await;
    assert!(
        staff["tests"][0]["staffMessage"]
            .as_str()
            .is_some_and(|text| text.contains("the key of the grader is missing"))
    );
    class.hand_in("judged", "def f(): return 2\n").await.is("TEST_ERROR", "0");

    let Received::Taken(letter) = mail.received().await else { panic!("refused") };
    assert_eq!(letter.to, ["toni@example.org"], "one letter for all of it, and none to a student");
    assert!(letter.text.contains("A test of \"A test of tests\" is broken"), "{}", letter.text);
    assert!(broken_events(&class).await);

    write(class.content.path(), "judged", &[("judge.py", MENDED)]);
    class.site.sync(&class.admin).await;
    assert_eq!(verdict(&class, &handed.run).await, "PASSED");
    let graded = class.seen(&class.student, &handed.run).await;
    assert_eq!(graded["submission"]["scores"], json!([{ "value": "4" }]), "{graded:#}");
    let Received::Taken(letter) = mail.received().await else { panic!("refused") };
    assert_eq!(letter.to, ["ada@example.org"]);
    class.site.end().await;
}

async fn handing_in_again_tries_the_test_again(backend: Backend) {
    // The grader breaks the first time, as one does that needs something which is not there yet.
    let judge = "import os, sys\nopen(sys.argv[1], 'w').write('{\"score\": 3}' if 'good' in open('submission/work.py').read() else '')\n";
    let files: &[(&str, &str)] = &[("tests", TESTS), ("judge.py", judge), ("work.py", "")];
    let class = Class::new(backend, Plan::default(), &[("judged", files)]).await;
    let handed = class.hand_in("judged", WORK).await;
    handed.is("TEST_ERROR", "0");
    let again = class.hand_in("judged", WORK).await;
    assert_eq!(again.run, handed.run, "the same work is the same submission");
    again.is("TEST_ERROR", "0");
    class.hand_in("judged", &format!("{WORK}# good\n")).await.is("PASSED", "4");
    class.site.end().await;
}

/// Whether the course's staff have heard of a broken test.
async fn broken_events(class: &Class) -> bool {
    let query = format!("{{ course(key: \"{COURSE}\") {{ id }} }}");
    let course = class.site.ask(&class.teacher, &query, json!({})).await["course"]["id"].take();
    let activity = "subscription($course: ID!) { courseActivity(course: $course) { kind details } }";
    let mut activity = class.site.follow(&class.teacher, activity, json!({ "course": course })).await;
    loop {
        let event = activity.next().await["data"]["courseActivity"].take();
        if event["kind"] == "test.broken" {
            return event["details"]["assignment"].is_string();
        }
    }
}

/// The verdict of a run, when it has one.
async fn verdict(class: &Class, run: &Value) -> Value {
    loop {
        let mut follower = class.site.follow(&class.student, RUN, json!({ "run": run })).await;
        let mut last = Value::Null;
        while let Said::Next(mut record) = follower.said().await {
            last = record["data"]["runOutput"]["run"]["verdict"].take();
        }
        // The log ends with the broken one until the job has taken it up.
        if last != "TEST_ERROR" {
            return last;
        }
        tokio::task::yield_now().await;
    }
}
