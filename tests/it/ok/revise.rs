//! Revisions, by the real client and by a script: of what was handed in, where the assignment allows them.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::{self, Answer};
use tests::okpy::Student;
use tests::site::{Plan, Site};
use tests::stories;

stories![the_real_client_revises_what_it_handed_in, of_a_group_the_last_revision_is_marked];

const COURSE: &str = "data-in-the-wild";
const ENDPOINT: &str = "data-in-the-wild/word-counts";
const OK: &str = r#"{"name": "Word counts", "endpoint": "data-in-the-wild/word-counts", "src": ["words.py"], "tests": {},
    "default_tests": [], "protocols": []}"#;

struct Campus {
    site: Site,
    admin: String,
}

async fn campus(backend: Backend) -> Campus {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    Campus { site, admin }
}

impl Campus {
    async fn student(&self, name: &str) -> String {
        self.site.enrolled(&self.admin, &format!("{name}@example.org"), COURSE, "STUDENT").await
    }

    /// Fields of the assignment.
    async fn about(&self, token: &str, fields: &str) -> Value {
        let query = format!("{{ assignment(endpoint: \"{ENDPOINT}\") {{ {fields} }} }}");
        self.site.ask(token, &query, json!({})).await["assignment"].take()
    }

    async fn update(&self, input: Value) {
        let mut input = input;
        input["assignment"] = self.about(&self.admin, "id").await["id"].take();
        let query =
            "mutation($input: UpdateAssignmentInput!) { updateAssignment(input: $input) { problems { message } } }";
        let answer = self.site.ask(&self.admin, query, json!({ "input": input })).await;
        assert_eq!(answer["updateAssignment"]["problems"], json!([]));
    }

