//! A roster comes as a table: each row for itself, once, and by right only.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use server::config::Limits;
use tests::backend::Backend;
use tests::mailbox::{self, letter};
use tests::site::{LIMITS, Plan, Site};
use tests::stories;

use super::{COURSE, account, campus, change, get, log, outcomes, problem};
use crate::keeping::program::{done, refused, run};

stories![
    each_row_of_a_table_is_taken_for_itself,
    a_roster_is_imported_once_under_its_key,
    ten_thousand_people_are_enrolled_at_once,
    what_a_roster_says_is_for_its_staff_and_oneself,
    an_operator_imports_and_exports_a_roster
];

const ROWS: &str = "rows { line outcome message } changed refused ignoredColumns";

async fn import(site: &Site, token: &str, csv: &str, more: Value) -> Value {
    let mut input = json!({ "course": COURSE, "csv": csv });
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    change(site, token, "importRoster", input, ROWS).await
}

/// The roster as its staff sees it: address, role, student number, class account, lab section.
async fn roster(site: &Site, token: &str) -> Vec<[Value; 5]> {
    let query = "query($course: String!) { course(key: $course) { enrollments(first: 100) { nodes { \
         user { email } role studentNumber classAccount labSection } } } }";
    let mut answer = site.ask(token, query, json!({ "course": COURSE })).await;
    let nodes = answer["course"]["enrollments"]["nodes"].take();
    let row = |node: &Value| {
        [&node["user"]["email"], &node["role"], &node["studentNumber"], &node["classAccount"], &node["labSection"]]
            .map(Value::clone)
    };
    nodes.as_array().expect("a list").iter().map(row).collect()
}

async fn each_row_of_a_table_is_taken_for_itself(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let teacher = site.enrolled(&admin, "tea@example.org", COURSE, "INSTRUCTOR").await;
    let transfer = json!({ "course": COURSE, "email": "tea@example.org" });
    change(&site, &admin, "transferCourse", transfer, "transferred").await;
    site.enrolled(&admin, "ada@example.org", COURSE, "STUDENT").await;
    account(&site, &admin, "ben@example.org").await;
    let csv = "\u{feff}E-Mail;Full name;SID;Class Account;Section;Role;Shoe size\r\n\
         ada@example.org;;4711;cs-aa;A1;;42\r\n\
         Ben@Example.org;\"Ben, the\n second\";;;;\r\n\
         ben@example.org;Ben;;;A2;Student;\r\n\
         new@example.org;\"New; Person\";17;;\"A2\";student;\r\n\
         new@example.org;Again;;;;;\r\n\
         nobody;Nobody;;;;;\r\n\
         king@example.org;King;;;;king;\r\n\
         tea@example.org;;;;;student;\r\n\
         wide@example.org;Wide;;;;;;too much\r\n\
         ta@example.org;Tia;;;;TA;\r\n";
    let wanted = [
        (2, "CHANGED"),
        // The name of somebody who has an account does not count, but it must be one.
        (3, "NAME_INVALID"),
        (5, "ENROLLED"),
        (6, "INVITED"),
        (7, "REPEATED"),
        (8, "EMAIL_INVALID"),
        (9, "ROLE_UNKNOWN"),
        (10, "OWNER"),
        (11, "MALFORMED"),
        (12, "INVITED"),
    ]
    .map(|(line, outcome)| (line, outcome.to_owned()));
    // Whatever is tried changes nothing.
    let before = roster(&site, &teacher).await;
    let tried = import(&site, &teacher, csv, json!({ "dryRun": true })).await;
    assert_eq!(outcomes(&tried), wanted);
    assert_eq!((&tried["changed"], &tried["refused"]), (&json!(4), &json!(6)), "{tried}");
    assert_eq!(tried["ignoredColumns"], json!(["Shoe size"]));
    assert_eq!(roster(&site, &teacher).await, before);
    assert_eq!(mailbox::count(&site, "new@example.org").await, 0);
    let imported = import(&site, &teacher, csv, json!({})).await;
    assert_eq!(outcomes(&imported), wanted);
    let there = roster(&site, &teacher).await;
    let row = |email: &str| there.iter().find(|row| row[0] == email).cloned().map(|[_, rest @ ..]| rest);
    assert_eq!(row("ada@example.org"), Some(["STUDENT", "4711", "cs-aa", "A1"].map(Value::from)));
    assert_eq!(row("tea@example.org").map(|row| row[0].clone()), Some(json!("INSTRUCTOR")));
    assert_eq!(row("ta@example.org").map(|row| row[0].clone()), Some(json!("TEACHING_ASSISTANT")));
    assert_eq!(row("king@example.org"), None);
    // Who had no account makes it theirs by the letter, and is there.
    let code = letter(&site, "new@example.org", "invite", 0).await.code();
    let accept = json!({ "code": code, "password": tests::site::PASSWORD });
    let accepted = change(&site, &admin, "acceptInvitation", accept, "user { name }").await;
    assert_eq!(accepted["user"]["name"], "New; Person", "{accepted}");
    let new = site.sign_in("new@example.org").await;
    let query = "{ course(key: \"data-in-the-wild\") { viewerEnrollment { role labSection studentNumber } } }";
    let own = site.ask(&new, query, json!({})).await["course"]["viewerEnrollment"].take();
    assert_eq!(own, json!({ "role": "STUDENT", "labSection": "A2", "studentNumber": "17" }));
    // The same again changes nothing; what no column says stays.
    let again = import(&site, &teacher, "email,section\nada@example.org,A1\nnew@example.org,\n", json!({})).await;
    assert_eq!(outcomes(&again), [(2, "UNCHANGED".to_owned()), (3, "CHANGED".to_owned())]);
    let there = roster(&site, &teacher).await;
    let new = there.iter().find(|row| row[0] == "new@example.org").expect("they are there");
    assert_eq!((&new[2], &new[4]), (&json!("17"), &Value::Null));
    let actions = log(&site, &admin).await;
    for action in ["enrollment.created", "enrollment.changed", "user.invited"] {
        assert!(actions.iter().any(|noted| noted == action), "{action}: {actions:?}");
    }
    site.end().await;
}

