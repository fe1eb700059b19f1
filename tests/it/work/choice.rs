//! What counts, why, and how often one may try.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::stories;

use super::{COURSE, Desk, days_from_now, wall};
use crate::ok::upload_at;

stories![
    the_latest_counts_unless_another_is_chosen,
    attempts_are_counted,
    backups_are_handed_in_after_all,
    when_it_is_closed_staff_alone_changes_what_counts
];

async fn finals(desk: &Desk, token: &str) -> (Value, Value) {
    let mine = desk.about(token, "essay", "viewerWork { final { id } finalReason }").await["viewerWork"].take();
    (mine["final"]["id"].clone(), mine["finalReason"].clone())
}

async fn the_latest_counts_unless_another_is_chosen(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let first = desk.handed_in(&ada, "essay", "# 1").await;
    assert_eq!(finals(&desk, &ada).await, (json!(first), json!("It is the only one that was handed in.")));
    let second = desk.handed_in(&ada, "essay", "# 2").await;
    assert_eq!(finals(&desk, &ada).await.0, json!(second));
    let choose = |submission: &str, flagged: bool| json!({ "submission": submission, "flagged": flagged });
    let chosen = "submission { isFinal finalReason }";
    let answer = desk.change(&ada, "flagSubmission", choose(&first, true), chosen).await;
    let why = "It was chosen, in the place of the latest.";
    assert_eq!(answer["submission"], json!({ "isFinal": true, "finalReason": why }), "{answer}");
    // The choice holds over what comes later, until it is taken back.
    let third = desk.handed_in(&ada, "essay", "# 3").await;
    assert_eq!(finals(&desk, &ada).await, (json!(first), json!(why)));
    desk.change(&ada, "flagSubmission", choose(&second, false), chosen).await;
    assert_eq!(finals(&desk, &ada).await.0, json!(first), "another's choice is not taken back");
    desk.change(&ada, "flagSubmission", choose(&first, false), chosen).await;
    assert_eq!(finals(&desk, &ada).await, (json!(third), json!("It came last, of 3 that were handed in.")));
    // It is nobody else's.
    let eve = desk.student("eve").await;
    assert_eq!(desk.refused(&eve, "flagSubmission", choose(&first, true)).await, "SUBMISSION_UNKNOWN");
    desk.site.enrolled(&desk.admin, "ben@example.org", COURSE, "GRADER").await;
    let ben = desk.site.sign_in("ben@example.org").await;
    assert_eq!(desk.refused(&ben, "flagSubmission", choose(&first, true)).await, "NOT_ALLOWED");
    desk.change(&desk.admin, "flagSubmission", choose(&second, true), chosen).await;
    assert_eq!(finals(&desk, &ada).await.0, json!(second));
    desk.site.end().await;
}

async fn attempts_are_counted(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    // However many come at once, three are taken.
    let texts: Vec<String> = (0..8).map(|number| format!("# {number}")).collect();
    let answers = futures_util::future::join_all(texts.iter().map(|text| desk.submit(&ada, "essay", text))).await;
    let taken = answers.iter().filter(|answer| answer["submission"].is_object()).count();
    assert_eq!(taken, 3, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer["submission"].is_null()) {
        assert_eq!(answer["problems"][0]["code"], "ATTEMPTS_USED");
        assert!(answer["backup"]["id"].is_string(), "it is kept: {answer}");
    }
    let work = "viewerWork { submissionCount attemptsLeft } backups(first: 100) { nodes { submission { id } } }";
    let mine = desk.about(&ada, "essay", work).await;
    assert_eq!(mine["viewerWork"], json!({ "submissionCount": 3, "attemptsLeft": 0 }));
    assert_eq!(mine["backups"]["nodes"].as_array().map(Vec::len), Some(8));
    // What was taken is answered again as it was, and what was not, too.
    for (text, before) in texts.iter().zip(&answers) {
        let again = desk.submit(&ada, "essay", text).await;
        assert_eq!(again["submission"]["id"], before["submission"]["id"]);
        assert_eq!((&again["backup"], &again["problems"]), (&before["backup"], &before["problems"]));
    }
    desk.site.end().await;
}

