//! How fast a course's downloads come: grades as a table, and the submissions that count as a package and as lines.
//!
//! A thousand students, twenty assignments, a final submission of about 8 KB with a total for each. The floor is `psql`, which copies the same bytes
//! out of the same database. How much memory the server takes at most says whether a download holds what it sends. The server is a process of its own: this
//! program, started with `serve`, on PostgreSQL. `--scale 10` is a course with ten times the students.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use actors::database::Database;
use actors::identity::create_token::{NewToken, create_token};
use entity::identity::scope::Scope;
use entity::viewer::ViewerScope;
use migration::{Migrator, MigratorTrait as _};
use poem::Server;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use server::app::{App, Role};
use tests::client;
use tests::postgres::{Durable, program, socket_of};
use tests::site::measured;
use tokio::io::{AsyncBufReadExt as _, BufReader};

const STUDENTS: u64 = 1_000;
const ASSIGNMENTS: u64 = 20;
/// How often each is downloaded; the median counts.
const ROUNDS: usize = 5;

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn main() {
    let words: Vec<String> = std::env::args().collect();
    let after = |word: &str| words.iter().position(|it| it == word).and_then(|place| words.get(place + 1)).cloned();
    let scale: u64 = after("--scale").and_then(|text| text.parse().ok()).unwrap_or(1);
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if words.iter().any(|word| word == "serve") {
        let url = after("--site").expect("the URL of a database");
        actix::System::with_tokio_rt(runtime).block_on(serve(&url, STUDENTS * scale));
        return;
    }
    let one = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    one.block_on(async {
        let cluster = Durable::start();
        let url = cluster.empty().await;
        let (mut child, address, token) = server(&url, scale).await;
        let process = child.id().expect("it runs");
        for (name, what) in [
            ("grades.csv", "SELECT owner_id, assignment_id, value FROM score"),
            ("finals.zip", FINALS),
            ("finals.jsonl", FINALS),
        ] {
            let floor = median((0..ROUNDS).map(|_| copy(&url, what)).collect());
            let before = memory(process, "VmRSS");
            let mut took = Vec::new();
            let mut bytes = 0;
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let bearer = [("authorization", format!("Bearer {token}"))];
                let answer = client::send(address, hyper::Method::GET, &format!("/api/exports/bench/{name}"), bearer, "").await;
                took.push(begun.elapsed());
                assert_eq!(answer.status, 200, "{}", answer.text());
                bytes = answer.body.len();
            }
            let (took, most) = (median(took), memory(process, "VmHWM"));
            let content = if name == "grades.csv" { bytes as f64 } else { content(scale) };
            println!(
                "{name}: {:.0} ms, {:.1} MB sent, {:.0} MB/s of content; psql {:.0} ms, {:.2} x of that; memory {before:.0} MiB before, at most {most:.0} MiB",
                took.as_secs_f64() * 1e3,
                bytes as f64 / 1e6,
                content / 1e6 / took.as_secs_f64(),
                floor.as_secs_f64() * 1e3,
                took.as_secs_f64() / floor.as_secs_f64(),
            );
        }
        child.kill().await.expect("ours");
    });
}

/// What the packages hold, as rows.
const FINALS: &str = "SELECT u.email, b.bytes FROM work AS w JOIN backup AS k ON k.id = w.final_submission_id \
     JOIN blob AS b ON b.digest = k.files -> 0 ->> 'digest' JOIN \"user\" AS u ON u.id = w.owner_id";

/// Bytes of all files.
fn content(scale: u64) -> f64 {
    (STUDENTS * scale * ASSIGNMENTS) as f64 * text("", 0).len() as f64
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}

/// Copies what a statement reads, to nowhere.
fn copy(url: &str, what: &str) -> Duration {
    let (socket, database) = socket_of(url);
    let begun = Instant::now();
    let mut psql = Command::new(program("psql"));
    psql.args(["-q", "-U", "lectern", "-d", &database, "-c", &format!("COPY ({what}) TO STDOUT (FORMAT binary)")])
        .arg("-h")
        .arg(socket);
    assert!(psql.stdout(Stdio::null()).status().expect("psql").success(), "{what}");
    begun.elapsed()
}

/// What a process says of its memory, in MiB.
fn memory(process: u32, line: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(':')).expect("a line");
    line.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).expect("a number") / 1024.0
}

