//! What comes again: because an answer was lost, because there is more time now, or because somebody goes back to what they had.

use hyper::StatusCode;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::JOB;
use tests::stories;

use super::{COURSE, Desk, days_from_now, wall};
use crate::ok::upload_at;
use crate::receipts::check;

stories![
    what_came_too_late_is_handed_in_when_it_comes_again_in_time,
    who_goes_back_to_an_earlier_version_means_that,
    what_was_kept_and_scored_keeps_its_total,
    what_came_in_the_time_that_was_given_is_in_time_however_late_it_comes_again,
    what_could_not_be_handed_in_and_comes_again_as_a_backup_is_the_same
];

/// Hands in a text, saying nothing that tells one time from another.
async fn submit(desk: &Desk, token: &str, name: &str, text: &str) -> Value {
    let files = json!([{ "name": "main.py", "text": text }]);
    let input = json!({ "assignment": desk.assignment(token, name).await, "files": files });
    desk.change(token, "submit", input, "submission { id lateness isFinal } backup { id }").await
}

async fn what_came_too_late_is_handed_in_when_it_comes_again_in_time(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let messages =
        json!({ "file_contents": { "main.py": "x = 1" }, "analytics": { "time-utc": "2026-01-01 00:00:00.000001" } });
    let body = json!({ "assignment": format!("{COURSE}/letter"), "messages": messages, "submit": true }).to_string();
    let by_client = upload_at(desk.site.address, &ada, body.clone()).await;
    assert_eq!(by_client.json()["data"]["late"], true);
    let kept = submit(&desk, &ada, "letter", "# mine").await;
    assert_eq!((&kept["submission"], &kept["problems"][0]["code"]), (&Value::Null, &json!("LOCKED")));
    let letter = desk.assignment(&ada, "letter").await;
    let more =
        json!({ "assignment": letter, "email": "ada@example.org", "until": { "days": 25 }, "reason": "A flood." });
    assert_eq!(desk.change(&desk.admin, "grantExtension", more, "").await["problems"], json!([]));
    // The same again is handed in now, as of when it came, and once.
    for _ in 0..2 {
        let taken = submit(&desk, &ada, "letter", "# mine").await;
        let id = taken["submission"]["id"].as_str().unwrap_or_else(|| panic!("not handed in: {taken}"));
        assert_eq!(kept["backup"]["id"], id.replace("sub_", "bak_"), "{taken}");
        assert_eq!((&taken["submission"]["lateness"], &taken["problems"]), (&json!(0.0), &json!([])));
        let again = upload_at(desk.site.address, &ada, body.clone()).await;
        assert_eq!(again.json()["data"]["key"], by_client.json()["data"]["key"]);
        assert!(
            again.json()["data"]["url"].as_str().is_some_and(|url| url.contains("/submissions/")),
            "{}",
            again.text()
        );
    }
    let work = desk.about(&ada, "letter", "viewerWork { submissionCount } backups { nodes { id } }").await;
    assert_eq!(
        (&work["viewerWork"]["submissionCount"], work["backups"]["nodes"].as_array().map(Vec::len)),
        (&json!(2), Some(2))
    );
    // Their receipts say that they were kept, and the audit log why they are more.
    let (status, report) = check(&desk.site.base.url, &desk.site, &[]).await;
    assert_eq!((status, &report["faults"]), (Some(0), &json!([])), "{report}");
    desk.site.end().await;
}

async fn who_goes_back_to_an_earlier_version_means_that(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    // A key says which hand-in it is, together with the files: other files are another one.
    let keyed = async |text: &str| {
        let files = json!([{ "name": "main.py", "text": text }]);
        let input = json!({ "assignment": desk.assignment(&ada, "poem").await, "files": files, "idempotencyKey": "k" });
        desk.change(&ada, "submit", input, "submission { id }").await["submission"]["id"].take()
    };
    let (one, other) = (keyed("# a").await, keyed("# b").await);
    assert!(one != other && keyed("# a").await == one);
    let first = submit(&desk, &ada, "poem", "# one").await;
    // Whoever did not hear the answer asks again.
    assert_eq!(submit(&desk, &ada, "poem", "# one").await["submission"]["id"], first["submission"]["id"]);
    let second = submit(&desk, &ada, "poem", "# two").await;
    let third = submit(&desk, &ada, "poem", "# one").await;
    assert_eq!(third["submission"]["isFinal"], true, "{third}");
    for before in [&first, &second] {
        assert_ne!(third["submission"]["id"], before["submission"]["id"]);
    }
    assert_eq!(submit(&desk, &ada, "poem", "# one").await["submission"]["id"], third["submission"]["id"]);
    desk.site.end().await;
}

