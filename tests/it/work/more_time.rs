//! More time for many, from a table: each row for itself, once, and by right only.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::mailbox;
use tests::stories;

use super::{COURSE, Desk, days_from_now, wall};

stories![a_table_gives_more_time_to_many, a_table_is_granted_once_under_its_key];

const ROWS: &str = "rows { line outcome message } changed refused ignoredColumns";
const HELD: &str = "extensions(first: 100) { nodes { state dueAt reason user { email } } }";

async fn import(desk: &Desk, token: &str, csv: &str, more: Value) -> Value {
    let mut input = json!({ "course": COURSE, "csv": csv });
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    desk.change(token, "importExtensions", input, ROWS).await
}

fn outcomes(answer: &Value) -> Vec<(i64, &str)> {
    let rows = answer["rows"].as_array().unwrap_or_else(|| panic!("{answer}")).iter();
    rows.map(|row| (row["line"].as_i64().expect("a line"), row["outcome"].as_str().expect("a word"))).collect()
}

async fn a_table_gives_more_time_to_many(backend: Backend) {
    let desk = Desk::new(backend).await;
    let tia = desk.site.enrolled(&desk.admin, "tia@example.org", COURSE, "TEACHING_ASSISTANT").await;
    let (ada, ben, eve) = (desk.student("ada").await, desk.student("ben").await, desk.student("eve").await);
    desk.student("kim").await;
    let roster = "email,sid\nben@example.org,17\neve@example.org,18\nkim@example.org,18\n";
    desk.change(&desk.admin, "importRoster", json!({ "course": COURSE, "csv": roster }), "refused").await;
    // Ada shares her work, has less time already, and asks for more.
    let letter = desk.assignment(&ada, "letter").await;
    let pair = json!({ "assignment": letter, "emails": ["ada@example.org", "kim@example.org"] });
    assert_eq!(desk.change(&desk.admin, "formGroup", pair, "").await["problems"], json!([]));
    let some = json!({ "assignment": letter, "email": "ada@example.org", "until": { "days": 21 }, "reason": "Ill." });
    assert_eq!(desk.change(&tia, "grantExtension", some, "").await["problems"], json!([]));
    let wish = json!({ "assignment": letter, "until": { "days": 30 }, "reason": "Still ill." });
    assert_eq!(desk.change(&ada, "requestExtension", wish, "").await["problems"], json!([]));
    let (until, beyond) = (wall(days_from_now(35.0)), wall(days_from_now(45.0)));
    let csv = format!(
        "E-Mail;Student number;Assignment;Until;Days;Lock;Reason;Shoe size\r\n\
         Ada@example.org;;letter;;25;;\"Ill; again\";42\r\n\
         ;17;{COURSE}/essay;{until};;{until};Moving;\r\n\
         ;18;essay;;1;;Moving;\r\n\
         nobody@example.org;;essay;;1;;Moving;\r\n\
         eve@example.org;;sonnet;;1;;Moving;\r\n\
         eve@example.org;;essay;2020-01-01;;;Moving;\r\n\
         eve@example.org;;essay;;1;{beyond};Moving;\r\n\
         eve@example.org;;poem;;1;;;\r\n\
         eve@example.org;;letter;;21;;Moving;;too much\r\n\
         ben@example.org;;essay;;1;;Moving;\r\n"
    );
    let wanted = [
        (2, "REPLACED"),
        (3, "GRANTED"),
        (4, "PERSON_AMBIGUOUS"),
        (5, "PERSON_UNKNOWN"),
        (6, "ASSIGNMENT_UNKNOWN"),
        (7, "TIME_INVALID"),
        (8, "LOCK_BEYOND"),
        (9, "REASON_INVALID"),
        (10, "MALFORMED"),
        (11, "REPEATED"),
    ];
    // Whatever is tried changes nothing.
    let before = desk.about(&tia, "letter", HELD).await;
    let letters = mailbox::count(&desk.site, "ada@example.org").await;
    let tried = import(&desk, &tia, &csv, json!({ "dryRun": true })).await;
    assert_eq!(outcomes(&tried), wanted);
    assert_eq!((&tried["changed"], &tried["refused"]), (&json!(2), &json!(8)), "{tried}");
    assert_eq!(tried["ignoredColumns"], json!(["Shoe size"]));
    assert_eq!(desk.about(&tia, "letter", HELD).await, before);
    assert_eq!(mailbox::count(&desk.site, "ada@example.org").await, letters);
    let imported = import(&desk, &tia, &csv, json!({})).await;
    assert_eq!(outcomes(&imported), wanted);
    let held = desk.about(&tia, "letter", HELD).await;
    let states: Vec<&Value> =
        held["extensions"]["nodes"].as_array().expect("extensions").iter().map(|row| &row["state"]).collect();
    assert_eq!(states, ["REPLACED", "REPLACED", "GRANTED"], "{held}");
    // It holds for all who share the work; each to whom it was given has a letter, and it is noted.
    let kim = desk.site.sign_in("kim@example.org").await;
    for token in [&ada, &kim] {
        let deadline =
            desk.about(token, "letter", "viewerDeadline { isExtended dueAt }").await["viewerDeadline"].take();
        assert_eq!(
            (&deadline["isExtended"], &deadline["dueAt"]),
            (&json!(true), &held["extensions"]["nodes"][2]["dueAt"])
        );
        assert!(desk.submit(token, "letter", "# in time").await["submission"].is_object());
    }
    let told = mailbox::letter(&desk.site, "ben@example.org", "extension", 0).await;
    assert!(told.text.contains("is on time until"), "{}", told.text);
    let log = desk.ask(&desk.admin, "{ auditLog(first: 100) { nodes { action user { email } } } }", json!({})).await;
    let noted = log["auditLog"]["nodes"].as_array().expect("entries").iter();
    let noted =
        noted.filter(|entry| entry["action"] == "extension.granted" && entry["user"]["email"] == "ben@example.org");
    assert_eq!(noted.count(), 1, "{log}");
    // The same again changes nothing and tells nobody.
    let letters = mailbox::count(&desk.site, "ben@example.org").await;
    let again = import(&desk, &tia, &csv, json!({})).await;
    assert_eq!(outcomes(&again)[..2], [(2, "UNCHANGED"), (3, "UNCHANGED")]);
    assert_eq!(mailbox::count(&desk.site, "ben@example.org").await, letters);
    assert_eq!(desk.about(&ben, "essay", "viewerDeadline { isExtended }").await["viewerDeadline"]["isExtended"], true);
    assert_eq!(desk.about(&eve, "essay", "viewerDeadline { isExtended }").await["viewerDeadline"]["isExtended"], false);
    desk.site.end().await;
}