    async fn send(&self, token: &str, door: &str, text: &str, submit: bool) -> Answer {
        let headers = [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
        let body = json!({ "assignment": ENDPOINT, "submit": submit,
            "messages": { "file_contents": { "words.py": text }, "analytics": { "time-utc": format!("2026-01-05 10:00:0{}.000001", text.len() % 10) } } });
        client::send(self.site.address, Method::POST, &format!("/api/v3/{door}"), headers, body.to_string()).await
    }

    /// The marks of revisions, of which others may have taken the place: the backup, and whether it counts.
    async fn marks(&self) -> Vec<(i64, bool)> {
        use entity::grading::score::{Column, Entity};
        use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
        let marks = Entity::find().filter(Column::Kind.eq("revision")).order_by_asc(Column::Id);
        let rows = marks.all(self.site.app.kernel.deps.db.read()).await.expect("rows");
        assert!(rows.iter().all(|row| row.value.to_string() == "2"), "{rows:?}");
        rows.iter().map(|row| (row.submission_id, row.archived_at.is_none())).collect()
    }

    /// How often somebody's work was sent, and the text of the revision of it.
    async fn revision(&self, token: &str) -> (usize, Value) {
        let found =
            self.about(token, "backups(first: 100) { nodes { id } } viewerWork { revision { files { text } } }").await;
        let count = found["backups"]["nodes"].as_array().map_or(0, Vec::len);
        (count, found["viewerWork"]["revision"]["files"][0]["text"].clone())
    }
}

async fn the_real_client_revises_what_it_handed_in(backend: Backend) {
    let campus = campus(backend).await;
    let ada = campus.student("ada").await;
    let query = "mutation { createToken(input: { name: \"ok\", scopes: [ALL] }) { token } }";
    let token =
        campus.site.ask(&ada, query, json!({})).await["createToken"]["token"].as_str().expect("a token").to_owned();
    let student = Student::at(campus.site.address);
    student.write("words.ok", OK);
    student.write("words.py", "x = 0\n");
    student.hold(&token);
    // Where they are not allowed, and where nothing is handed in, it is kept all the same.
    let printed = student.run(&["--revise"], "").await;
    assert!(printed.contains("Revisions are not enabled for data-in-the-wild/word-counts"), "{printed}");
    assert_eq!(campus.revision(&ada).await, (1, Value::Null), "the client has said it several times");
    campus.update(json!({ "revisions": true })).await;
    student.write("words.py", "x = 1\n");
    let printed = student.run(&["--revise"], "").await;
    assert!(printed.contains("No Submission to Revise"), "{printed}");
    assert!(!printed.contains("Traceback"), "{printed}");
    student.write("words.py", "x = 2\n");
    let printed = student.run(&["--submit"], "").await;
    assert!(printed.contains("Submission successful for user: ada@example.org"), "{printed}");
    let final_before = campus.about(&ada, "viewerFinal { id }").await;
    for (text, marks) in [("x = 3\n", [true].as_slice()), ("x = 4\n", &[false, true])] {
        student.write("words.py", text);
        let printed = student.run(&["--revise"], "").await;
        assert!(printed.contains("Revision successful for user: ada@example.org"), "{printed}");
        assert_eq!(campus.revision(&ada).await.1, text);
        assert_eq!(campus.marks().await.iter().map(|mark| mark.1).collect::<Vec<_>>(), marks);
    }
    assert_eq!(campus.about(&ada, "viewerFinal { id }").await, final_before, "what counts stays what was handed in");
    let bearer = Some(("authorization", format!("Bearer {}", campus.admin)));
    let path = format!("/api/v3/course/{COURSE}/grades");
    let table = client::send(campus.site.address, Method::GET, &path, bearer, "").await.json()["data"]["grades"].take();
    let table = table.as_str().expect("a table");
    assert!(table.lines().next().is_some_and(|head| head.contains("revision")), "{table}");
    let row = table.lines().find(|line| line.contains("ada@example.org")).expect("a row");
    assert!(row.split(',').any(|cell| cell.trim() == "2"), "{table}");
    campus.site.end().await;
}

async fn of_a_group_the_last_revision_is_marked(backend: Backend) {
    let campus = campus(backend).await;
    let (ada, eve) = (campus.student("ada").await, campus.student("eve").await);
    campus.update(json!({ "revisions": true, "maxGroupSize": 2 })).await;
    let nobody = campus.send("nonsense", "revision/", "x", false).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let refused = campus.send(&eve, "revision/", "one", true).await;
    assert_eq!((refused.status, &refused.json()["data"]["email"]), (StatusCode::FORBIDDEN, &json!("eve@example.org")));
    assert!(refused.json()["message"].as_str().is_some_and(|text| text.starts_with("No Submission to Revise")));
    assert_eq!(campus.about(&eve, "viewerFinal { id }").await["viewerFinal"], Value::Null, "it is never handed in");
    let group = json!({ "input": { "assignment": campus.about(&ada, "id").await["id"], "emails": ["ada@example.org", "eve@example.org"] } });
    let query = "mutation($input: FormGroupInput!) { formGroup(input: $input) { problems { message } } }";
    campus.site.ask(&campus.admin, query, group).await;
    campus.send(&ada, "backups/", "four", true).await;
    // Whoever of the group sends it, it is one revision of the work that they share.
    let first = campus.send(&ada, "revision/", "fives", false).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let second = campus.send(&eve, "revision", "sixths", false).await.json();
    assert_eq!(second["data"]["assignment"], ENDPOINT, "{second}");
    // Sent again, the one before does not take the place back.
    let again = campus.send(&ada, "revision/", "fives", false).await;
    assert_eq!((again.status, &again.json()["data"]["key"]), (StatusCode::OK, &first.json()["data"]["key"]));
    assert_eq!(campus.marks().await.iter().map(|mark| mark.1).collect::<Vec<_>>(), [false, true]);
    for token in [&ada, &eve] {
        assert_eq!(campus.revision(token).await.1, "sixths");
    }
    campus.site.end().await;
}
