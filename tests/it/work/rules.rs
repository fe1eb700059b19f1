//! Rules that are said by hand: they hold over the folder until they are given back, and for all work at once.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::{self, Answer};
use tests::stories;

use super::{COURSE, Desk, assignment, days_from_now, put, wall};

stories![
    what_is_said_by_hand_holds_until_it_is_given_back,
    another_deadline_holds_for_all_work_at_once,
    assignments_are_made_without_a_folder,
    what_is_hidden_is_seen_by_staff_and_by_who_has_begun
];

const SHOWN: &str =
    "assignment { title dueAt dueLocal lockAt attempts maxGroupSize revisions rulesByHand { rule folder } }";

impl Desk {
    async fn update(&self, token: &str, name: &str, mut said: Value) -> Value {
        said["assignment"] = self.assignment(&self.admin, name).await.into();
        self.change(token, "updateAssignment", said, SHOWN).await
    }

    async fn refused_update(&self, token: &str, name: &str, mut said: Value) -> Value {
        said["assignment"] = self.assignment(&self.admin, name).await.into();
        self.refused(token, "updateAssignment", said).await
    }

    /// What the `ok` client and scripts are told.
    async fn door(&self, token: &str, name: &str) -> Answer {
        let bearer = Some(("authorization", format!("Bearer {token}")));
        let path = format!("/api/v3/assignment/{COURSE}/{name}");
        client::send(self.site.address, Method::GET, &path, bearer, "").await
    }

