//! Who hands in has a receipt, by whichever door; and it proves what it says to anybody.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::browser::Browser;
use tests::client::{self, Answer};
use tests::site::{PASSWORD, Site};
use tests::stories;

use super::{COURSE, Campus, ENDPOINT, outcome, verify_there};

stories![
    a_receipt_is_given_once_and_proves_what_it_says,
    the_ok_client_has_one_and_so_has_its_page,
    what_came_before_there_were_receipts_has_none
];

const SEEN: &str = "query($id: ID!) { node(id: $id) { ... on Submission { receipt { text email salt personHash } } } }";

async fn a_receipt_is_given_once_and_proves_what_it_says(backend: Backend) {
    let campus = Campus::new(backend).await;
    let site = &campus.site;
    let first = campus.submit(site, &campus.ada, "print(1)\n", "one").await;
    let receipt = &first["receipt"];
    let text = receipt["text"].as_str().expect("a receipt");
    assert_eq!((&receipt["email"], &receipt["isHandedIn"]), (&json!("ada@example.org"), &json!(true)), "{receipt}");
    assert_eq!((&receipt["courseKey"], &receipt["assignmentEndpoint"]), (&json!(COURSE), &json!(ENDPOINT)));
    let key = |id: &Value| id.as_str().and_then(|id| id.split('_').nth(1)).expect("an id").to_owned();
    assert_eq!(key(&receipt["backupId"]), key(&first["submission"]["id"]));
    // The same again has the same, letter by letter; another has another.
    let again = campus.submit(site, &campus.ada, "print(1)\n", "one").await;
    assert_eq!(again["receipt"]["text"], json!(text));
    let other = campus.receipt("print(2)\n").await;
    assert_ne!(other, text);
    // It is the submission's; others see it without whose it is, and it proves the rest.
    let variables = json!({ "id": first["submission"]["id"] });
    let own = site.ask(&campus.ada, SEEN, variables.clone()).await["node"]["receipt"].take();
    assert_eq!(own["text"], json!(text));
    let grader = site.enrolled(&campus.admin, "grace@example.org", COURSE, "GRADER").await;
    let seen = site.ask(&grader, SEEN, variables.clone()).await["node"]["receipt"].take();
    assert_eq!((&seen["email"], &seen["salt"], &seen["personHash"]), (&Value::Null, &Value::Null, &own["personHash"]));
    let classmate = site.enrolled(&campus.admin, "eve@example.org", COURSE, "STUDENT").await;
    assert_eq!(site.ask(&classmate, SEEN, variables).await["node"], Value::Null);
    // Without the site: by its keys all of it, without them all but the signature, and nothing of one that was changed.
    let keys = campus.keys().await;
    let (status, verified) = campus.verify(text, Some(&keys), &[]).await;
    let outcomes = ["person", "inclusion", "signature"].map(|question| outcome(&verified, question).to_owned());
    assert_eq!((status, outcomes), (Some(0), ["holds"; 3].map(str::to_owned)), "{verified}");
    let (status, verified) = campus.verify(seen["text"].as_str().expect("a text"), Some(&keys), &[]).await;
    assert_eq!((status, outcome(&verified, "person")), (Some(0), "unknown"), "{verified}");
    let (status, verified) = campus.verify(text, None, &[]).await;
    assert_eq!((status, outcome(&verified, "signature")), (Some(2), "unknown"), "{verified}");
    let (status, verified) = campus.verify(&text.replace("true", "false"), Some(&keys), &[]).await;
    assert_eq!((status, outcome(&verified, "inclusion")), (Some(1), "fails"), "{verified}");
    assert_eq!(campus.verify("{}", Some(&keys), &[]).await.0, Some(2));
    files_are_told_apart(&campus, text, &keys).await;
    the_site_says_the_same(site, text).await;
    campus.site.end().await;
}

async fn files_are_told_apart(campus: &Campus, text: &str, keys: &std::path::Path) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("receipt.json"), text).expect("written");
    for (content, status) in [("print(1)\n", 0), ("print(1)", 1)] {
        std::fs::write(folder.path().join("words.py"), content).expect("written");
        let arguments =
            ["verify-receipt", "receipt.json", "--keys", keys.to_str().expect("letters"), "--files", "words.py"];
        let output = crate::keeping::program::run(&campus.site.base.url, folder.path(), &arguments).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains("handed in") && said.contains("ada@example.org"), "{said}");
    }
}

/// Asked as nobody: of a genuine receipt everything, of a forged one nothing about the site's rows.
async fn the_site_says_the_same(site: &Site, text: &str) {
    let good = verify_there(site, text).await;
    let verified = &good["data"]["verifyReceipt"];
    assert_eq!(verified["isGood"], true, "{good}");
    let forged = verify_there(site, &text.replace("\"place\":0", "\"place\":1")).await;
    let verified = &forged["data"]["verifyReceipt"];
    assert_eq!(verified["isGood"], false);
    for question in ["CHAIN", "WORK"] {
        assert_eq!(outcome(verified, question), "UNKNOWN", "{forged}");
    }
    let nonsense = verify_there(site, "nonsense").await;
    assert_eq!(nonsense["errors"][0]["extensions"]["code"], "BAD_INPUT", "{nonsense}");
}

