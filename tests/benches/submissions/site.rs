//! The site that takes work in, as a process of its own, and what its students are.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use actors::database::Database;
use actors::identity::create_token::{NewToken, create_token};
use actors::lane::Size;
use actors::lanes;
use entity::file::{Entry, keep};
use entity::identity::scope::Scope;
use entity::viewer::ViewerScope;
use migration::{Migrator, MigratorTrait as _};
use poem::Server;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use serde_json::{Value, json};
use server::app::{App, Role};
use server::config::Config;
use tests::postgres::Durable;
use tests::processor;
use tests::site::measured;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use super::CLIENTS;
use super::bodies::{Deck, ENDPOINT};
use super::load::{self, Door, End, Figures, Pace};

/// Students of the course, and staff.
const STUDENTS: usize = 1_000;
const STAFF: usize = 10;

/// A site at work.
pub struct Site {
    pub address: SocketAddr,
    /// Of the students, then of staff.
    tokens: Vec<String>,
    server: Child,
    /// The URL of its database.
    pub url: String,
    /// Where the database is, as long as this is.
    cluster: Option<Durable>,
    _folder: tempfile::TempDir,
}

impl Site {
    /// Starts one on a cluster of its own, or on an embedded database.
    pub async fn start(embedded: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let cluster = (!embedded).then(Durable::start);
        let url = match &cluster {
            Some(cluster) => cluster.empty().await,
            None => format!("sqlite:{}", folder.path().join("lectern.db").display()),
        };
        let own = std::env::current_exe().expect("a path");
        let mut command = tokio::process::Command::new(own);
        command.args(["serve", "--site", &url]);
        let mut server =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("this program");
        let mut lines = BufReader::new(server.stdout.take().expect("a pipe")).lines();
        let line = lines.next_line().await.expect("it talks").expect("it says where it serves");
        let said: Value = serde_json::from_str(&line).expect("a line of JSON");
        let tokens = said["tokens"].as_array().expect("tokens").iter();
        let tokens = tokens.map(|token| token.as_str().expect("a token").to_owned()).collect();
        let port = said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Self { address, tokens, server, url, cluster, _folder: folder }
    }

    pub fn students(&self) -> usize {
        STUDENTS
    }

    /// The tokens of the students.
    pub fn tokens(&self) -> &[String] {
        &self.tokens[..STUDENTS]
    }

    /// The tokens of staff.
    pub fn staff(&self) -> &[String] {
        &self.tokens[STUDENTS..]
    }

    /// The cluster that its database is in.
    pub fn cluster(&self) -> &Durable {
        self.cluster.as_ref().expect("it is on PostgreSQL")
    }

    pub fn door(&self) -> Door<'_> {
        Door { address: self.address, path: "/api/v3/backups/", good: "\"signature\"", tokens: self.tokens() }
    }

    /// Takes work in for that long.
    pub async fn run(&self, deck: &mut Deck, time: Duration, pace: Pace) -> Figures {
        let before = self.cpu();
        let mut figures = load::run(self.door(), deck, End::After(time), pace, CLIENTS).await;
        figures.cpu = self.cpu().saturating_sub(before);
        figures
    }

    /// Takes so many pieces in; how many a second.
    pub async fn fill(&self, deck: &mut Deck, count: u64) -> f64 {
        load::run(self.door(), deck, End::Sent(count), Pace::Free, CLIENTS).await.rate
    }

    fn cpu(&self) -> Duration {
        let server = self.server.id().map_or(Duration::ZERO, processor::of_process);
        server + if self.cluster.is_some() { processor::of_name("postgres") } else { Duration::ZERO }
    }
}

/// Serves until the standard input ends. Says where, and everybody's tokens.
#[expect(clippy::print_stdout, reason = "it is how it talks")]
pub async fn serve(url: &str) {
    let db = Database::connect(url).await.expect("the database");
    Migrator::up(db.write_connection(), None).await.expect("its shape");
    db.close().await;
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::build(config(folder.path(), url), Role::Serve).await.expect("the site starts");
    let db = app.kernel.deps.db.write_connection();
    world(db).await;
    let tokens = tokens(&app).await;
    let acceptor = TcpListener::bind(app.config.listen).into_acceptor().await.expect("a port");
    let address = *acceptor.local_addr()[0].as_socket_addr().expect("an address");
    tokio::spawn(Server::new_with_acceptor(acceptor).run(server::http::public(&app)));
    println!("{}", json!({ "port": address.port(), "tokens": tokens }));
    let _ = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await;
}

fn config(folder: &Path, url: &str) -> Config {
    let mut config = measured(folder, url);
    // What is to be graded waits for others.
    config.lanes = Some([lanes::CONTENT, lanes::HOUSEKEEPING, lanes::MAIL].map(|lane| (lane, Size::of(1))).to_vec());
    config
}

/// A course with an assignment that is graded, those who take it, and staff.
async fn world(db: &DatabaseConnection) {
    let template = b"def roll():\n    pass\n".to_vec();
    let entry = json!([Entry::of("hog.py", &template)]).to_string();
    keep(db, vec![template]).await.expect("a template");
    let people = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {all}) ";
    let statements = [
        "INSERT INTO section (id, key, title, description, position) VALUES (1, 's', 'Section', '', 0)".to_owned(),
        "INSERT INTO course (id, key, section_id, title, description, position, time_zone) VALUES (1, 'bench', 1, 'Bench', '', 0, 'UTC')".to_owned(),
        format!(
            "INSERT INTO assignment (id, course_id, endpoint, title, description_html, language, main, template, due_at, due_local, time_zone, \
               content_hash, synced_at) \
             VALUES (1, 1, '{ENDPOINT}', 'Hog', '<p>Roll the dice.</p>', 'python3', 'hog.py', '{entry}', 1893456000000000, '2030-01-01T00:00', \
               'UTC', 'x', 0)"
        ),
        format!(
            "{people} INSERT INTO \"user\" (email, name, admin, rights_version, created_at, verified_at) \
             SELECT 'person' || i || '@example.edu', 'Student Name ' || i, false, 0, 0, 0 FROM n"
        )
        .replace("{all}", &(STUDENTS + STAFF).to_string()),
        format!(
            "INSERT INTO enrollment (user_id, course_id, role, created_at) \
             SELECT id, 1, CASE WHEN id > {STUDENTS} THEN 'instructor' ELSE 'student' END, 0 FROM \"user\""
        ),
    ];
    for statement in statements {
        db.execute_unprepared(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

/// A token for everybody, as `lectern token create` makes it.
async fn tokens(app: &App) -> Vec<String> {
    let deps = &app.kernel.deps;
    let mut tokens = Vec::new();
    for person in 1..=STUDENTS + STAFF {
        let new = NewToken { name: "bench".to_owned(), scopes: vec![Scope::All], courses: None, days: 1 };
        let email = format!("person{person}@example.edu");
        let made = create_token(deps, &ViewerScope::system("a benchmark"), Some(&email), new).await;
        tokens.push(made.unwrap_or_else(|problem| panic!("{problem:?}")).token);
    }
    tokens
}
