//! Receipts: everybody who hands something in has proof of it, and whatever is changed afterwards is found.

mod chain;
mod hand_in;
mod heads;
mod kept;
mod pages;
mod tamper;

use std::path::PathBuf;
use std::process::Output;

use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::{self, Answer};
use tests::site::{Plan, Site};

use crate::keeping::program::run;

const ENDPOINT: &str = "data-in-the-wild/word-counts";
const COURSE: &str = "data-in-the-wild";
const SUBMIT: &str = "mutation($input: SubmitInput!) { submit(input: $input) { submission { id } problems { message } \
     receipt { text email salt isHandedIn receivedAt courseKey assignmentEndpoint backupId block { position leafCount keyId hash } } } }";

/// A site with a course, and Ada on its roster.
struct Campus {
    site: Site,
    admin: String,
    ada: String,
    assignment: Value,
}

impl Campus {
    async fn new(backend: Backend) -> Self {
        Self::on(Site::new(backend, Plan::default()).await).await
    }

    async fn on(site: Site) -> Self {
        let admin = site.sign_in("admin@example.org").await;
        site.sync(&admin).await;
        let ada = site.enrolled(&admin, "ada@example.org", COURSE, "STUDENT").await;
        let query = format!("{{ assignment(endpoint: \"{ENDPOINT}\") {{ id }} }}");
        let assignment = site.ask(&ada, &query, json!({})).await["assignment"]["id"].take();
        Self { site, admin, ada, assignment }
    }

    /// Hands in `text` by a key; the payload.
    async fn submit(&self, site: &Site, token: &str, text: &str, key: &str) -> Value {
        let files = json!([{ "name": "words.py", "text": text }]);
        let input = json!({ "assignment": self.assignment, "files": files, "idempotencyKey": key });
        let mut payload = site.ask(token, SUBMIT, json!({ "input": input })).await["submit"].take();
        assert_eq!(payload["problems"].take(), json!([]));
        payload
    }

    /// Ada hands in; the text of her receipt.
    async fn receipt(&self, text: &str) -> String {
        let payload = self.submit(&self.site, &self.ada, text, text).await;
        payload["receipt"]["text"].as_str().expect("a receipt").to_owned()
    }

    async fn execute(&self, text: &str) {
        let db = self.site.app.kernel.deps.db.write_connection();
        db.execute_unprepared(text).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    }

    /// The keys that verify receipts, in a file.
    async fn keys(&self) -> PathBuf {
        let path = self.site.base.data().join("receipt-keys.json");
        std::fs::write(&path, get(&self.site, "/.well-known/receipt-keys.json").await.text()).expect("written");
        path
    }

    /// Verifies a receipt by the real program, away from the site; its status, and what it says.
    async fn verify(&self, receipt: &str, keys: Option<&PathBuf>, more: &[&str]) -> (Option<i32>, Value) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("receipt.json");
        std::fs::write(&file, receipt).expect("written");
        let mut arguments = vec!["verify-receipt", file.to_str().expect("letters"), "--json"];
        if let Some(keys) = keys {
            arguments.extend(["--keys", keys.to_str().expect("letters")]);
        }
        arguments.extend(more);
        // There is no such database: it needs none.
        let output = run("sqlite:/nonexistent/lectern.db", folder.path(), &arguments).await;
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
    }

    /// Has the real program walk the chains; its status, and what it found.
    async fn check(&self, more: &[&str]) -> (Option<i32>, Value) {
        check(&self.site.base.url, &self.site, more).await
    }
}

/// Has the real program walk the chains of a site; its status, and what it found.
pub(crate) async fn check(url: &str, site: &Site, more: &[&str]) -> (Option<i32>, Value) {
    let arguments: Vec<&str> = ["receipts", "check", "--json"].into_iter().chain(more.iter().copied()).collect();
    let output: Output = run(url, site.base.data(), &arguments).await;
    let report = serde_json::from_slice(&output.stdout);
    (output.status.code(), report.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))))
}

/// Of each question the word for what came of it.
fn outcome<'v>(verified: &'v Value, question: &str) -> &'v str {
    let all = verified["checks"].as_array().expect("checks");
    let found = all.iter().find(|check| check["question"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(question)));
    found.and_then(|check| check["outcome"].as_str()).unwrap_or_else(|| panic!("no {question}: {verified}"))
}

async fn get(site: &Site, path: &str) -> Answer {
    client::send(site.address, hyper::Method::GET, path, [], "").await
}

/// Asks a site about a receipt, as nobody.
async fn verify_there(site: &Site, receipt: &str) -> Value {
    let query = "query($receipt: String!) { verifyReceipt(receipt: $receipt) { isGood checks { question outcome message } \
         receipt { backupId email } } }";
    site.post(None, query, json!({ "receipt": receipt })).await
}