async fn a_roster_is_imported_once_under_its_key(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let teacher = site.enrolled(&admin, "tea@example.org", COURSE, "INSTRUCTOR").await;
    let (table, key) = ("email\nnew@example.org\n", json!({ "idempotencyKey": "monday" }));
    // Of those that come at once, one is done, and all are answered with what it led to.
    let (one, other) =
        tokio::join!(import(&site, &teacher, table, key.clone()), import(&site, &teacher, table, key.clone()));
    for answer in [one, other, import(&site, &teacher, table, key.clone()).await] {
        assert_eq!(outcomes(&answer), [(2, "INVITED".to_owned())]);
    }
    letter(&site, "new@example.org", "invite", 0).await;
    assert_eq!(mailbox::count(&site, "new@example.org").await, 1);
    let reused = import(&site, &teacher, "email\nelse@example.org\n", key.clone()).await;
    assert_eq!(problem(&reused), "KEY_REUSED");
    // Somebody else's key is another one.
    let others = import(&site, &admin, "email\nelse@example.org\n", key).await;
    assert_eq!(outcomes(&others), [(2, "INVITED".to_owned())]);
    for (csv, more, code) in [
        ("", json!({}), "SHEET_UNREADABLE"),
        ("name\nAda\n", json!({}), "COLUMN_MISSING"),
        ("email,E-Mail\n", json!({}), "COLUMN_REPEATED"),
        (table, json!({ "idempotencyKey": "" }), "KEY_INVALID"),
        (table, json!({ "course": "nowhere" }), "NOT_ALLOWED"),
    ] {
        assert_eq!(problem(&import(&site, &teacher, csv, more).await), code, "{csv:?}");
    }
    assert_eq!(problem(&import(&site, &admin, table, json!({ "course": "nowhere" })).await), "COURSE_UNKNOWN");
    // By right only, and nobody gives what they do not have.
    let grader = site.enrolled(&admin, "gra@example.org", COURSE, "GRADER").await;
    assert_eq!(problem(&import(&site, &grader, table, json!({})).await), "NOT_ALLOWED");
    let clerk = json!({ "course": COURSE, "key": "clerk", "name": "Clerk", "kind": "LAB_ASSISTANT",
        "permissions": ["ATTEND", "SEE_ROSTER", "MANAGE_ROSTER"] });
    change(&site, &teacher, "setRole", clerk, "role { key }").await;
    let given = import(&site, &teacher, "email,role\ngra@example.org,clerk\n", json!({})).await;
    assert_eq!(outcomes(&given), [(2, "CHANGED".to_owned())]);
    let beyond = "email,role\na@example.org,instructor\nb@example.org,student\ntea@example.org,student\n";
    let by_clerk = import(&site, &grader, beyond, json!({})).await;
    let told = ["BEYOND_YOURS", "INVITED", "BEYOND_YOURS"];
    assert_eq!(outcomes(&by_clerk).into_iter().map(|row| row.1).collect::<Vec<_>>(), told);
    site.end().await;
}

