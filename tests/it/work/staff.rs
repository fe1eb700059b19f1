//! What staff asks: how the students stand, what one of them did, how an assignment goes, and what a backup would have done.

use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::JOB;
use tests::stories;

use super::{COURSE, Desk, days_from_now};

stories![
    staff_sees_how_the_students_stand,
    who_is_stuck_is_told_by_their_tries,
    a_history_has_everything_in_the_order_of_time,
    staff_tries_a_backup_and_nobody_hears_of_it,
    an_assignment_is_told_in_numbers
];

const GOOD: &str = "def add(a, b):\n    return a + b\n";
const BAD: &str = "def add(a, b):\n    return a - b\n";

impl Desk {
    async fn grader(&self) -> String {
        self.site.enrolled(&self.admin, "gra@example.org", COURSE, "GRADER").await
    }

    /// The addresses of the students who stand so.
    async fn who(&self, token: &str, name: &str, standing: &str) -> Vec<String> {
        let assignment = self.assignment(&self.admin, name).await;
        let query = format!(
            "{{ course(key: \"{COURSE}\") {{ enrollments(filter: {{ standing: {standing}, assignment: \"{assignment}\" }}, first: 100) {{ \
             nodes {{ user {{ email }} }} }} }} }}"
        );
        let found = self.ask(token, &query, json!({})).await["course"]["enrollments"]["nodes"].take();
        let email = |row: &Value| row["user"]["email"].as_str().expect("an address").replace("@example.org", "");
        let mut names: Vec<String> = found.as_array().expect("a list").iter().map(email).collect();
        names.sort();
        names
    }

    /// Whose work stands so.
    async fn works(&self, token: &str, name: &str, standing: &str) -> Vec<String> {
        let fields =
            format!("works(filter: {{ standing: {standing} }}, first: 100) {{ nodes {{ owner {{ email }} }} }}");
        let found = self.about(token, name, &fields).await["works"]["nodes"].take();
        let email = |row: &Value| row["owner"]["email"].as_str().expect("an address").replace("@example.org", "");
        let mut names: Vec<String> = found.as_array().expect("a list").iter().map(email).collect();
        names.sort();
        names
    }

    async fn save(&self, token: &str, name: &str, text: &str) -> String {
        let files = json!([{ "name": "main.py", "text": text }]);
        let input = json!({ "assignment": self.assignment(token, name).await, "files": files, "idempotencyKey": text });
        let saved = self.change(token, "saveBackup", input, "backup { id }").await;
        saved["backup"]["id"].as_str().unwrap_or_else(|| panic!("not kept: {saved}")).to_owned()
    }

    /// Hands in, and waits until it is scored.
    async fn graded(&self, token: &str, name: &str, text: &str) -> String {
        let answer = self.submit(token, name, text).await;
        let job = answer["job"]["id"].clone();
        self.done(token, &job).await;
        answer["submission"]["id"].as_str().unwrap_or_else(|| panic!("not handed in: {answer}")).to_owned()
    }

    /// Waits until a job has ended.
    async fn done(&self, token: &str, job: &Value) {
        let mut events = self.site.follow(token, JOB, json!({ "id": job })).await;
        while let Said::Next(_) = events.said().await {}
    }

    /// A number of the database.
    async fn number(&self, text: &str) -> i64 {
        let db = self.site.app.kernel.deps.db.read();
        let statement = Statement::from_string(db.get_database_backend(), text);
        let row = db.query_one_raw(statement).await.expect("an answer").expect("a row");
        row.try_get_by_index(0).expect("a number")
    }
}

