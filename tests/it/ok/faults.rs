//! Servers and databases that go away while work is handed in: it is there once, with one receipt, and no student is told otherwise.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::join_all;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::client::{self, Answer};
use tests::faults::mortal::Mortal;
use tests::faults::relay::Relay;
use tests::faults::wire::Wire;
use tests::postgres;
use tests::serving::Serving;
use tests::site::{Plan, Site};
use tests::stories;
use tests::world::numbers;
use tokio::time::sleep;

use super::upload::{ENDPOINT, campus, furnish, student_at, upload_at};
use crate::keeping::program;

stories![a_server_that_is_killed_before_it_answers_has_taken_it_once];

const COURSE: &str = "data-in-the-wild";

/// What there is of everybody's work: backups, submissions, runs, receipts.
async fn there(base: &Base) -> [i64; 4] {
    let db = base.open().await;
    let mut counts = [0; 4];
    for (count, table) in counts.iter_mut().zip(["backup", "submission", "run", "receipt"]) {
        *count = numbers(&db, &format!("SELECT count(*) FROM {table}")).await.expect("a count")[0];
    }
    db.close().await;
    counts
}

fn work(name: &str, submit: bool) -> String {
    let messages = json!({
        "file_contents": { "words.py": format!("# {name}\n"), "submit": true },
        "analytics": { "time-utc": "2026-11-29 11:00:00.000001" },
    });
    json!({ "assignment": ENDPOINT, "messages": messages, "submit": submit }).to_string()
}

/// The keys by which receipts are verified, in a file.
async fn keys_of(server: &Serving, folder: &Path) -> PathBuf {
    let answer = client::send(server.address, Method::GET, "/.well-known/receipt-keys.json", [], "").await;
    let path = folder.join("receipt-keys.json");
    std::fs::write(&path, answer.text()).expect("written");
    path
}

/// Walks the chains with the real program; how many receipts there are. Nothing may be wrong.
async fn checked(base: &Base, keys: &Path) -> Value {
    let arguments = ["receipts", "check", "--json", "--keys", program::text(keys)];
    let report = program::done(&program::run(&base.url, base.data(), &arguments).await);
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["faults"], json!([]), "{report}");
    report["courses"][0]["receipts"].clone()
}

async fn a_server_that_is_killed_before_it_answers_has_taken_it_once(backend: Backend) {
    let (site, _, token) = campus(backend).await;
    let base = site.end().await;
    let server = Serving::start(&base, &[]).await;
    let relay = Relay::to(server.address).await;
    let student = student_at(relay.address, &token);
    relay.swallow_answers();
    let working = student.start(&["--submit"], "").await;
    // As soon as its receipt can be seen from elsewhere, the server is gone; what it has said until then reaches nobody.
    let db = base.open().await;
    while numbers(&db, "SELECT count(*) FROM receipt").await.expect("a count") == [0] {
        tokio::task::yield_now().await;
    }
    db.close().await;
    relay.hold();
    server.kill().await;
    // The client has repeated it in the meantime, and has an answer when there is a server again. It tells its student of the connection that
    // it lost all the same, whatever comes after; nothing is left to be sent.
    let server = Serving::start(&base, &[]).await;
    relay.lead_to(server.address);
    let printed = working.end().await;
    assert!(printed.contains("Please check your network connection"), "{printed}");
    assert_eq!(there(&base).await, [1, 1, 1, 1], "{printed}");
    let printed = student.run(&["--backup"], "").await;
    assert!(printed.contains("Backup successful"), "{printed}");
    assert_eq!(there(&base).await, [2, 1, 1, 2], "{printed}");
    // What it comes to is the same for a program that sends the same, before a crash and after it.
    let first = upload_at(server.address, &token, work("once", true)).await.json();
    server.kill().await;
    let server = Serving::start(&base, &[]).await;
    let again = upload_at(server.address, &token, work("once", true)).await.json();
    assert!(first["data"]["receipt"].is_object(), "{first}");
    assert_eq!(first["data"], again["data"]);
    let keys = keys_of(&server, base.data()).await;
    server.end().await;
    assert_eq!(checked(&base, &keys).await, json!(3));
}

