//! Students whose clock is wrong by a year: when something came is what our clock says, so none of it is late or early by theirs.

use actors::identity::authenticate::authenticate;
use actors::submission::receive::{Arrival, receive};
use chrono::{DateTime, Utc};
use entity::clock::Timestamp;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::free_address;
use tests::okpy::Student;
use tests::stories;

use super::upload::upload_at;
use crate::work::{COURSE, Desk};

stories![
    a_clock_that_is_wrong_by_a_year_makes_nothing_late,
    no_time_that_a_client_says_breaks_the_timeline,
    what_has_no_time_of_its_client_is_the_same_until_something_else_comes
];

const YEAR: i32 = 365;

/// Has the student work on an assignment of the desk.
fn take_up(student: &Student, name: &str, text: &str) {
    let ok = json!({ "name": name, "endpoint": format!("{COURSE}/{name}"), "src": ["main.py"], "tests": {},
        "default_tests": [], "protocols": [] });
    student.write(&format!("{name}.ok"), ok.to_string());
    student.write("main.py", text);
}

fn at(value: &Value) -> DateTime<Utc> {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no time: {value}"))
}

const TIMELINE: &str =
    "backups(first: 100) { nodes { doneAt receivedAt isResent files { text } submission { lateness } } }";

/// What has come for an assignment. Nothing of it may have been done after it came.
async fn timeline(desk: &Desk, token: &str, name: &str) -> Vec<Value> {
    let mut found = desk.about(token, name, TIMELINE).await;
    let Value::Array(backups) = found["backups"]["nodes"].take() else { panic!("{found}") };
    for backup in &backups {
        assert!(at(&backup["doneAt"]) <= at(&backup["receivedAt"]), "{backup}");
    }
    backups
}

fn text(backup: &Value) -> &str {
    backup["files"][0]["text"].as_str().expect("a text").trim()
}

async fn a_clock_that_is_wrong_by_a_year_makes_nothing_late(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let query = "mutation { createToken(input: { name: \"ok\", scopes: [ALL] }) { token } }";
    let token = desk.ask(&ada, query, json!({})).await["createToken"]["token"].as_str().expect("a token").to_owned();
    let student = || {
        let student = Student::at(desk.site.address);
        student.hold(&token);
        student
    };
    // By the clock of who is a year ahead the assignment is closed; what could not be sent goes along.
    let mut ahead = student();
    ahead.set_clock(YEAR);
    ahead.turn_to(free_address());
    take_up(&ahead, "essay", "x = 1\n");
    ahead.run(&["--backup"], "").await;
    ahead.turn_to(desk.site.address);
    ahead.write("main.py", "x = 2\n");
    let printed = ahead.run(&["--submit"], "").await;
    assert!(printed.contains("Submission successful"), "{printed}");
    let essay = timeline(&desk, &ada, "essay").await;
    assert_eq!(
        essay.iter().map(text).collect::<Vec<_>>(),
        ["x = 2", "x = 1"],
        "both are there, in the order in which they came"
    );
    assert_eq!(essay[0]["submission"]["lateness"], 0.0, "{essay:?}");
    // By the clock of who is a year behind there is much time; by ours one assignment is late, and another closed.
    let mut behind = student();
    behind.set_clock(-YEAR);
    take_up(&behind, "poem", "x = 3\n");
    let printed = behind.run(&["--submit"], "").await;
    assert!(printed.contains("Submission successful"), "{printed}");
    let poem = timeline(&desk, &ada, "poem").await;
    let lateness = poem[0]["submission"]["lateness"].as_f64().expect("seconds");
    assert!(lateness > 86_400.0 && lateness < 2.0 * 86_400.0, "a day and a half: {poem:?}");
    let mut closed = student();
    closed.set_clock(-YEAR);
    take_up(&closed, "letter", "x = 4\n");
    let printed = closed.run(&["--submit"], "").await;
    assert!(printed.contains("Late Submission of writing/letter"), "{printed}");
    let letter = timeline(&desk, &ada, "letter").await;
    assert_eq!(letter.iter().map(text).collect::<Vec<_>>(), ["x = 4"], "it is kept, once");
    assert_eq!(letter[0]["submission"], Value::Null);
    desk.site.end().await;
}

async fn no_time_that_a_client_says_breaks_the_timeline(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let said = [
        "0001-01-01 00:00:00.000000",
        "1969-12-31 23:59:59.999999",
        "2025-11-30 12:00:00.000001",
        "2027-11-30 12:00:00.000001",
        "9999-12-31 23:59:59.999999",
        "+262142-12-31 23:59:59.999999",
        "-262143-01-01 00:00:00.000000",
        "yesterday",
        "",
    ];
    for time in said {
        let messages =
            json!({ "file_contents": { "main.py": format!("# {time}") }, "analytics": { "time-utc": time } });
        let body = json!({ "assignment": format!("{COURSE}/essay"), "messages": messages, "submit": false });
        let taken = upload_at(desk.site.address, &ada, body.to_string()).await;
        assert_eq!(taken.status, hyper::StatusCode::OK, "{time}: {}", taken.text());
        // Whatever it says, the same again is the same.
        let again = upload_at(desk.site.address, &ada, body.to_string()).await;
        assert_eq!(again.json()["data"]["key"], taken.json()["data"]["key"], "{time}");
    }
    let backups = timeline(&desk, &ada, "essay").await;
    assert_eq!(backups.len(), said.len());
    let work = desk.about(&ada, "essay", "viewerWork { lastDoneAt }").await;
    let latest = backups.iter().map(|backup| at(&backup["doneAt"])).max().expect("backups");
    assert_eq!(at(&work["viewerWork"]["lastDoneAt"]), latest);
    desk.site.end().await;
}

/// An automatic backup says nothing of time. One that comes again because its answer was lost is there once, wherever on the clock that is.
async fn what_has_no_time_of_its_client_is_the_same_until_something_else_comes(backend: Backend) {
    const DAY: i64 = 24 * 3_600_000_000;
    let desk = Desk::new(backend).await;
    let (ada, deps) = (desk.student("ada").await, &desk.site.app.kernel.deps);
    let viewer = authenticate(deps, &ada).await.expect("she is known").scope;
    let arrive = async |text: &str, received_at: i64| {
        let messages = serde_json::from_value(json!({ "file_contents": { "main.py": text } })).expect("messages");
        let endpoint = format!("{COURSE}/essay");
        let arrival = Arrival { endpoint, messages, submit: false, received_at: Timestamp(received_at) };
        receive(deps, &viewer, &arrival).await.expect("it is kept").backup
    };
    let first = 1_790_000_000_000_000;
    let one = arrive("x = 1", first).await;
    for later in [0, 1, DAY] {
        assert_eq!(arrive("x = 1", first + later).await, one, "{later}");
    }
    // Who goes back to what they had means that.
    let other = arrive("x = 2", first + DAY + 1).await;
    let back = arrive("x = 1", first + DAY + 2).await;
    assert_eq!(arrive("x = 1", first + DAY + 3).await, back);
    // Equal files are there once, however often they come.
    let blobs = tests::world::numbers(&deps.db, "SELECT count(*) FROM blob WHERE size = 5").await;
    assert_eq!(blobs.expect("numbers"), [2]);
    let mut keys = [one, other, back];
    keys.sort_unstable();
    assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
    desk.site.end().await;
}
