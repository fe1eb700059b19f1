//! Those who follow something and do not read, and those who are gone without a word: each is let go, and costs little until then.

use std::net::SocketAddr;
use std::time::Duration;

use entity::job::event::{self, NewEvent, Reserved, Stream};
use hyper::Method;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use server::http::patience::Patience;
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::client::{self, free_address, post_json};
use tests::frames::{Frames, PING, PONG};
use tests::site::{METRICS, PASSWORD, Plan, Site};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use super::restart::lectern;
use crate::first_light::killed::{Server, run};

/// What there is to read: more than a connection's buffers hold.
const EVENTS: usize = 6_000;
const EACH: usize = 4 << 10;
/// Of sockets, and of streams of events.
const READERS: usize = 8;
/// What the server may need more for all of them, in KiB. What they have not read is ten times as much.
const MOST: u64 = 40 << 10;

const ACTIVITY: &str = "subscription($course: ID!) { courseActivity(course: $course) { cursor kind details } }";

#[test]
fn who_does_not_read_is_let_go_and_costs_little() {
    tell(Backend::Sqlite, |backend| async move {
        let base = Base::new(backend).await;
        run(lectern(&base, free_address()), &["user", "create", "robin@example.org", "--name", "Robin", "--admin"])
            .await;
        stock(&base).await;
        let mut command = lectern(&base, free_address());
        command.env("LECTERN_METRICS_TOKEN", METRICS);
        let server = Server::start(command).await;
        let (token, course) = (token(&server).await, entity::id::encode(entity::id::Kind::Course, 1));
        let asked = json!({ "query": ACTIVITY, "variables": { "course": course } });
        let process = server.child.id().expect("it lives");
        let (before, few) = (peak(process), connections(process));
        let mut late = socket(server.address, &token, &asked).await;
        let mut readers = Vec::new();
        for _ in 0..READERS {
            readers.push((socket(server.address, &token, &asked).await, stream(server.address, &token, &asked).await));
        }
        until(&server, |sockets, streams| (sockets, streams) == (READERS + 1, READERS)).await;
        // The first socket was full before the last stream was, and is waited for a little longer, to be told why.
        until(&server, |_, streams| streams == 0).await;
        assert_eq!(late.closing().await, (4408, "The reader is too slow".to_owned()));
        until(&server, |sockets, _| sockets == 0).await;
        while connections(process) > few {
            // The connections end with those who had them; nobody tells.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let most = peak(process) - before;
        assert!(most < MOST, "{} readers took {most} KiB", 2 * readers.len() + 1);
        server.kill().await;
    });
}

async fn stock(base: &Base) {
    let db = base.open().await;
    for text in [
        "INSERT INTO section (id, key, title, description, position) VALUES (1, 's', 'S', '', 0)",
        "INSERT INTO course (id, key, section_id, title, description, position, time_zone) \
          VALUES (1, 'c', 1, 'C', '', 0, 'UTC')",
    ] {
        db.write_connection().execute_unprepared(text).await.expect(text);
    }
    let data = json!({ "text": "x".repeat(EACH) });
    let events = vec![NewEvent::new(Stream::Course(1), "tick", data); 500];
    let now = entity::clock::Clock::System.now();
    for _ in 0..EVENTS / events.len() {
        event::append(db.write_connection(), &events, &Reserved::default(), now).await.expect("events");
    }
    db.close().await;
}

async fn token(server: &Server) -> String {
    let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { token } }";
    let variables = json!({ "input": { "email": "robin@example.org", "password": PASSWORD } });
    let answer =
        post_json(server.address, "/graphql", None, &json!({ "query": sign_in, "variables": variables })).await.json();
    answer["data"]["signIn"]["token"].as_str().expect("a token").to_owned()
}

/// A connection whose reader holds little.
async fn connection(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(8 << 10).expect("a small buffer");
    socket.connect(address).await.expect("the server listens")
}

/// A web socket that follows something.
async fn socket(address: SocketAddr, token: &str, asked: &Value) -> Frames {
    let mut socket = Frames::on(connection(address).await, "/graphql", "graphql-transport-ws").await;
    let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } });
    socket.say(&init.to_string()).await;
    assert!(socket.next().await.expect("an answer").text().contains("connection_ack"));
    socket.say(&json!({ "type": "subscribe", "id": "1", "payload": asked }).to_string()).await;
    socket
}

/// A stream of events that follows something.
async fn stream(address: SocketAddr, token: &str, asked: &Value) -> TcpStream {
    let mut stream = connection(address).await;
    let body = asked.to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    stream
}

/// Waits until so many sockets and streams are open.
async fn until(server: &Server, enough: impl Fn(usize, usize) -> bool) {
    loop {
        let bearer = [("authorization", format!("Bearer {METRICS}"))];
        let metrics = client::send(server.address, Method::GET, "/metrics", bearer, "").await.text();
        let gauge = |name: &str| {
            let line = metrics.lines().find_map(|line| line.strip_prefix(name)).expect("a gauge");
            line.trim().parse().expect("a number")
        };
        if enough(gauge("lectern_graphql_sockets "), gauge("lectern_graphql_streams ")) {
            return;
        }
        // What changes a gauge tells nobody.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The most memory that a process has had, in KiB.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}

/// The connections that a process has open.
fn connections(process: u32) -> usize {
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("it lives").flatten();
    let leads_to = files.filter_map(|file| std::fs::read_link(file.path()).ok());
    leads_to.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

#[test]
fn who_is_gone_without_a_word_is_let_go() {
    tell(Backend::Sqlite, |backend| async move {
        let (silence, gone) = (Duration::from_millis(200), Duration::from_secs(1));
        let patience = Patience { silence, gone, ..Patience::default() };
        let site = Site::new(backend, Plan { patience, ..Plan::default() }).await;
        let acknowledged = || async {
            let mut socket = Frames::open(site.address, "/graphql", "graphql-transport-ws").await;
            socket.say(r#"{"type":"connection_init"}"#).await;
            assert!(socket.next().await.expect("an answer").text().contains("connection_ack"));
            socket
        };
        // As one whose machine was switched off: it takes what comes, and says nothing.
        let (mut dead, mut idle) = (acknowledged().await, acknowledged().await);
        let died = tokio::spawn(async move {
            let mut asked = 0;
            loop {
                let frame = dead.next().await.expect("it is told");
                if frame.kind != PING {
                    return (asked, frame.closing().0, frame.closing().1.to_owned());
                }
                asked += 1;
            }
        });
        // One that has nothing to say answers, and stays longer than the other.
        for _ in 0..8 {
            let frame = idle.next().await.expect("it is asked");
            assert_eq!(frame.kind, PING);
            idle.send(PONG, &frame.payload).await;
        }
        let (asked, code, reason) = died.await.expect("it is let go");
        assert!(asked >= 2, "it was asked {asked} times");
        assert_eq!((code, reason.as_str()), (4408, "No sign of life"));
        idle.say(r#"{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}"#).await;
        loop {
            let frame = idle.next().await.expect("it is still served");
            if frame.kind != PING {
                break assert!(frame.text().contains("Query"), "{frame:?}");
            }
        }
        site.end().await;
    });
}