    async fn post(&self, token: &str, name: &str, body: Value) -> Answer {
        let headers = [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
        let path = format!("/api/v3/assignment/{name}");
        client::send(self.site.address, Method::POST, &path, headers, body.to_string()).await
    }

    /// What was noted of an action, the newest first.
    async fn noted(&self, action: &str) -> Vec<Value> {
        let query = "{ auditLog(first: 100) { nodes { action details } } }";
        let log = self.ask(&self.admin, query, json!({})).await["auditLog"]["nodes"].take();
        let entries = log.as_array().expect("entries").iter().filter(|entry| entry["action"] == action);
        entries.map(|entry| entry["details"].clone()).collect()
    }
}

/// A time as the API shows it, without its fraction.
fn shown(at: &Value) -> &str {
    at.as_str().and_then(|at| at.split('.').next()).unwrap_or_default()
}

async fn what_is_said_by_hand_holds_until_it_is_given_back(backend: Backend) {
    let desk = Desk::new(backend).await;
    let teacher = desk.site.enrolled(&desk.admin, "tea@example.org", COURSE, "INSTRUCTOR").await;
    let helper = desk.site.enrolled(&desk.admin, "hel@example.org", COURSE, "TEACHING_ASSISTANT").await;
    let ada = desk.student("ada").await;
    let by_hand = wall(days_from_now(12.0));
    let said = json!({ "due": { "local": by_hand }, "attempts": null, "revisions": true });
    assert_eq!(desk.refused_update(&helper, "essay", said.clone()).await, "NOT_ALLOWED");
    assert_eq!(desk.refused_update(&ada, "essay", said.clone()).await, "NOT_ALLOWED");
    let folder = desk.about(&ada, "essay", "dueLocal").await["dueLocal"].take();
    let now = desk.update(&teacher, "essay", said).await["assignment"].take();
    assert_eq!(
        (shown(&now["dueAt"]), &now["attempts"], &now["revisions"]),
        (by_hand.as_str(), &Value::Null, &json!(true))
    );
    let rules = |folder: &Value| {
        json!([
            { "rule": "DUE", "folder": folder },
            { "rule": "ATTEMPTS", "folder": "3" },
            { "rule": "REVISIONS", "folder": "no" },
        ])
    };
    assert_eq!(now["rulesByHand"], rules(&folder));
    assert_eq!(desk.about(&ada, "essay", "rulesByHand { rule }").await["rulesByHand"], json!([]), "that is for staff");
    // The folder says something else now: of what is said by hand that is kept in mind, the rest holds.
    let later = days_from_now(20.0);
    let text = assignment("Essay, anew", later, "attempts: 5\nmax_group_size: 2");
    put(desk.content.path(), "assignments/essay/assignment.yml", text);
    desk.site.sync(&desk.admin).await;
    let fields = "title dueAt attempts maxGroupSize revisions rulesByHand { rule folder }";
    let now = desk.about(&teacher, "essay", fields).await;
    assert_eq!((shown(&now["dueAt"]), &now["attempts"]), (by_hand.as_str(), &Value::Null), "{now}");
    assert_eq!((&now["title"], &now["maxGroupSize"]), (&json!("Essay, anew"), &json!(2)));
    assert_eq!(now["rulesByHand"][1], json!({ "rule": "ATTEMPTS", "folder": "5" }));
    // Given back, it is what the folder says by now.
    let now = desk.update(&teacher, "essay", json!({ "giveBack": ["DUE", "ATTEMPTS"] })).await["assignment"].take();
    assert_eq!((shown(&now["dueAt"]), &now["attempts"]), (wall(later).as_str(), &json!(5)));
    assert_eq!(now["rulesByHand"], json!([{ "rule": "REVISIONS", "folder": "no" }]));
    desk.update(&teacher, "essay", json!({ "giveBack": ["REVISIONS"] })).await;
    let text = assignment("Essay, again", later, "");
    put(desk.content.path(), "assignments/essay/assignment.yml", text);
    desk.site.sync(&desk.admin).await;
    let now = desk.about(&teacher, "essay", fields).await;
    assert_eq!(
        (&now["title"], &now["attempts"], &now["rulesByHand"]),
        (&json!("Essay, again"), &Value::Null, &json!([]))
    );
    for (said, code) in [
        (json!({ "due": { "local": "soon" } }), "BAD_TIME"),
        (json!({ "lock": { "local": "2020-01-01T00:00:00" } }), "BAD_TIME"),
        (json!({ "maxGroupSize": 0 }), "BAD_VALUE"),
        (json!({ "attempts": 0 }), "BAD_VALUE"),
        (json!({ "title": " " }), "BAD_VALUE"),
        (json!({ "url": "javascript:alert(1)" }), "BAD_VALUE"),
        (json!({ "latePolicy": { "percentPerDay": "101", "of": "EARNED" } }), "BAD_VALUE"),
    ] {
        assert_eq!(desk.refused_update(&teacher, "essay", said.clone()).await, code, "{said}");
    }
    let noted = desk.noted("assignment.changed").await;
    assert_eq!(noted.len(), 3, "{noted:?}");
    assert_eq!(noted[2]["rules"]["attempts"], json!({ "before": "3", "now": "no limit" }));
    desk.site.end().await;
}

async fn another_deadline_holds_for_all_work_at_once(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, eve) = (desk.student("ada").await, desk.student("eve").await);
    let course = desk.ask(&desk.admin, "{ course(key: \"writing\") { id } }", json!({})).await["course"]["id"].take();
    let query = "subscription($course: ID!) { courseActivity(course: $course) { kind } }";
    let mut activity = desk.site.follow(&desk.admin, query, json!({ "course": course })).await;
    let work = desk.handed_in(&ada, "poem", "def add(a, b):\n    return a + b\n").await;
    while activity.next().await["data"]["courseActivity"]["kind"] != "score.stored" {}
    let grade = "viewerWork { grade { earned daysLate points } } viewerSubmissions { nodes { lateness } } viewerDeadline { dueAt }";
    let before = desk.about(&ada, "poem", grade).await;
    assert_eq!(
        (&before["viewerWork"]["grade"]["daysLate"], &before["viewerWork"]["grade"]["points"]),
        (&json!(2), &json!("9"))
    );
    let late = "submissions(filter: { isLate: true }) { nodes { id } }";
    assert_eq!(desk.about(&desk.admin, "poem", late).await["submissions"]["nodes"][0]["id"], json!(work));
    // A week more for everybody: nothing is late any more, whoever looks.
    let due = days_from_now(6.0);
    desk.update(&desk.admin, "poem", json!({ "due": { "at": due } })).await;
    while activity.next().await["data"]["courseActivity"]["kind"] != "assignment.changed" {}
    let now = desk.about(&ada, "poem", grade).await;
    assert_eq!(now["viewerWork"]["grade"], json!({ "earned": "10", "daysLate": 0, "points": "10" }));
    assert_eq!(now["viewerSubmissions"]["nodes"][0]["lateness"], 0.0);
    assert_eq!(desk.about(&desk.admin, "poem", late).await["submissions"]["nodes"], json!([]));
    assert_eq!(desk.door(&ada, "poem").await.json()["data"]["due_date"], wall(due));
    // What was closed is open, and closes again.
    assert_eq!(desk.submit(&eve, "letter", "# 1").await["problems"][0]["code"], "LOCKED");
    desk.update(&desk.admin, "letter", json!({ "lock": null })).await;
    desk.handed_in(&eve, "letter", "# 2").await;
    desk.update(&desk.admin, "letter", json!({ "giveBack": ["LOCK"] })).await;
    assert_eq!(desk.submit(&eve, "letter", "# 3").await["problems"][0]["code"], "LOCKED");
    // Who was given more time keeps it.
    let extension = json!({ "assignment": desk.assignment(&ada, "letter").await, "email": "ada@example.org", "until": { "days": 30 }, "reason": "ill" });
    desk.change(&desk.admin, "grantExtension", extension, "").await;
    let mine = desk.about(&ada, "letter", "viewerDeadline { dueAt isExtended }").await["viewerDeadline"].take();
    desk.update(&desk.admin, "letter", json!({ "due": { "at": days_from_now(-15.0) } })).await;
    let now = desk.about(&ada, "letter", "viewerDeadline { dueAt isExtended }").await["viewerDeadline"].take();
    assert_eq!(now, mine);
    desk.site.end().await;
}