async fn backups_are_handed_in_after_all(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let input = json!({ "assignment": desk.assignment(&ada, "essay").await, "files": [{ "name": "main.py", "text": "x = 1" }] });
    let query = "mutation($input: SaveBackupInput!) { saveBackup(input: $input) { backup { id submission { id } files { text } } problems { code } } }";
    let saved = desk.ask(&ada, query, json!({ "input": input })).await["saveBackup"].take();
    assert_eq!((&saved["backup"]["submission"], &saved["problems"]), (&Value::Null, &json!([])), "{saved}");
    assert_eq!(finals(&desk, &ada).await.0, Value::Null);
    let backup = json!({ "backup": saved["backup"]["id"] });
    let eve = desk.student("eve").await;
    assert_eq!(desk.refused(&eve, "promoteBackup", backup.clone()).await, "BACKUP_UNKNOWN");
    let answer = desk
        .change(&ada, "promoteBackup", backup.clone(), "submission { id files { text } runs { nodes { id } } }")
        .await;
    assert_eq!(answer["submission"]["files"][0]["text"], "x = 1", "{answer}");
    assert!(answer["submission"]["runs"]["nodes"][0]["id"].is_string(), "it is graded: {answer}");
    assert_eq!(finals(&desk, &ada).await.0, answer["submission"]["id"]);
    assert_eq!(desk.refused(&ada, "promoteBackup", backup).await, "HANDED_IN");
    // When no attempt is left, staff alone can.
    desk.handed_in(&ada, "essay", "# 2").await;
    desk.handed_in(&ada, "essay", "# 3").await;
    let kept = desk.submit(&ada, "essay", "# 4").await["backup"]["id"].take();
    let backup = json!({ "backup": kept });
    assert_eq!(desk.refused(&ada, "promoteBackup", backup.clone()).await, "ATTEMPTS_USED");
    let answer = desk.change(&desk.admin, "promoteBackup", backup, "submission { isFinal }").await;
    assert_eq!(answer["submission"]["isFinal"], true, "{answer}");
    desk.site.end().await;
}

async fn when_it_is_closed_staff_alone_changes_what_counts(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let essay = desk.assignment(&ada, "essay").await;
    let first = desk.handed_in(&ada, "essay", "# 1").await;
    let second = desk.handed_in(&ada, "essay", "# 2").await;
    let save = async |name: &str| {
        let body = json!({ "assignment": format!("{COURSE}/essay"), "messages": { "file_contents": { name: "x = 3" } }, "submit": false });
        let kept = upload_at(desk.site.address, &ada, body.to_string()).await.json();
        json!(format!("bak_{}", kept["data"]["key"].as_str().unwrap_or_else(|| panic!("{kept}"))))
    };
    let (without_main, whole) = (save("other.py").await, save("main.py").await);
    let promote = |backup: &Value| json!({ "backup": backup });
    assert_eq!(desk.refused(&ada, "promoteBackup", promote(&without_main)).await, "MAIN_MISSING");
    assert_eq!(desk.refused(&desk.admin, "promoteBackup", promote(&without_main)).await, "MAIN_MISSING");
    let past = json!({ "local": wall(days_from_now(-1.0)) });
    let closed = json!({ "assignment": essay, "due": past, "lock": past });
    assert_eq!(desk.change(&desk.admin, "updateAssignment", closed, "").await["problems"], json!([]));
    let choose = json!({ "submission": first, "flagged": true });
    assert_eq!(desk.refused(&ada, "flagSubmission", choose.clone()).await, "LOCKED");
    assert_eq!(desk.refused(&ada, "promoteBackup", promote(&whole)).await, "LOCKED");
    assert_eq!(finals(&desk, &ada).await.0, json!(second));
    assert_eq!(desk.change(&desk.admin, "flagSubmission", choose, "").await["problems"], json!([]));
    assert_eq!(finals(&desk, &ada).await.0, json!(first));
    assert_eq!(desk.change(&desk.admin, "promoteBackup", promote(&whole), "").await["problems"], json!([]));
    desk.site.end().await;
}
