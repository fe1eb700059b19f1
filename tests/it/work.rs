//! Work as a whole: groups that share it, what counts of it and why, how much time there is, and what lateness costs.

mod again;
mod choice;
mod deadlines;
mod grades;
mod groups;
mod more_time;
mod rules;
mod staff;
mod tokens;
mod wishes;

use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use entity::clock::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::backend::Backend;
use tests::site::{Plan, Site};

/// A site whose course has three assignments: one that is open and is done in groups with three attempts, one that is late already and
/// costs a tenth a day, and one that is closed.
pub(crate) struct Desk {
    pub site: Site,
    pub admin: String,
    content: TempDir,
}

pub(crate) const COURSE: &str = "writing";

impl Desk {
    pub async fn new(backend: Backend) -> Self {
        let content = tempfile::tempdir().expect("a folder");
        write_content(content.path());
        let site = Site::new(backend, Plan { content: content.path().to_owned(), ..Plan::default() }).await;
        let admin = site.sign_in("admin@example.org").await;
        let outcomes = site.sync(&admin).await;
        assert!(outcomes.iter().all(|(_, outcome)| outcome == "stored"), "{outcomes:?}");
        Self { site, admin, content }
    }

    pub async fn student(&self, name: &str) -> String {
        self.site.enrolled(&self.admin, &format!("{name}@example.org"), COURSE, "STUDENT").await
    }

    pub async fn ask(&self, token: &str, query: &str, variables: Value) -> Value {
        self.site.ask(token, query, variables).await
    }

    /// The global id of an assignment.
    pub async fn assignment(&self, token: &str, name: &str) -> String {
        let found = self.about(token, name, "id").await;
        found["id"].as_str().expect("an assignment").to_owned()
    }

    /// Fields of an assignment.
    pub async fn about(&self, token: &str, name: &str, fields: &str) -> Value {
        let query = format!("{{ assignment(endpoint: \"{COURSE}/{name}\") {{ {fields} }} }}");
        self.ask(token, &query, json!({})).await["assignment"].take()
    }

    /// Does what a mutation of that name does with this input; its payload with these fields.
    pub async fn change(&self, token: &str, name: &str, input: Value, fields: &str) -> Value {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query =
            format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} problems {{ code path }} }} }}");
        self.ask(token, &query, json!({ "input": input })).await[name].take()
    }

    /// The code of the problem of a change that is refused.
    async fn refused(&self, token: &str, name: &str, input: Value) -> Value {
        let answer = self.change(token, name, input, "").await;
        assert_eq!(answer["problems"].as_array().map(Vec::len), Some(1), "{name} is not refused: {answer}");
        answer["problems"][0]["code"].clone()
    }

    /// Hands in this text for an assignment.
    async fn submit(&self, token: &str, name: &str, text: &str) -> Value {
        let query = "mutation($input: SubmitInput!) { submit(input: $input) { submission { id lateness isFinal finalReason } \
             backup { id } job { id } problems { code message } } }";
        let files = json!([{ "name": "main.py", "text": text }]);
        let input = json!({ "assignment": self.assignment(token, name).await, "files": files, "idempotencyKey": text });
        self.ask(token, query, json!({ "input": input })).await["submit"].take()
    }

    /// The id of what is handed in.
    async fn handed_in(&self, token: &str, name: &str, text: &str) -> String {
        let answer = self.submit(token, name, text).await;
        answer["submission"]["id"].as_str().unwrap_or_else(|| panic!("not handed in: {answer}")).to_owned()
    }
}

/// Writes a file of the content.
fn put(folder: &Path, path: &str, text: String) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn write_content(folder: &Path) {
    let put = |path: &str, text: String| put(folder, path, text);
    put("section.yml", "sections:\n- {key: arts, title: Arts, description: Arts., courses: [writing]}\n".to_owned());
    put(
        "course.yml",
        "courses:\n- {key: writing, title: Writing, description: Words., missions: [], slip_days: 1}\n".to_owned(),
    );
    let (open, late, ago) = (days_from_now(30.0), days_from_now(-1.5), days_from_now(-20.0));
    for (name, due, rest) in [
        ("essay", open, format!("lock: {}\nmax_group_size: 3\nattempts: 3", wall(days_from_now(40.0)))),
        ("poem", late, "late_policy: {percent_per_day: 10}".to_owned()),
        ("letter", ago, format!("lock: {}\nmax_group_size: 2", wall(days_from_now(-10.0)))),
    ] {
        put(&format!("assignments/{name}/assignment.yml"), assignment(name, due, &rest));
    }
}

/// The text of an assignment's folder.
fn assignment(name: &str, due: DateTime<Utc>, rest: &str) -> String {
    format!(
        "course: writing\ntitle: {name}\ndescription: Write.\nlanguage: python3\nmain: main.py\nfiles: [main.py]\n\
         due: {}\ntime_zone: UTC\n{rest}\ntests:\n- {{name: adds, points: 10, call: add, arguments: [1, 2], expect: 3}}\n",
        wall(due)
    )
}

fn days_from_now(days: f64) -> DateTime<Utc> {
    let now = Clock::System.now().to_utc().expect("a time");
    now + Duration::minutes((days * 1440.0) as i64)
}

/// A time as the clock on a wall in UTC shows it.
fn wall(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}