async fn staff_sees_how_the_students_stand(backend: Backend) {
    let desk = Desk::new(backend).await;
    let gra = desk.grader().await;
    for name in ["abe", "bea"] {
        desk.student(name).await;
    }
    let (cyd, dan, eve, fay) =
        (desk.student("cyd").await, desk.student("dan").await, desk.student("eve").await, desk.student("fay").await);
    desk.save(&cyd, "poem", "# 1").await;
    desk.handed_in(&dan, "poem", "# 1").await;
    desk.handed_in(&eve, "poem", "# 1").await;
    let poem = desk.assignment(&cyd, "poem").await;
    for email in ["eve@example.org", "bea@example.org"] {
        let time = json!({ "assignment": poem, "email": email, "until": { "days": 9 }, "reason": "ill" });
        desk.change(&desk.admin, "grantExtension", time, "").await;
    }
    // Fay shares the work of somebody who has handed in.
    let essay = desk.assignment(&cyd, "essay").await;
    let pair = json!({ "assignment": essay, "emails": ["dan@example.org", "fay@example.org"] });
    desk.change(&desk.admin, "formGroup", pair, "").await;
    desk.handed_in(&dan, "essay", "# 1").await;
    let told = [
        ("NOT_BEGUN", vec!["abe", "bea", "fay"]),
        ("STARTED", vec!["cyd"]),
        ("SUBMITTED", vec!["dan", "eve"]),
        ("LATE", vec!["dan"]),
        ("OVERDUE", vec!["abe", "cyd", "fay"]),
        ("STUCK", vec![]),
    ];
    for (standing, names) in &told {
        assert_eq!(desk.who(&gra, "poem", standing).await, *names, "{standing}");
        assert_eq!(
            desk.who(&fay, "poem", standing).await,
            Vec::<String>::new(),
            "{standing}, of no student's business"
        );
        let begun: Vec<&str> = names.iter().copied().filter(|name| ["cyd", "dan", "eve"].contains(name)).collect();
        let shown = desk.works(&gra, "poem", standing).await;
        let shown: Vec<&String> = shown.iter().filter(|name| *name != "bea").collect();
        assert_eq!(shown, begun, "{standing}");
        assert_eq!(desk.works(&dan, "poem", standing).await, Vec::<String>::new(), "{standing}");
    }
    assert_eq!(desk.who(&gra, "essay", "SUBMITTED").await, ["dan", "fay"]);
    let counts = "standings { students notBegun started submitted late overdue stuck }";
    let expected =
        json!({ "students": 6, "notBegun": 3, "started": 1, "submitted": 2, "late": 1, "overdue": 3, "stuck": 0 });
    assert_eq!(desk.about(&gra, "poem", counts).await["standings"], expected);
    assert_eq!(desk.about(&fay, "poem", counts).await["standings"], Value::Null);
    // A later deadline, and nobody is late.
    let input = json!({ "assignment": poem, "due": { "at": days_from_now(1.0) } });
    desk.change(&desk.admin, "updateAssignment", input, "").await;
    let now = desk.about(&gra, "poem", counts).await["standings"].take();
    assert_eq!((&now["late"], &now["overdue"], &now["notBegun"]), (&json!(0), &json!(0), &json!(3)));
    // Standings are of the course's own assignments.
    let query = "query($filter: EnrollmentFilter) { course(key: \"writing\") { enrollments(filter: $filter) { nodes { id } } } }";
    let filter = json!({ "filter": { "standing": "NOT_BEGUN" } });
    let answer = desk.site.post(Some(&gra), query, filter).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{answer}");
    desk.site.end().await;
}