/// How long the database is away.
const OUTAGE: Duration = Duration::from_secs(5);

#[test]
fn who_hands_in_while_the_database_is_away_waits_and_is_not_told() {
    tell(Backend::Postgres, |backend| async move {
        let mut database = Mortal::start();
        let site = Site::on_with_admin(Base::at(backend, &database.migrated().await), Plan::default()).await;
        let (_, token) = furnish(&site).await;
        let relay = Relay::to(site.address).await;
        let student = student_at(relay.address, &token);
        database.kill();
        let working = student.start(&["--submit"], "").await;
        relay.asked(1).await;
        // The fault itself lasts so long.
        sleep(OUTAGE).await;
        database.revive();
        let printed = working.end().await;
        assert!(printed.contains("Submission successful for user: ada@example.org"), "{printed}");
        assert!(!printed.to_lowercase().contains("could not"), "{printed}");
        let base = site.end().await;
        assert_eq!(there(&base).await, [1, 1, 1, 1], "{printed}");
    });
}

#[test]
fn work_whose_commit_nobody_heard_of_is_there_once() {
    tell(Backend::Postgres, |backend| async move {
        let base = Base::new(backend).await;
        let wire = Wire::to(postgres::folder().await).await;
        let site = Site::on_with_admin(Base::at(backend, &wire.url(&base.url)), Plan::default()).await;
        let (_, token) = furnish(&site).await;
        wire.fail_commits(true);
        let (address, sent) = (site.address, token.clone());
        let waiting = tokio::spawn(async move { upload_at(address, &sent, work("in doubt", true)).await });
        // Another connection sees what the server made of it.
        while there(&base).await[3] == 0 {
            tokio::task::yield_now().await;
        }
        wire.fail_commits(false);
        let answer: Answer = waiting.await.expect("it is answered");
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let again = upload_at(site.address, &token, work("in doubt", true)).await;
        assert_eq!(answer.json()["data"], again.json()["data"]);
        site.end().await;
        assert_eq!(there(&base).await, [1, 1, 1, 1]);
    });
}

/// Uploads of each student, and students of each server.
const EACH: usize = 12;
const STUDENTS: usize = 3;

#[test]
fn two_servers_at_once_make_one_chain() {
    tell(Backend::Postgres, |backend| async move {
        let (site, _, ada) = campus(backend).await;
        let admin = site.sign_in("admin@example.org").await;
        let mut tokens = vec![ada];
        for name in ["eve", "grace"] {
            tokens.push(site.enrolled(&admin, &format!("{name}@example.org"), COURSE, "STUDENT").await);
        }
        assert_eq!(tokens.len(), STUDENTS);
        let base = site.end().await;
        let other = base.beside();
        let servers = [Serving::start(&base, &[]).await, Serving::start(&other, &[]).await];
        let uploads = (0..2 * STUDENTS * EACH).map(|number| {
            let (server, token) = (servers[number % 2].address, tokens[number % STUDENTS].clone());
            async move { upload_at(server, &token, work(&number.to_string(), number % 4 < 2)).await }
        });
        let answers = join_all(uploads).await;
        let keys = keys_of(&servers[0], base.data()).await;
        let mut places = BTreeSet::new();
        for answer in &answers {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            let receipt = answer.json()["data"]["receipt"].to_string();
            places.insert(receipt.clone());
            let file = base.data().join("receipt.json");
            std::fs::write(&file, &receipt).expect("written");
            let arguments = ["verify-receipt", program::text(&file), "--keys", program::text(&keys)];
            // It asks no database.
            program::done(&program::run("sqlite:/nonexistent/lectern.db", base.data(), &arguments).await);
        }
        assert_eq!(places.len(), answers.len());
        let db = base.open().await;
        let positions = numbers(&db, "SELECT position FROM receipt_block ORDER BY position").await.expect("positions");
        assert_eq!(positions, (1..=positions.len() as i64).collect::<Vec<_>>());
        db.close().await;
        for server in servers {
            server.end().await;
        }
        assert_eq!(checked(&base, &keys).await, json!(answers.len()));
    });
}
