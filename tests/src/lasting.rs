//! A client of HTTP/1.1 whose connection stays open, with one request under way: little enough of it that the server is measured, and not this.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request as it is sent: a POST of JSON, or a GET without a body.
#[must_use]
pub fn request(path: &str, token: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    match body {
        Some(body) => format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json\r\n{bearer}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ),
        None => format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n{bearer}\r\n"),
    }
    .into_bytes()
}

/// The connection.
#[derive(Debug)]
pub struct Lasting {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// Whether its status is 200.
    pub is_good: bool,
    pub body: Vec<u8>,
}

impl Answer {
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Lasting {
    /// Opens one.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, buffer: Vec::with_capacity(64 << 10) }
    }

    /// Sends a request; its answer, if there is one before the connection ends.
    pub async fn ask(&mut self, request: &[u8]) -> Option<Answer> {
        self.stream.write_all(request).await.ok()?;
        self.buffer.clear();
        let head = loop {
            self.more().await?;
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head]).ok()?.to_ascii_lowercase();
        let is_good = text.starts_with("http/1.1 200");
        if let Some(length) = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()) {
            let length: usize = length.parse().ok()?;
            while self.buffer.len() < head + length {
                self.more().await?;
            }
        } else {
            // In chunks; the last is empty.
            while !self.buffer.ends_with(b"\r\n0\r\n\r\n") {
                self.more().await?;
            }
        }
        Some(Answer { is_good, body: self.buffer[head..].to_vec() })
    }

    async fn more(&mut self) -> Option<()> {
        (self.stream.read_buf(&mut self.buffer).await.ok()? > 0).then_some(())
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