async fn assignments_are_made_without_a_folder(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let gra = desk.site.enrolled(&desk.admin, "gra@example.org", COURSE, "GRADER").await;
    let teacher = desk.site.enrolled(&desk.admin, "tea@example.org", COURSE, "INSTRUCTOR").await;
    let (due, lock) = (wall(days_from_now(5.0)), wall(days_from_now(8.0)));
    let body = json!({ "display_name": "Poster", "due_date": due, "lock_date": lock, "max_group_size": 2, "revisions_allowed": true,
        "url": "https://example.org/poster", "autograding_key": "abc", "upload_info": "A PDF." });
    assert_eq!(desk.post(&gra, "writing/poster", body.clone()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(desk.post(&ada, "writing/poster", body.clone()).await.status, StatusCode::FORBIDDEN);
    for (name, left_out, status) in [
        ("writing/poster", "due_date", 400),
        ("writing/poster", "lock_date", 400),
        ("writing/poster", "display_name", 400),
        ("nowhere/poster", "", 403),
        ("writing/po%20ster", "", 400),
    ] {
        let mut body = body.clone();
        body.as_object_mut().expect("an object").remove(left_out);
        let answer = desk.post(&teacher, name, body).await;
        assert_eq!(answer.status.as_u16(), status, "{name} without {left_out}: {}", answer.text());
    }
    let made = desk.post(&teacher, "writing/poster", body.clone()).await;
    let told = made.json();
    assert_eq!((made.status, &told["message"]), (StatusCode::OK, &json!("success")), "{told}");
    let seen = desk.door(&ada, "poster").await.json()["data"].take();
    for (name, value) in [
        ("display_name", json!("Poster")),
        ("due_date", json!(due)),
        ("lock_date", json!(lock)),
        ("max_group_size", json!(2)),
        ("url", json!("https://example.org/poster")),
        ("files", json!({})),
        ("revisions_allowed", json!(true)),
        ("autograding_key", Value::Null),
    ] {
        assert_eq!(seen[name], value, "{name}");
    }
    assert_eq!(desk.door(&teacher, "poster").await.json()["data"]["autograding_key"], "abc", "for staff");
    // It is handed in with any files, and nothing is run.
    let work = desk.handed_in(&ada, "poster", "# 1").await;
    let query =
        "query($id: ID!) { node(id: $id) { ... on Submission { isFinal runs { nodes { id } } files { name } } } }";
    let found = desk.ask(&ada, query, json!({ "id": work })).await["node"].take();
    assert_eq!(found, json!({ "isFinal": true, "runs": { "nodes": [] }, "files": [{ "name": "main.py" }] }));
    // The same name again changes it; what is left out stays.
    let later = wall(days_from_now(6.0));
    let again = json!({ "display_name": "Poster", "due_date": later, "lock_date": lock, "uploads_enabled": "false" });
    let now = desk.post(&teacher, "writing/poster", again).await.json()["data"].take();
    assert_eq!((&now["due_date"], &now["max_group_size"]), (&json!(later), &json!(2)), "{now}");
    assert_eq!(desk.submit(&ada, "poster", "# 2").await["problems"][0]["code"], "UPLOADS_CLOSED");
    let rules = desk.about(&teacher, "poster", "isFromFolder rulesByHand { rule folder }").await;
    assert_eq!((&rules["isFromFolder"], &rules["rulesByHand"][0]["folder"]), (&json!(false), &Value::Null), "{rules}");
    assert_eq!(desk.refused_update(&teacher, "poster", json!({ "giveBack": ["DUE"] })).await, "NO_FOLDER");
    // A folder of the same name brings the rest; what was said by hand holds.
    let text = assignment("Poster with tests", days_from_now(9.0), "attempts: 4");
    put(desk.content.path(), "assignments/poster/assignment.yml", text);
    desk.site.sync(&desk.admin).await;
    let fields = "title dueAt attempts isFromFolder tests { name } rulesByHand { rule folder }";
    let now = desk.about(&teacher, "poster", fields).await;
    assert_eq!((&now["title"], shown(&now["dueAt"])), (&json!("Poster"), later.as_str()), "{now}");
    assert_eq!((&now["attempts"], &now["tests"][0]["name"]), (&json!(4), &json!("adds")));
    assert_eq!(now["rulesByHand"][0], json!({ "rule": "TITLE", "folder": "Poster with tests" }));
    assert_eq!((desk.noted("assignment.created").await.len(), desk.noted("assignment.changed").await.len()), (1, 1));
    desk.site.end().await;
}

async fn what_is_hidden_is_seen_by_staff_and_by_who_has_begun(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, eve) = (desk.student("ada").await, desk.student("eve").await);
    let helper = desk.site.enrolled(&desk.admin, "lab@example.org", COURSE, "LAB_ASSISTANT").await;
    let work = desk.handed_in(&ada, "essay", "# 1").await;
    desk.update(&desk.admin, "essay", json!({ "isVisible": false })).await;
    let listed = "{ course(key: \"writing\") { assignments { nodes { endpoint } } } }";
    for (token, seen) in [(&eve, false), (&ada, true), (&helper, true), (&desk.admin, true)] {
        let found = desk.about(token, "essay", "id isVisible").await;
        assert_eq!(found["isVisible"] == false, seen, "{found}");
        let list = desk.ask(token, listed, json!({})).await["course"]["assignments"]["nodes"].take();
        let names = list.as_array().expect("a list").iter().filter(|it| it["endpoint"] == "writing/essay");
        assert_eq!(names.count(), usize::from(seen));
        assert_eq!(desk.door(token, "essay").await.status == StatusCode::OK, seen);
    }
    let public = client::send(desk.site.address, Method::GET, "/api/v3/course/writing/assignments", None, "").await;
    assert!(!public.text().contains("writing/essay"));
    let query = "query($id: ID!) { node(id: $id) { ... on Submission { assignment { title } } } }";
    assert_eq!(desk.ask(&ada, query, json!({ "id": work })).await["node"]["assignment"]["title"], "essay");
    desk.update(&desk.admin, "essay", json!({ "isVisible": true })).await;
    assert!(desk.about(&eve, "essay", "id").await["id"].is_string());
    desk.site.end().await;
}