async fn who_is_stuck_is_told_by_their_tries(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (gra, ada) = (desk.grader().await, desk.student("ada").await);
    let stuck = "works { nodes { stuckOn { test tries since triedAt } } }";
    for (minute, passed) in [(0, 1), (6, 1), (12, 0), (18, 1)] {
        try_at(&desk, &ada, minute, Some(passed)).await;
    }
    assert_eq!(desk.who(&gra, "essay", "STUCK").await, Vec::<String>::new(), "four tries are not many");
    try_at(&desk, &ada, 24, Some(1)).await;
    assert_eq!(desk.who(&gra, "essay", "STUCK").await, ["ada"]);
    assert_eq!(desk.works(&gra, "essay", "STUCK").await, ["ada"]);
    assert_eq!(desk.about(&gra, "essay", "standings { stuck }").await["standings"]["stuck"], 1);
    let found = desk.about(&gra, "essay", stuck).await["works"]["nodes"][0]["stuckOn"].take();
    assert_eq!((&found["test"], &found["tries"]), (&json!("q1"), &json!(5)), "{found}");
    assert_eq!(
        (&found["since"], &found["triedAt"]),
        (&json!("2026-01-05T10:00:00.000001Z"), &json!("2026-01-05T10:24:00.000001Z"))
    );
    assert_eq!(
        desk.about(&ada, "essay", stuck).await["works"]["nodes"][0]["stuckOn"],
        Value::Null,
        "that is for staff"
    );
    // What was done before and comes now changes nothing; progress does.
    try_at(&desk, &ada, 20, None).await;
    assert_eq!(desk.who(&gra, "essay", "STUCK").await, ["ada"]);
    try_at(&desk, &ada, 30, Some(2)).await;
    assert_eq!(desk.who(&gra, "essay", "STUCK").await, Vec::<String>::new());
    // What is handed in is tried by the site, once.
    for number in 0..3 {
        desk.graded(&ada, "essay", &format!("{BAD}# {number}")).await;
    }
    assert_eq!(desk.number("SELECT CAST(failing_tries AS BIGINT) FROM work").await, 3);
    desk.site.end().await;
}