/// The server in a process of its own, where it serves, and the token of somebody who teaches.
async fn server(url: &str, scale: u64) -> (tokio::process::Child, SocketAddr, String) {
    let own = std::env::current_exe().expect("a path");
    let mut command = tokio::process::Command::new(own);
    command.args(["serve", "--site", url, "--scale", &scale.to_string()]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("this program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let line = lines.next_line().await.expect("it talks").expect("it says where it serves");
    let said: Value = serde_json::from_str(&line).expect("a line of JSON");
    let port = said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
    (child, SocketAddr::from(([127, 0, 0, 1], port)), said["token"].as_str().expect("a token").to_owned())
}

/// Serves until the standard input ends. Says where, and a token.
#[expect(clippy::print_stdout, reason = "it is how it talks")]
async fn serve(url: &str, students: u64) {
    let db = Database::connect(url).await.expect("the database");
    Migrator::up(db.write_connection(), None).await.expect("its shape");
    db.close().await;
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::build(measured(folder.path(), url), Role::Serve).await.expect("the site starts");
    let deps = &app.kernel.deps;
    for statement in world(students) {
        let made = deps.db.write_connection().execute_unprepared(&statement).await;
        made.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let new = NewToken { name: "bench".to_owned(), scopes: vec![Scope::All], courses: None, days: 1 };
    let system = ViewerScope::system("a benchmark");
    let made = create_token(deps, &system, Some("teacher@example.edu"), new).await;
    let token = made.unwrap_or_else(|problem| panic!("{problem:?}")).token;
    let acceptor = TcpListener::bind(app.config.listen).into_acceptor().await.expect("a port");
    let address = *acceptor.local_addr()[0].as_socket_addr().expect("an address");
    tokio::spawn(Server::new_with_acceptor(acceptor).run(server::http::public(&app)));
    println!("{}", json!({ "port": address.port(), "token": token }));
    let _ = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await;
}

/// The text of a program, in which `who` says whose it is.
fn text(who: &str, position: usize) -> String {
    let line = |number: usize| {
        format!(
            "    total = roll({}, dice={}) if score < {} else {}\n",
            number % 7,
            number % 5,
            number * 13 % 100,
            number % 11
        )
    };
    let body: String = (position..position + 150).map(line).collect();
    format!("# {who:0>20}\ndef play(score, opponent):\n{body}    return total\n")
}

fn world(students: u64) -> Vec<String> {
    let pair = "SELECT s.i AS student, a.i AS assignment, (s.i - 1) * 20 + a.i AS n FROM generate_series(1, {s}) AS s (i), generate_series(1, {a}) AS a (i)"
        .replace("{s}", &students.to_string())
        .replace("{a}", &ASSIGNMENTS.to_string());
    let text = text("", 0).replace('\'', "''");
    let (head, rest) = text.split_at(22);
    vec![
        "INSERT INTO section (id, key, title, description, position) VALUES (1, 's', 'Section', '', 0)".to_owned(),
        "INSERT INTO course (id, key, section_id, title, description, position, time_zone) VALUES (1, 'bench', 1, 'Bench', '', 0, 'UTC')".to_owned(),
        format!(
            "INSERT INTO assignment (id, course_id, endpoint, title, description_html, language, main, template, due_at, due_local, time_zone, \
               content_hash, synced_at) \
             SELECT i, 1, 'bench/a' || i, 'Assignment ' || i, '', 'python3', 'main.py', '[]', 1767225600000000, '2026-01-01T00:00', 'UTC', 'x', 0 \
             FROM generate_series(1, {ASSIGNMENTS}) i"
        ),
        format!(
            "INSERT INTO \"user\" (id, email, name, admin, rights_version, created_at, verified_at) \
             SELECT i, 'person' || i || '@example.edu', 'Student Name ' || i, false, 0, 0, 0 FROM generate_series(1, {students}) i \
             UNION ALL SELECT {students} + 1, 'teacher@example.edu', 'Teacher', false, 0, 0, 0"
        ),
        format!(
            "INSERT INTO enrollment (user_id, course_id, role, created_at) \
             SELECT id, 1, CASE WHEN id > {students} THEN 'instructor' ELSE 'student' END, 0 FROM \"user\""
        ),
        format!(
            "INSERT INTO blob (digest, size, bytes) SELECT lpad(n::text, 64, '0'), {}, convert_to('# ' || lpad(n::text, {}, '0') || '{rest}', 'UTF8') \
             FROM ({pair}) AS p",
            text.len(),
            head.len() - 2
        ),
        format!(
            "INSERT INTO backup (id, assignment_id, course_id, submitter_id, files, operation_key, received_at, done_at) \
             SELECT n, assignment, 1, student, jsonb_build_array(jsonb_build_object('name', 'main.py', 'digest', lpad(n::text, 64, '0'), 'size', {})), \
               'k' || n, n, n FROM ({pair}) AS p",
            text.len()
        ),
        "INSERT INTO submission (id, assignment_id, course_id, submitter_id, submitted_at, points) \
         SELECT id, assignment_id, 1, submitter_id, received_at, 10000 * (id % 101) FROM backup"
            .to_owned(),
        "INSERT INTO work (assignment_id, course_id, owner_id, final_submission_id, submissions, last_backup_id) \
         SELECT assignment_id, 1, submitter_id, id, 1, id FROM submission"
            .to_owned(),
        "INSERT INTO score (submission_id, course_id, owner_id, kind, value, maximum, created_at, assignment_id) \
         SELECT id, 1, submitter_id, 'total', points, 1000000, 0, assignment_id FROM submission"
            .to_owned(),
        "VACUUM ANALYZE".to_owned(),
    ]
}
