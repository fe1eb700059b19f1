//! Grades: whoever asks for them, and in whatever form, they are the same numbers.

use std::collections::BTreeMap;

use hyper::Method;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client;
use tests::graphql_ws::Said;
use tests::site::JOB;
use tests::stories;

use super::{COURSE, Desk, days_from_now, wall};

stories![every_door_says_the_same_grades];

/// Points by student and assignment.
type Grades = BTreeMap<(String, String), String>;

/// As students are shown them.
async fn shown(desk: &Desk) -> Grades {
    let query = format!(
        "{{ course(key: \"{COURSE}\") {{ assignments(first: 5) {{ nodes {{ endpoint works(first: 10) {{ nodes {{ owner {{ email }} \
         grade {{ points }} }} }} }} }} }} }}"
    );
    let found = desk.ask(&desk.admin, &query, json!({})).await;
    let mut grades = Grades::new();
    for assignment in found["course"]["assignments"]["nodes"].as_array().expect("assignments") {
        let name = assignment["endpoint"].as_str().expect("a name").split('/').next_back().expect("a name");
        for work in assignment["works"]["nodes"].as_array().expect("works") {
            if let Some(points) = work["grade"]["points"].as_str() {
                let email = work["owner"]["email"].as_str().expect("an address").to_owned();
                grades.insert((email, name.to_owned()), points.to_owned());
            }
        }
    }
    grades
}

/// The totals of a table of grades.
fn totals(table: &str) -> Grades {
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let mut grades = Grades::new();
    for row in lines {
        for (column, cell) in header.iter().zip(&row).filter(|(_, cell)| !cell.is_empty()) {
            if let Some(name) = column.strip_suffix(" total") {
                grades.insert((row[0].to_owned(), name.to_owned()), (*cell).to_owned());
            }
        }
    }
    grades
}

/// What all doors say; it must be the same.
async fn said(desk: &Desk) -> Grades {
    let shown = shown(desk).await;
    let bearer = || [("authorization", format!("Bearer {}", desk.admin))];
    let get = async |path: &str| client::send(desk.site.address, Method::GET, path, bearer(), "").await;
    let by_ok = get(&format!("/api/v3/course/{COURSE}/grades")).await.json();
    assert_eq!(totals(by_ok["data"]["grades"].as_str().expect("a table")), shown, "{by_ok}");
    assert_eq!(totals(&get(&format!("/api/exports/{COURSE}/grades.csv")).await.text()), shown);
    shown
}

async fn graded(desk: &Desk, token: &str, name: &str, text: &str) -> Value {
    let answer = desk.submit(token, name, text).await;
    let mut events = desk.site.follow(token, JOB, json!({ "id": answer["job"]["id"] })).await;
    while let Said::Next(_) = events.said().await {}
    answer["submission"]["id"].clone()
}

async fn every_door_says_the_same_grades(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, ben) = (desk.student("ada").await, desk.student("ben").await);
    let good = "def add(a, b): return a + b";
    graded(&desk, &ada, "essay", good).await;
    let late = graded(&desk, &ada, "poem", good).await;
    let of = |grades: &Grades, name: &str, work: &str| {
        grades.get(&(format!("{name}@example.org"), work.to_owned())).cloned().unwrap_or_default()
    };
    // A day and a half late: two begun days, one of which is paid by the only slip day.
    let grades = said(&desk).await;
    assert_eq!((of(&grades, "ada", "essay").as_str(), of(&grades, "ada", "poem").as_str()), ("10", "9"));
    // By a person, in parts of points, and again; the day that counts costs a tenth of what there is then.
    for (value, worth) in [("7.5", "6.75"), ("0.0001", "0.0001"), ("-2", "-2"), ("3.3333", "3")] {
        let score = json!({ "submission": late, "kind": "total", "value": value });
        assert_eq!(desk.change(&desk.admin, "score", score, "score { id }").await["problems"], json!([]));
        assert_eq!(of(&said(&desk).await, "ada", "poem"), worth, "of {value}");
    }
    // What is no total is not shortened by lateness, and no grade for its student.
    let style = json!({ "submission": late, "kind": "style", "value": "4" });
    desk.change(&desk.admin, "score", style, "score { id }").await;
    // Whoever has handed in what was not graded has none; who has another counts by that.
    let wrong = graded(&desk, &ben, "essay", "def add(a, b): return 1").await;
    graded(&desk, &ben, "essay", good).await;
    assert_eq!(of(&said(&desk).await, "ben", "essay"), "10");
    desk.change(&desk.admin, "flagSubmission", json!({ "submission": wrong }), "").await;
    assert_eq!(of(&said(&desk).await, "ben", "essay"), "0");
    // An extension gives back what lateness took.
    let more = json!({ "assignment": desk.assignment(&ada, "poem").await, "email": "ada@example.org",
        "until": { "local": wall(days_from_now(1.0)) }, "reason": "Ill." });
    assert_eq!(desk.change(&desk.admin, "grantExtension", more, "").await["problems"], json!([]));
    assert_eq!(of(&said(&desk).await, "ada", "poem"), "3.3333");
    // A work that is shared is worth the same to both.
    let pair =
        json!({ "assignment": desk.assignment(&ada, "essay").await, "emails": ["ada@example.org", "ben@example.org"] });
    assert_eq!(desk.change(&desk.admin, "formGroup", pair, "").await["problems"], json!([]));
    let grades = said(&desk).await;
    assert_eq!(of(&grades, "ada", "essay"), of(&grades, "ben", "essay"));
    desk.site.end().await;
}
