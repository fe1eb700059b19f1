//! Tests of an assignment that its author wrote as dialogues, suites and graders: work comes in at the front door, and goes out with points.

mod broken;
mod kinds;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::{Plan, Site, examples};

const SUBMIT: &str =
    "mutation($input: SubmitInput!) { submit(input: $input) { submission { id } run { id } problems { message } } }";
const RUN: &str = "subscription($run: ID!) { runOutput(run: $run) { kind text run { verdict } } }";
const SEEN: &str = "query($run: ID!) { node(id: $run) { ... on Run { verdict blame message earned \
     tests { name passed points feedback message blame staffMessage parts { name passed points hidden message detail } } \
     submission { id points scores { value } } } } }";

/// A site with a course of examples and of assignments of one's own, with staff and a student.
struct Class {
    site: Site,
    admin: String,
    teacher: String,
    student: String,
    content: TempDir,
}

impl Class {
    async fn new(backend: Backend, plan: Plan, assignments: &[(&str, &[(&str, &str)])]) -> Self {
        let content = tempfile::tempdir().expect("a folder");
        copy(&examples().join("content"), content.path());
        for (slug, files) in assignments {
            write(content.path(), slug, files);
        }
        let site = Site::new(backend, Plan { content: content.path().to_owned(), ..plan }).await;
        let admin = site.sign_in("admin@example.org").await;
        let synced = site.sync(&admin).await;
        assert!(synced.iter().all(|(_, outcome)| outcome == "stored"), "{synced:?}");
        let teacher = site.enrolled(&admin, "toni@example.org", COURSE, "INSTRUCTOR").await;
        let student = site.enrolled(&admin, "ada@example.org", COURSE, "STUDENT").await;
        Self { site, admin, teacher, student, content }
    }

    async fn hand_in(&self, slug: &str, text: &str) -> Handed {
        self.hand_in_to(&format!("{COURSE}/{slug}"), text).await
    }

    /// Hands in one file, waits for the end, and gives the run as the student sees it.
    async fn hand_in_to(&self, endpoint: &str, text: &str) -> Handed {
        let query = "query($endpoint: String!) { assignment(endpoint: $endpoint) { id main } }";
        let endpoint = json!({ "endpoint": endpoint });
        let assignment = self.site.ask(&self.student, query, endpoint.clone()).await["assignment"].take();
        let files = json!([{ "name": assignment["main"], "text": text }]);
        let input = json!({ "input": { "assignment": assignment["id"], "files": files } });
        let answer = self.site.ask(&self.student, SUBMIT, input).await["submit"].take();
        assert_eq!(answer["problems"], json!([]), "{endpoint}");
        let run = answer["run"]["id"].clone();
        let log = self.log(&run).await;
        Handed { seen: self.seen(&self.student, &run).await, run, log }
    }

    /// All that a run says to the student who asked for it, when it has ended.
    async fn log(&self, run: &Value) -> String {
        let mut follower = self.site.follow(&self.student, RUN, json!({ "run": run })).await;
        let mut log = String::new();
        while let Said::Next(record) = follower.said().await {
            log.push_str(record["data"]["runOutput"]["text"].as_str().unwrap_or_default());
        }
        log
    }

    async fn seen(&self, token: &str, run: &Value) -> Value {
        self.site.ask(token, SEEN, json!({ "run": run })).await["node"].take()
    }
}

/// What came of a hand-in.
struct Handed {
    run: Value,
    /// As the student sees it.
    seen: Value,
    /// What the student could watch.
    log: String,
}

impl Handed {
    fn is(&self, verdict: &str, earned: &str) {
        assert_eq!((&self.seen["verdict"], &self.seen["earned"]), (&json!(verdict), &json!(earned)), "{:#}", self.seen);
    }
}

const COURSE: &str = "data-in-the-wild";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("it can be copied");
        }
    }
}

/// Writes an assignment in Python about `work.py`, whose tests are the first of the files.
fn write(content: &Path, slug: &str, files: &[(&str, &str)]) {
    let folder = content.join("assignments").join(slug);
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in files {
        let (name, text) = match *name {
            "tests" => (
                "assignment.yml",
                format!(
                    "course: {COURSE}\ntitle: A test of tests\ndescription: Do it.\nlanguage: python3\nmain: work.py\nfiles: [work.py]\n\
                 due: 2037-01-15T23:59:00\ntime_zone: Europe/Berlin\ntimeout_s: 1\ntests:\n{text}"
                ),
            ),
            name => (name, (*text).to_owned()),
        };
        fs::write(folder.join(name), text).expect("it can be written");
    }
}