async fn upload(site: &Site, token: &str, body: &Value) -> Answer {
    let headers = [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
    client::send(site.address, Method::POST, "/api/v3/backups/", headers, body.to_string()).await
}

async fn the_ok_client_has_one_and_so_has_its_page(backend: Backend) {
    let campus = Campus::new(backend).await;
    let site = &campus.site;
    let keys = campus.keys().await;
    for (submit, kind, time) in [(true, "submissions", "11:00:00.000001"), (false, "backups", "11:00:01.000001")] {
        let messages = json!({
            "file_contents": { "words.py": "print(1)\n", "submit": true },
            "analytics": { "time-utc": format!("2026-11-29 {time}") },
        });
        let body = json!({ "assignment": ENDPOINT, "messages": messages, "submit": submit });
        let mut data = upload(site, &campus.ada, &body).await.json()["data"].take();
        let receipt = data["receipt"].take().to_string();
        let mut again = upload(site, &campus.ada, &body).await.json()["data"].take();
        assert_eq!(again["receipt"].take().to_string(), receipt);
        let (status, verified) = campus.verify(&receipt, Some(&keys), &[]).await;
        assert_eq!((status, &verified["handed_in"]), (Some(0), &json!(submit)), "{verified}");
        let key = data["key"].as_str().expect("a key");
        let bearer = [("authorization", format!("Bearer {}", campus.ada))];
        let read = client::send(site.address, Method::GET, &format!("/api/v3/backups/{key}/"), bearer, "").await;
        assert_eq!(read.json()["data"]["receipt"].to_string(), receipt);
        assert_eq!(verify_there(site, &receipt).await["data"]["verifyReceipt"]["isGood"], true);
        // The page has it as a file, for its owner.
        let mut browser = Browser::at(site.address);
        let page = format!("/{ENDPOINT}/{kind}/{key}");
        let file = format!("{page}/receipt");
        assert!(browser.get(&file).await.header("location").starts_with("/login"));
        browser.post("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
        assert!(browser.get(&page).await.text().replace("&#x2f;", "/").contains(&file));
        let sent = browser.get(&file).await;
        assert!(sent.header("content-disposition").starts_with("attachment;"), "{:?}", sent.headers);
        assert_eq!(sent.text().trim(), receipt);
    }
    site.enrolled(&campus.admin, "eve@example.org", COURSE, "STUDENT").await;
    let mut stranger = Browser::at(site.address);
    stranger.post("/login", &[("email", "eve@example.org"), ("password", PASSWORD)]).await;
    let rows = "SELECT max(id) FROM backup";
    let last = tests::world::numbers(&site.app.kernel.deps.db, rows).await.expect("a key")[0];
    let key = entity::id::encode(entity::id::Kind::Backup, last).replace("bak_", "");
    assert_eq!(stranger.get(&format!("/{ENDPOINT}/backups/{key}/receipt")).await.status, StatusCode::NOT_FOUND);
    campus.site.end().await;
}

async fn what_came_before_there_were_receipts_has_none(backend: Backend) {
    let campus = Campus::new(backend).await;
    let site = &campus.site;
    campus.receipt("print(1)\n").await;
    campus
        .execute(
            "INSERT INTO backup (assignment_id, course_id, submitter_id, files, operation_key, received_at) \
             SELECT assignment_id, course_id, submitter_id, files, 'of long ago', 5 FROM backup",
        )
        .await;
    campus
        .execute(
            "INSERT INTO submission (id, assignment_id, course_id, submitter_id, submitted_at) \
             SELECT id, assignment_id, course_id, submitter_id, received_at FROM backup WHERE operation_key = 'of long ago'",
        )
        .await;
    let old = tests::world::numbers(&site.app.kernel.deps.db, "SELECT max(id) FROM backup").await.expect("a key")[0];
    let id = entity::id::encode(entity::id::Kind::Submission, old);
    let seen = site.ask(&campus.ada, SEEN, json!({ "id": id })).await;
    assert_eq!(seen["node"], json!({ "receipt": null }));
    let path = format!("/api/v3/backups/{}/", id.replace("sub_", ""));
    let bearer = [("authorization", format!("Bearer {}", campus.ada))];
    let read = client::send(site.address, Method::GET, &path, bearer, "").await.json();
    assert_eq!(read["data"]["receipt"], Value::Null, "{read}");
    let (status, report) = campus.check(&[]).await;
    assert_eq!((status, &report["courses"][0]["without_receipt"]), (Some(0), &json!(1)), "{report}");
    campus.site.end().await;
}