async fn a_table_is_granted_once_under_its_key(backend: Backend) {
    let desk = Desk::new(backend).await;
    let tia = desk.site.enrolled(&desk.admin, "tia@example.org", COURSE, "TEACHING_ASSISTANT").await;
    let ada = desk.student("ada").await;
    let (table, key) =
        ("email,assignment,days,reason\nada@example.org,essay,3,Ill\n", json!({ "idempotencyKey": "monday" }));
    // Of those that come at once, one is done, and all are answered with what it led to.
    let (one, other) = tokio::join!(import(&desk, &tia, table, key.clone()), import(&desk, &tia, table, key.clone()));
    for answer in [one, other, import(&desk, &tia, table, key.clone()).await] {
        assert_eq!(outcomes(&answer), [(2, "GRANTED")]);
    }
    let held = desk.about(&tia, "essay", HELD).await;
    assert_eq!(held["extensions"]["nodes"].as_array().map(Vec::len), Some(1), "{held}");
    mailbox::letter(&desk.site, "ada@example.org", "extension", 0).await;
    assert_eq!(mailbox::count(&desk.site, "ada@example.org").await, 1);
    let many = format!("email,assignment,days,reason\n{}", "x,essay,1,r\n".repeat(1_001));
    let grader = desk.site.enrolled(&desk.admin, "gra@example.org", COURSE, "GRADER").await;
    for (token, csv, more, code) in [
        (&tia, "email,assignment,days,reason\nada@example.org,essay,4,Ill\n", key, "KEY_REUSED"),
        (&tia, "", json!({}), "SHEET_UNREADABLE"),
        (&tia, &*many, json!({}), "SHEET_UNREADABLE"),
        (&tia, "email,assignment,days\n", json!({}), "COLUMN_MISSING"),
        (&tia, "email,mail,assignment,days,reason\n", json!({}), "COLUMN_REPEATED"),
        (&tia, table, json!({ "idempotencyKey": "" }), "KEY_INVALID"),
        (&tia, table, json!({ "course": "nowhere" }), "NOT_ALLOWED"),
        (&desk.admin, table, json!({ "course": "nowhere" }), "COURSE_UNKNOWN"),
        (&grader, table, json!({}), "NOT_ALLOWED"),
        (&ada, table, json!({}), "NOT_ALLOWED"),
    ] {
        let refused = import(&desk, token, csv, more).await;
        assert_eq!(refused["problems"][0]["code"], code, "{csv:.60}: {refused}");
    }
    desk.site.end().await;
}
