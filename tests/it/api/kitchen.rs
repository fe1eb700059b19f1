//! Where the cookbook's programs are run: a site with a course, a teacher and two students, and a folder with what the page shows.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use actors::job::Job as _;
use actors::mail::deliver::Deliver;
use actors::write::Write;
use entity::id::{self, Kind};
use entity::job::JobState;
use sea_orm::EntityTrait as _;
use serde_json::json;
use tests::backend::{Backend, tell};
use tests::cookbook;
use tests::site::{Plan, Site, examples};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

pub const COURSE: &str = "data-in-the-wild";
pub const ASSIGNMENT: &str = "data-in-the-wild/word-counts";
/// Who has a file with a token, named after them.
const PEOPLE: [(&str, &str); 3] = [("toni", "INSTRUCTOR"), ("ada", "STUDENT"), ("eve", "STUDENT")];

/// A course without missions: nothing has to be run before it is there.
const CONTENT: [(&str, &str); 2] = [
    (
        "section.yml",
        "sections:\n  - key: all\n    title: All\n    description: One course.\n    courses: [data-in-the-wild]\n",
    ),
    (
        "course.yml",
        "courses:\n  - key: data-in-the-wild\n    title: Data in the wild\n    description: One assignment.\n    missions: []\n",
    ),
];

pub struct Kitchen {
    pub site: Site,
    folder: tempfile::TempDir,
}

/// Tells a story in a kitchen. What has to be installed is installed before the clock of the story runs.
pub fn cook<F: Future<Output = ()> + 'static>(story: impl FnOnce(Kitchen) -> F + 'static) {
    let _ = (cookbook::typescript(), cookbook::gql(), cookbook::ariadne());
    tell(Backend::Sqlite, |backend| async move { story(Kitchen::new(backend).await).await });
}

impl Kitchen {
    async fn new(backend: Backend) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        cookbook::lay(folder.path());
        let content = content(folder.path());
        let site = Site::new(backend, Plan { content, ..Plan::default() }).await;
        let admin = site.sign_in("admin@example.org").await;
        let synced = site.sync(&admin).await;
        assert_eq!(synced, [("assignment/word-counts".to_owned(), "stored".to_owned())]);
        let keep = |name: &str, token: &str| std::fs::write(folder.path().join(name), token).expect("room for a file");
        for (name, role) in PEOPLE {
            keep(name, &site.enrolled(&admin, &format!("{name}@example.org"), COURSE, role).await);
        }
        keep("admin", &admin);
        std::fs::copy(examples().join("solutions/word-counts/words.py"), folder.path().join("words.py"))
            .expect("a copy");
        Self { site, folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn token(&self, of: &str) -> String {
        std::fs::read_to_string(self.folder().join(of)).expect("they have signed in")
    }

    /// One of the programs, by the name that the page gives it, as somebody.
    pub fn program(&self, of: &str, name: &str, words: &[&str]) -> Command {
        let mut command = match name.rsplit_once('.') {
            Some((_, "sh")) => started("sh", name.into()),
            Some((_, "py")) => started("python3", name.into()),
            Some((stem, "ts")) => started("node", cookbook::typescript().join(format!("out/{stem}.js"))),
            _ => panic!("{name} is no program"),
        };
        let packages = if name == "typed.py" { cookbook::ariadne() } else { cookbook::gql() };
        command.args(words).current_dir(self.folder()).env("PYTHONPATH", packages);
        command.env("LECTERN_URL", format!("http://{}", self.site.address)).env("LECTERN_TOKEN_FILE", of);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs a program to its end; how it ended and what it said.
    pub async fn ended(&self, of: &str, name: &str, words: &[&str], input: &str) -> Output {
        let mut child = self.program(of, name, words).spawn().expect("it can be started");
        let mut stdin = child.stdin.take().expect("a pipe");
        // Who does not read has gone.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        child.wait_with_output().await.expect("it ends")
    }

    /// Runs a program that must end well; what it printed.
    pub async fn run(&self, of: &str, name: &str, words: &[&str]) -> String {
        let output = self.ended(of, name, words, "").await;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name} {words:?}: {out}{err}");
        out.into_owned()
    }

    /// The global id of the assignment.
    pub async fn assignment(&self) -> String {
        let query = "query($endpoint: String!) { assignment(endpoint: $endpoint) { id } }";
        let answer = self.site.ask(&self.token("ada"), query, json!({ "endpoint": ASSIGNMENT })).await;
        answer["assignment"]["id"].as_str().expect("an id").to_owned()
    }

    /// A job that was given up: to deliver a letter that there is not. Its global id.
    pub async fn dead_job(&self) -> String {
        let deps = &self.site.app.kernel.deps;
        let mut write = Write::begin(deps).await.expect("a transaction");
        let job = write.enqueue(Deliver { letter: 0 }.new()).await.expect("enqueued");
        write.commit().await.expect("committed");
        let id = id::encode(Kind::Job, job);
        let events = "subscription($id: ID!) { job(id: $id) { kind } }";
        let mut events = self.site.follow(&self.token("admin"), events, json!({ "id": id })).await;
        while let tests::graphql_ws::Said::Next(_) = events.said().await {}
        let row = entity::job::Entity::find_by_id(job).one(deps.db.read()).await.expect("an answer").expect("a row");
        assert_eq!(row.state, JobState::Dead);
        id
    }
}

/// Writes the course; its folder.
fn content(folder: &Path) -> PathBuf {
    let content = folder.join("content");
    let (from, to) = (examples().join("content/assignments/word-counts"), content.join("assignments/word-counts"));
    std::fs::create_dir_all(&to).expect("a new folder");
    for (name, text) in CONTENT {
        std::fs::write(content.join(name), text).expect("room for a file");
    }
    for name in ["assignment.yml", "words.py"] {
        std::fs::copy(from.join(name), to.join(name)).expect("a copy");
    }
    content
}

fn started(program: &str, of: PathBuf) -> Command {
    let mut command = Command::new(program);
    command.arg(of);
    command
}