/// The client runs its tests and sends a backup, by its clock at ten and so many minutes: so much of the first test passes, or all.
async fn try_at(desk: &Desk, token: &str, minute: u32, passed: Option<u32>) {
    let body = json!({
        "assignment": format!("{COURSE}/essay"), "submit": false,
        "messages": {
            "file_contents": { "main.py": format!("# {minute}") },
            "analytics": { "time-utc": format!("2026-01-05 10:{minute:02}:00.000001") },
            "grading": { "q1": { "passed": passed.unwrap_or(3), "failed": u32::from(passed.is_some()), "locked": 0 } },
        },
    });
    let headers = [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
    let address = desk.site.address;
    let sent = tests::client::send(address, hyper::Method::POST, "/api/v3/backups/", headers, body.to_string()).await;
    assert_eq!(sent.status, hyper::StatusCode::OK, "{}", sent.text());
}

async fn a_history_has_everything_in_the_order_of_time(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (gra, ada, eve) = (desk.grader().await, desk.student("ada").await, desk.student("eve").await);
    desk.save(&ada, "poem", "# 0").await;
    let first = desk.graded(&ada, "essay", BAD).await;
    let second = desk.graded(&ada, "essay", GOOD).await;
    desk.graded(&eve, "essay", GOOD).await;
    let wish =
        json!({ "assignment": desk.assignment(&ada, "letter").await, "until": { "days": 5 }, "reason": "I was ill." });
    desk.change(&ada, "requestExtension", wish, "").await;
    desk.change(&gra, "score", json!({ "submission": first, "kind": "style", "value": "3" }), "").await;
    desk.change(&ada, "flagSubmission", json!({ "submission": first }), "").await;
    let one = "kind at assignment { endpoint } backup { id } submission { id } run { verdict } score { kind value } extension { reason }";
    let whole = page(&desk, &gra, "ada", one, 100, None).await;
    let nodes = whole["nodes"].as_array().expect("entries").clone();
    let kinds: Vec<&str> = nodes.iter().map(|entry| entry["kind"].as_str().expect("a kind")).collect();
    let count = |kind: &str| kinds.iter().filter(|found| **found == kind).count();
    let counts = ["BACKUP", "SUBMISSION", "RUN", "SCORE", "EXTENSION", "CHOICE"].map(count);
    assert_eq!(counts, [3, 2, 2, 3, 1, 1], "{kinds:?}");
    assert_eq!((kinds[0], &nodes[0]["assignment"]["endpoint"]), ("BACKUP", &json!("writing/poem")));
    assert_eq!(kinds[1..4], ["BACKUP", "SUBMISSION", "RUN"], "what happens at once has an order, too");
    assert!(nodes.is_sorted_by_key(|entry| entry["at"].as_str().expect("a time").to_owned()));
    let last = nodes.last().expect("an entry");
    assert_eq!((&last["kind"], &last["submission"]["id"]), (&json!("CHOICE"), &json!(first)), "{last}");
    let runs: Vec<&Value> =
        nodes.iter().filter(|entry| entry["kind"] == "RUN").map(|entry| &entry["run"]["verdict"]).collect();
    assert_eq!(runs, ["FAILED", "PASSED"]);
    assert!(nodes.iter().any(|entry| entry["submission"]["id"] == second.as_str()));
    // Page by page it is the same.
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let mut some = page(&desk, &gra, "ada", one, 5, after).await;
        paged.extend(some["nodes"].as_array().expect("entries").clone());
        if some["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = Some(some["pageInfo"]["endCursor"].take());
    }
    assert_eq!(paged, nodes);
    // It is for those who review work, not for the students.
    assert_eq!(page(&desk, &ada, "ada", "kind", 100, None).await["nodes"], json!([]));
    desk.site.end().await;
}

/// Of somebody's history: the entries behind a cursor.
async fn page(desk: &Desk, token: &str, name: &str, one: &str, first: u32, after: Option<Value>) -> Value {
    let people = "{ course(key: \"writing\") { enrollments(first: 100) { nodes { id user { email } } } } }";
    let people = desk.ask(&desk.admin, people, json!({})).await["course"]["enrollments"]["nodes"].take();
    let email = format!("{name}@example.org");
    let person = people.as_array().expect("people").iter().find(|row| row["user"]["email"] == email.as_str());
    let query = format!(
        "query($id: ID!, $first: Int, $after: String) {{ node(id: $id) {{ ... on Enrollment {{ history(first: $first, after: $after) {{ \
         nodes {{ {one} }} pageInfo {{ hasNextPage endCursor }} }} }} }} }}"
    );
    let variables = json!({ "id": person.expect("a person")["id"], "first": first, "after": after });
    desk.ask(token, &query, variables).await["node"]["history"].take()
}

async fn staff_tries_a_backup_and_nobody_hears_of_it(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (gra, ada, eve) = (desk.grader().await, desk.student("ada").await, desk.student("eve").await);
    let helper = desk.site.enrolled(&desk.admin, "lab@example.org", COURSE, "LAB_ASSISTANT").await;
    let old = desk.save(&ada, "essay", GOOD).await;
    desk.graded(&ada, "essay", BAD).await;
    let everything = "viewerWork { submissionCount attemptsLeft finalReason final { id scores { id value } runs { nodes { id } } } grade { points } } \
         backups { nodes { id runs { nodes { id } } submission { id } } }";
    let before = desk.about(&ada, "essay", everything).await;
    let letters = desk.ask(&ada, "{ viewer { letters { nodes { id } } } }", json!({})).await;
    let told = "SELECT count(*) FROM event WHERE stream LIKE 'course%'";
    let course = desk.number(told).await;
    for (token, code) in [(&ada, "NOT_ALLOWED"), (&eve, "BACKUP_UNKNOWN"), (&helper, "BACKUP_UNKNOWN")] {
        assert_eq!(desk.refused(token, "runBackup", json!({ "backup": old })).await, code);
    }
    let none = json!({ "backup": old, "tests": ["subtracts"] });
    assert_eq!(desk.refused(&gra, "runBackup", none).await, "TEST_UNKNOWN");
    let answer =
        desk.change(&gra, "runBackup", json!({ "backup": old, "tests": ["adds"] }), "run { id } job { id }").await;
    let (run, job) = (answer["run"]["id"].clone(), answer["job"]["id"].clone());
    desk.done(&gra, &job).await;
    let query = "query($id: ID!) { node(id: $id) { ... on Run { verdict earned submission { id } backup { id } tests { name passed } } } }";
    let tried = desk.ask(&gra, query, json!({ "id": run })).await["node"].take();
    let expected = json!({ "verdict": "PASSED", "earned": "10", "submission": null, "backup": { "id": old }, "tests": [{ "name": "adds", "passed": true }] });
    assert_eq!(tried, expected);
    let list = "query($id: ID!) { node(id: $id) { ... on Backup { runs { nodes { id } } } } }";
    let shown = desk.ask(&gra, list, json!({ "id": old })).await["node"]["runs"]["nodes"].take();
    assert_eq!(shown, json!([{ "id": run }]));
    // Whose work it is finds everything as it was.
    assert_eq!(desk.about(&ada, "essay", everything).await, before);
    assert_eq!(desk.ask(&ada, "{ viewer { letters { nodes { id } } } }", json!({})).await, letters);
    for token in [&ada, &eve, &helper] {
        for id in [&run, &job] {
            let query = "query($id: ID!) { node(id: $id) { id } }";
            assert_eq!(desk.ask(token, query, json!({ "id": id })).await["node"], Value::Null);
        }
    }
    assert_eq!(desk.number(told).await, course, "nor is the course told");
    // Who does not review work any more does not see it either.
    let input = json!({ "email": "gra@example.org", "course": COURSE, "role": "STUDENT" });
    desk.change(&desk.admin, "enroll", input, "").await;
    assert_eq!(
        desk.ask(&gra, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": run })).await["node"],
        Value::Null
    );
    desk.site.end().await;
}

async fn an_assignment_is_told_in_numbers(backend: Backend) {
    let desk = Desk::new(backend).await;
    let gra = desk.grader().await;
    let numbers = "statistics { works unscored verdicts { verdict count } maximum distribution { lowest highest count } medianPoints \
         medianAttempts failedTests { name failed of } }";
    let empty = desk.about(&gra, "essay", numbers).await["statistics"].take();
    assert_eq!((&empty["works"], &empty["medianAttempts"]), (&json!(0), &Value::Null), "{empty}");
    let (ada, ben, eve) = (desk.student("ada").await, desk.student("ben").await, desk.student("eve").await);
    // Two share their work, and count once.
    let pair =
        json!({ "assignment": desk.assignment(&ada, "essay").await, "emails": ["ada@example.org", "ben@example.org"] });
    desk.change(&desk.admin, "formGroup", pair, "").await;
    desk.graded(&ada, "essay", BAD).await;
    desk.graded(&ben, "essay", GOOD).await;
    desk.graded(&eve, "essay", BAD).await;
    let found = desk.about(&gra, "essay", numbers).await["statistics"].take();
    assert_eq!(
        (&found["works"], &found["unscored"], &found["maximum"]),
        (&json!(2), &json!(0), &json!("10")),
        "{found}"
    );
    let mut verdicts = found["verdicts"].as_array().expect("verdicts").clone();
    verdicts.sort_by_key(|verdict| verdict["verdict"].to_string());
    assert_eq!(json!(verdicts), json!([{ "verdict": "FAILED", "count": 1 }, { "verdict": "PASSED", "count": 1 }]));
    assert_eq!((&found["medianPoints"], &found["medianAttempts"]), (&json!("5"), &json!(1.5)));
    assert_eq!(found["failedTests"], json!([{ "name": "adds", "failed": 1, "of": 2 }]));
    let parts = found["distribution"].as_array().expect("parts");
    assert_eq!((parts.len(), &parts[0]), (10, &json!({ "lowest": "0", "highest": "1", "count": 1 })));
    assert_eq!(parts[9], json!({ "lowest": "9", "highest": "10", "count": 1 }));
    assert_eq!(desk.about(&eve, "essay", numbers).await["statistics"], Value::Null);
    desk.site.end().await;
}
