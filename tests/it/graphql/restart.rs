//! A staff dashboard through restarts: while students hand in, the server is stopped, and later killed, and started again; each
//! dashboard has in the end seen every event exactly once, in order.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use entity::id::{self, Kind};
use entity::job::event::{self, Stream};
use http_body_util::Full;
use hyper::Request;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::base::Base;
use tests::client::{self, free_address};
use tests::gql::Dashboard;
use tests::site::{PASSWORD, examples};
use tests::stories;
use tests::tools::launcher;
use tokio::sync::mpsc;

use crate::first_light::killed::{Server, run};

stories!(a_dashboard_misses_nothing_and_sees_nothing_twice);

const COURSE: &str = "data-in-the-wild";
const HAND_INS: usize = 12;
const ACTIVITY: &str = "subscription($course: ID!, $after: String) { \
     courseActivity(course: $course, after: $after) { cursor kind details } }";
const SUBMIT: &str =
    "mutation($input: SubmitInput!) { submit(input: $input) { submission { id } problems { message } } }";
/// What happens to each hand-in.
const KINDS: [&str; 3] = ["submission.received", "run.finished", "score.stored"];

pub(super) fn lectern(base: &Base, listen: SocketAddr) -> Command {
    let mut command = Command::new(launcher());
    command
        .env("LECTERN_LISTEN", listen.to_string())
        .env("LECTERN_DATABASE_URL", &base.url)
        .env("LECTERN_DATA_DIR", base.data())
        .env("LECTERN_CONTENT_DIR", examples().join("content"))
        .env("LECTERN_SECRET_KEY", "a secret of the stories, 32 letters")
        .env("LECTERN_LEASE_SECONDS", "2")
        .env_remove("LECTERN_TEST_LAUNCHER");
    command
}

async fn token(server: &Server, email: &str) -> String {
    let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { token } }";
    let signed_in = server.ask(None, sign_in, json!({ "input": { "email": email, "password": PASSWORD } })).await;
    signed_in["signIn"]["token"].as_str().expect("a token").to_owned()
}

async fn a_dashboard_misses_nothing_and_sees_nothing_twice(backend: Backend) {
    let (base, listen) = (Base::new(backend).await, free_address());
    for email in ["ada@example.org", "grace@example.org"] {
        run(lectern(&base, listen), &["user", "create", email, "--name", "Somebody"]).await;
    }
    run(lectern(&base, listen), &["sync", "--json"]).await;
    run(lectern(&base, listen), &["user", "enroll", "ada@example.org", COURSE]).await;
    run(lectern(&base, listen), &["user", "enroll", "grace@example.org", COURSE, "--role", "instructor"]).await;
    let server = Server::start(lectern(&base, listen)).await;
    let (student, staff) = (token(&server, "ada@example.org").await, token(&server, "grace@example.org").await);
    let of_course = format!("query {{ course(key: \"{COURSE}\") {{ id }} }}");
    let course = server.ask(Some(&staff), &of_course, json!({})).await["course"]["id"].take();
    let (url, variables) = (format!("ws://{listen}/graphql"), json!({ "course": course }));
    let mut dashboards = [
        Dashboard::graphql_ws(&url, &staff, ACTIVITY, variables.clone()).await,
        Dashboard::gql(&url, &staff, ACTIVITY, variables).await,
    ];
    let query = "{ assignment(endpoint: \"data-in-the-wild/temperature-table\") { id main } }";
    let assignment = server.ask(Some(&student), query, json!({})).await["assignment"].take();
    // Nobody is much further than the story knows, so that the server stops amid the work.
    let (tell, mut handed_in) = mpsc::channel(1);
    let students = tokio::spawn(hand_in(listen, student, assignment, tell));

    // Both are there, and both are in the middle of it when the server stops.
    for dashboard in &mut dashboards {
        dashboard.until(|seen| !seen.is_empty()).await;
    }
    while handed_in.recv().await.expect("students hand in") < HAND_INS / 3 {}
    let server = stopped_and_started(server, &base, listen).await;
    while handed_in.recv().await.expect("students hand in") < 2 * HAND_INS / 3 {}
    server.kill().await;
    let server = Server::start(lectern(&base, listen)).await;
    while handed_in.recv().await.is_some() {}
    students.await.expect("all is handed in");

    let all = |seen: &[Value]| KINDS.iter().all(|kind| count(seen, kind) >= HAND_INS);
    for dashboard in &mut dashboards {
        dashboard.until(all).await;
        assert!(dashboard.losses.len() >= 2, "{:?}", dashboard.losses);
    }
    // The one that was stopped has told why; the one that was killed could not.
    assert_eq!(dashboards[0].losses.first(), Some(&json!(1012)), "{:?}", dashboards[0].losses);
    server.kill().await;
    let db = base.open().await;
    let course = id::decode_as(Kind::Course, course.as_str().expect("an id")).expect("a course");
    let happened = event::after(db.read(), Stream::Course(course), 0, 10_000).await.expect("events");
    let happened: Vec<(&str, &Value)> = happened.iter().map(|event| (event.kind.as_str(), &event.data)).collect();
    for dashboard in &dashboards {
        let shown =
            |event: &'_ Value| (event["kind"].as_str().unwrap_or_default().to_owned(), event["details"].clone());
        let shown: Vec<(String, Value)> = dashboard.seen.iter().map(shown).collect();
        let shown: Vec<(&str, &Value)> = shown.iter().map(|(kind, details)| (kind.as_str(), details)).collect();
        assert_eq!(shown, happened);
    }
    assert!(KINDS.iter().all(|kind| happened.iter().filter(|(name, _)| name == kind).count() == HAND_INS));
    db.close().await;
}

fn count(seen: &[Value], kind: &str) -> usize {
    seen.iter().filter(|event| event["kind"] == kind).count()
}

/// As an operator restarts it.
async fn stopped_and_started(mut server: Server, base: &Base, listen: SocketAddr) -> Server {
    let process = i32::try_from(server.child.id().expect("it lives")).expect("a process id");
    kill(Pid::from_raw(process), Signal::SIGTERM).expect("it can be asked to stop");
    assert!(server.child.wait().await.expect("it stops").success());
    Server::start(lectern(base, listen)).await
}

/// Hands in one work after the other, each again until it is answered; tells how many there are, and waits until that is heard.
async fn hand_in(listen: SocketAddr, token: String, assignment: Value, tell: mpsc::Sender<usize>) {
    for number in 1..=HAND_INS {
        let files = json!([{ "name": assignment["main"], "text": format!("print({number})\n") }]);
        let key = format!("work {number}");
        let input = json!({ "assignment": assignment["id"], "files": files, "idempotencyKey": key });
        let body = json!({ "query": SUBMIT, "variables": { "input": input } }).to_string();
        while !is_handed_in(listen, &token, &body).await {
            // The server is away.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tell.send(number).await.expect("the story goes on");
    }
}

async fn is_handed_in(listen: SocketAddr, token: &str, body: &str) -> bool {
    let request = Request::post("/graphql")
        .header("host", listen.to_string())
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Full::from(body.to_owned()))
        .expect("a request");
    let Ok(answer) = client::try_send(listen, request).await else { return false };
    answer.status.is_success() && answer.json()["data"]["submit"]["submission"]["id"].is_string()
}