async fn ten_thousand_people_are_enrolled_at_once(backend: Backend) {
    // A site as it is built for tests takes longer for that than one that serves.
    let limits = Limits { patience: Duration::from_secs(90), ..LIMITS };
    let site = Site::new(backend, Plan { limits, ..Plan::default() }).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    let mut csv = "email,name,sid\n".to_owned();
    for number in 0..10_000 {
        let _ = writeln!(csv, "p{number}@example.org,Person {number},{number}");
    }
    let imported = import(&site, &admin, &csv, json!({ "idempotencyKey": "all" })).await;
    assert_eq!((&imported["changed"], &imported["refused"]), (&json!(10_000), &json!(0)), "{}", imported["problems"]);
    let too_many = import(&site, &admin, &format!("{csv}one@example.org,More,\n"), json!({})).await;
    assert_eq!(problem(&too_many), "SHEET_UNREADABLE");
    let table = get(&site, &admin, &format!("/api/exports/{COURSE}/roster.csv")).await.text();
    assert_eq!(table.lines().count(), 10_001);
    assert!(
        table.contains("p9999@example.org,Person 9999,student,9999,,"),
        "{}",
        table.lines().last().expect("a line")
    );
    site.end().await;
}

async fn what_a_roster_says_is_for_its_staff_and_oneself(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let grader = site.enrolled(&admin, "gra@example.org", COURSE, "GRADER").await;
    let ada = site.enrolled(&admin, "ada@example.org", COURSE, "STUDENT").await;
    let eve = site.enrolled(&admin, "eve@example.org", COURSE, "STUDENT").await;
    let said = json!({ "email": "ada@example.org", "course": COURSE, "role": "STUDENT", "studentNumber": " 4711 ",
        "labSection": "A1" });
    change(&site, &admin, "enroll", said, "enrolled").await;
    for (token, sees) in [(&grader, true), (&ada, true), (&eve, false)] {
        let seen = roster(&site, token).await;
        let shown = seen.iter().any(|row| row[0] == "ada@example.org" && row[2] == "4711" && row[4] == "A1");
        assert_eq!(shown, sees, "{seen:?}");
    }
    let filter = "{ course(key: \"data-in-the-wild\") { enrollments(filter: { labSection: \"A1\" }) { nodes { user { email } } } } }";
    let found = site.ask(&grader, filter, json!({})).await["course"]["enrollments"]["nodes"].take();
    assert_eq!(found, json!([{ "user": { "email": "ada@example.org" } }]));
    let long =
        json!({ "email": "ada@example.org", "course": COURSE, "role": "STUDENT", "studentNumber": "x".repeat(101) });
    assert_eq!(problem(&change(&site, &admin, "enroll", long, "enrolled").await), "TEXT_INVALID");
    site.end().await;
}

async fn an_operator_imports_and_exports_a_roster(backend: Backend) {
    let (site, admin) = campus(backend).await;
    site.enrolled(&admin, "ada@example.org", COURSE, "STUDENT").await;
    let file = site.base.data().join("roster.csv");
    std::fs::write(&file, "email,name,section,sid\nada@example.org,,A1,=1+1\nnew@example.org,New,A2,\n")
        .expect("a file");
    let path = file.to_str().expect("letters").to_owned();
    let lectern = async |words: &[&str]| run(&site.base.url, site.base.data(), words).await;
    let tried = done(&lectern(&["roster", "import", &path, "--course", COURSE, "--dry-run"]).await);
    assert!(tried.ends_with("2 rows: 2 would be changed, 0 would be refused.\n"), "{tried}");
    let imported = done(&lectern(&["roster", "import", &path, "--course", COURSE, "--json"]).await);
    let imported: Value = serde_json::from_str(&imported).expect("JSON");
    assert_eq!(imported["rows"][1]["outcome"], "INVITED", "{imported}");
    let exported = done(&lectern(&["roster", "export", COURSE]).await);
    let lines: Vec<&str> = exported.lines().collect();
    assert_eq!(
        lines,
        [
            "Email,Name,Role,Student number,Class account,Lab section",
            "ada@example.org,ada,student,'=1+1,,A1",
            "new@example.org,New,student,,,A2"
        ]
    );
    assert_eq!(exported, get(&site, &admin, &format!("/api/exports/{COURSE}/roster.csv")).await.text());
    // What was exported can be imported, and changes nothing.
    std::fs::write(&file, &exported).expect("a file");
    let again = done(&lectern(&["roster", "import", &path, "--course", COURSE]).await);
    assert_eq!(again, "2 rows: 0 changed, 0 refused.\n");
    std::fs::write(&file, "email\nnobody\n").expect("a file");
    let some = lectern(&["roster", "import", &path, "--course", COURSE]).await;
    assert_eq!(some.status.code(), Some(1), "{some:?}");
    let unknown = refused(&lectern(&["roster", "export", "nowhere"]).await);
    assert!(unknown.contains("there is no course nowhere"), "{unknown}");
    site.end().await;
}