async fn what_was_kept_and_scored_keeps_its_total(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let poem = desk.assignment(&ada, "poem").await;
    let input = json!({ "assignment": poem, "files": [{ "name": "main.py", "text": "def add(a, b): return a + b" }] });
    let backup = desk.change(&ada, "saveBackup", input, "backup { id }").await["backup"]["id"].take();
    let score = json!({ "submission": backup, "kind": "total", "value": "4" });
    assert_eq!(desk.change(&desk.admin, "score", score, "").await["problems"], json!([]));
    let done = desk
        .change(
            &ada,
            "promoteBackup",
            json!({ "backup": backup }),
            "submission { points runs { nodes { job { id } } } }",
        )
        .await;
    assert_eq!(done["submission"]["points"], "4", "{done}");
    // What a person has said counts over what the tests give.
    let job = &done["submission"]["runs"]["nodes"][0]["job"]["id"];
    let mut events = desk.site.follow(&desk.admin, JOB, json!({ "id": job })).await;
    while let Said::Next(_) = events.said().await {}
    let mine = desk.about(&ada, "poem", "viewerFinal { points scores { kind value } }").await;
    assert_eq!(mine["viewerFinal"], json!({ "points": "4", "scores": [{ "kind": "total", "value": "4" }] }));
    desk.site.end().await;
}

/// Work for the closed assignment as the client sends it.
fn by_client(submit: bool) -> String {
    let messages = json!({ "file_contents": { "main.py": "x = 1", "submit": true }, "analytics": { "time-utc": "2026-01-01 00:00:00.000001" } });
    json!({ "assignment": format!("{COURSE}/letter"), "messages": messages, "submit": submit }).to_string()
}

async fn what_came_in_the_time_that_was_given_is_in_time_however_late_it_comes_again(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let kept = upload_at(desk.site.address, &ada, by_client(true)).await.json();
    assert_eq!(kept["data"]["late"], true, "{kept}");
    // It was five days ago.
    let earlier = "UPDATE backup SET received_at = received_at - 432000000000, done_at = done_at - 432000000000";
    desk.site.app.kernel.deps.db.write_connection().execute_unprepared(earlier).await.expect("moved");
    let until = json!({ "local": wall(days_from_now(-3.0)) });
    let more = json!({ "assignment": desk.assignment(&ada, "letter").await, "email": "ada@example.org", "until": until, "reason": "A flood." });
    assert_eq!(desk.change(&desk.admin, "grantExtension", more, "").await["problems"], json!([]));
    let again = upload_at(desk.site.address, &ada, by_client(true)).await;
    assert_eq!((again.status, &again.json()["data"]["key"]), (StatusCode::OK, &kept["data"]["key"]));
    let mine = desk.about(&ada, "letter", "viewerFinal { lateness } viewerWork { submissionCount }").await;
    assert_eq!(mine, json!({ "viewerFinal": { "lateness": 0.0 }, "viewerWork": { "submissionCount": 1 } }));
    desk.site.end().await;
}

async fn what_could_not_be_handed_in_and_comes_again_as_a_backup_is_the_same(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let kept = upload_at(desk.site.address, &ada, by_client(true)).await.json();
    let again = upload_at(desk.site.address, &ada, by_client(false)).await;
    assert_eq!((again.status, &again.json()["data"]["key"]), (StatusCode::OK, &kept["data"]["key"]));
    let mine = desk.about(&ada, "letter", "viewerFinal { id } backups { nodes { id } }").await;
    assert_eq!((&mine["viewerFinal"], mine["backups"]["nodes"].as_array().map(Vec::len)), (&Value::Null, Some(1)));
    desk.site.end().await;
}
