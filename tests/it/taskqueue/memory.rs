//! Large answers take little memory, however many wait for them.

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use tests::backend::Backend;
use tests::base::Base;
use tests::client::free_address;
use tests::stories;
use tests::taskqueue::path;
use tokio::net::TcpStream;

use super::client::lectern;
use crate::first_light::killed::Server;

stories!(who_reads_slowly_costs_little);

const READERS: usize = 8;
/// What the server may need more, in KiB, while all of them wait. Their answers are three times as much.
const MOST: u64 = READERS as u64 * 7 * 1024;

async fn who_reads_slowly_costs_little(backend: Backend) {
    let base = Base::new(backend).await;
    let db = base.open().await;
    db.write_connection().execute_unprepared(&large_tasks(backend, READERS * 16)).await.expect("tasks");
    db.close().await;
    let server = Server::start(lectern(&base, free_address())).await;
    let process = server.child.id().expect("it lives");
    let before = peak(process);
    let mut answers = Vec::new();
    for _ in 0..READERS {
        answers.push(begun(&server).await);
    }
    let mut names = Vec::new();
    for answer in answers {
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        let answer: Value = serde_json::from_slice(&body).expect("JSON");
        let items = answer["items"].as_array().expect("items");
        assert!(items.iter().all(|task| task["payloadBase64"].as_str().map(str::len) == Some(1_398_104)));
        names.extend(items.iter().filter_map(|task| task["id"].as_str().map(str::to_owned)));
    }
    let most = peak(process) - before;
    names.sort();
    names.dedup();
    assert_eq!(names.len(), READERS * 16, "each task once");
    assert!(most < MOST, "{READERS} answers of 22 MiB took {most} KiB");
    server.kill().await;
}

/// What puts in so many tasks of 1 MiB.
pub(super) fn large_tasks(backend: Backend, count: usize) -> String {
    let bytes = match backend {
        Backend::Sqlite => "zeroblob(1048576)",
        Backend::Postgres => "decode(repeat('00', 1048576), 'hex')",
    };
    format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         INSERT INTO task (project, queue, name, tag, enqueued_at, lease_at, leases, size, payload) \
         SELECT 'demo', 'q', 't' || i, '', i, i, 0, 1048576, {bytes} FROM n"
    )
}

/// A lease of as much as there may be, whose answer has begun.
pub(super) async fn begun(server: &Server) -> Response<Incoming> {
    let stream = TcpStream::connect(server.address).await.expect("the server listens");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
    tokio::spawn(connection);
    let path = path("q", "/tasks/lease?numTasks=1000&leaseSecs=600");
    let request = Request::builder().method(Method::POST).uri(path).header(HOST, server.address.to_string());
    let request = request.body(Empty::<hyper::body::Bytes>::new()).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer
}

/// The most memory that a process has had, in KiB.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}
