//! Uploads that break off half way: nothing of them is kept, nobody's log is filled with them, and the same again is taken.

use std::net::SocketAddr;

use hyper::StatusCode;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::serving::Serving;
use tests::stories;
use tests::world::numbers;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::upload::{ENDPOINT, campus, upload_at};

stories![what_breaks_off_is_not_kept_and_can_be_sent_again];

fn work() -> String {
    let messages = json!({
        "file_contents": { "words.py": "print(1)\n".repeat(10_000) },
        "analytics": { "time-utc": "2026-11-29 11:00:00.000001" },
    });
    json!({ "assignment": ENDPOINT, "messages": messages, "submit": true }).to_string()
}

/// A request that ends before it should: what its head says of its length, and what comes of its body.
fn broken_off(token: &str) -> Vec<(&'static str, String, String)> {
    let whole = work();
    let (half, _) = whole.split_at(whole.len() / 2);
    let head = |length: &str| {
        format!(
            "POST /api/v3/backups/?client_name=ok-client&client_version=v1.18.1 HTTP/1.1\r\nHost: lectern.example\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
        )
    };
    let sized = head(&format!("Content-Length: {}", whole.len()));
    let longer = head(&format!("Content-Length: {}", whole.len() + 1));
    let chunked = head("Transfer-Encoding: chunked");
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    vec![
        ("nothing of it", sized.clone(), String::new()),
        ("half of it", sized, half.to_owned()),
        ("all but the last byte that was announced", longer, whole.clone()),
        ("half of it in a chunk", chunked.clone(), chunk(half)),
        ("half of a chunk", chunked.clone(), format!("{:x}\r\n{half}", whole.len())),
        ("all of it, without the end of the chunks", chunked, chunk(&whole)),
    ]
}

/// Sends that, and nothing more; the answer, when its sender waits for one.
async fn send(server: SocketAddr, head: &str, body: &str, waits: bool) -> Option<String> {
    let mut socket = TcpStream::connect(server).await.expect("somebody listens");
    socket.write_all(head.as_bytes()).await.expect("it is taken");
    socket.write_all(body.as_bytes()).await.expect("it is taken");
    if !waits {
        return None;
    }
    socket.shutdown().await.expect("it ends");
    let mut answer = Vec::new();
    // However the connection ends, what was heard until then counts.
    let _ = socket.read_to_end(&mut answer).await;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

async fn what_breaks_off_is_not_kept_and_can_be_sent_again(backend: Backend) {
    let (site, _, token) = campus(backend).await;
    let base = site.end().await;
    let db = base.open().await;
    let kept = async || {
        let mut counts = Vec::new();
        for table in ["backup", "submission", "message", "receipt", "work", "blob"] {
            counts.extend(numbers(&db, &format!("SELECT count(*) FROM {table}")).await.expect("a count"));
        }
        counts
    };
    let before = kept().await;
    let server = Serving::start(&base, &[]).await;
    for (what, head, body) in broken_off(&token) {
        // Who goes without a word, and who listens.
        for _ in 0..10 {
            send(server.address, &head, &body, false).await;
        }
        let answer = send(server.address, &head, &body, true).await.expect("it was waited for");
        // It may be told; never that it was taken, nor that it was too much.
        if let Some((_, told)) = answer.split_once("\r\n\r\n") {
            assert!(answer.starts_with("HTTP/1.1 400 "), "{what}: {answer}");
            let told: Value = serde_json::from_str(told).unwrap_or_else(|error| panic!("{what}: {error}: {answer}"));
            assert!(told["message"].as_str().is_some_and(|words| words.contains("broke off")), "{what}: {told}");
            assert_eq!(told["data"], json!({}), "{what}");
        }
    }
    assert_eq!(kept().await, before);
    let taken = upload_at(server.address, &token, work()).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    let log = server.end().await;
    // Whatever was still being read by then has ended with it: there is what was sent whole.
    let after = kept().await;
    assert_eq!(after[..2], [before[0] + 1, before[1] + 1]);
    db.close().await;
    assert_eq!(log.lines().count(), 0, "whose network fails is nobody's fault here:\n{log}");
}
