//! A web socket by hand, frame by frame, to send what no client would and to see every byte of the answers.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// What a frame's payload is masked with: clients must mask, with whatever.
const MASK: [u8; 4] = [7, 99, 42, 250];

/// A frame of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub payload: Vec<u8>,
}

impl Frame {
    /// The text, of a text frame.
    #[must_use]
    pub fn text(&self) -> &str {
        assert_eq!(self.kind, TEXT, "{self:?}");
        std::str::from_utf8(&self.payload).expect("text is UTF-8")
    }

    /// Code and reason, of a frame that closes.
    #[must_use]
    pub fn closing(&self) -> (u16, &str) {
        assert_eq!(self.kind, CLOSE, "{self:?}");
        let (code, reason) = self.payload.split_at(2);
        (u16::from_be_bytes([code[0], code[1]]), std::str::from_utf8(reason).expect("a reason is UTF-8"))
    }
}

/// An open web socket.
pub struct Frames {
    stream: BufReader<TcpStream>,
}

impl Frames {
    /// Opens one, offering a protocol.
    pub async fn open(address: SocketAddr, path: &str, protocol: &str) -> Self {
        Self::on(TcpStream::connect(address).await.expect("the server listens"), path, protocol).await
    }

    /// Opens one on a connection.
    pub async fn on(stream: TcpStream, path: &str, protocol: &str) -> Self {
        let mut stream = BufReader::new(stream);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {protocol}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).await.expect("it answers"), 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        Self { stream }
    }

    /// Sends a text.
    pub async fn say(&mut self, text: &str) {
        self.send(TEXT, text.as_bytes()).await;
    }

    /// Sends a whole frame.
    pub async fn send(&mut self, kind: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | kind];
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..0x1_0000 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.send_bytes(&frame).await;
    }

    /// Sends these bytes as they are. A server that has closed may not take them.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Waits for the next frame; none when the server has gone. It must be a legal one.
    pub async fn next(&mut self) -> Option<Frame> {
        let head = self.stream.read_u8().await.ok()?;
        let length = self.stream.read_u8().await.expect("a whole frame");
        assert_eq!(head & 0xf0, 0x80, "whole messages, and nothing reserved");
        let length = match length {
            126 => u64::from(self.stream.read_u16().await.expect("a length")),
            127 => self.stream.read_u64().await.expect("a length"),
            short => u64::from(short),
        };
        let kind = head & 0x0f;
        assert!(kind < CLOSE || length <= 125, "a control frame of {length} bytes");
        let mut payload = vec![0; usize::try_from(length).expect("it fits")];
        self.stream.read_exact(&mut payload).await.expect("a whole frame");
        Some(Frame { kind, payload })
    }

    /// Waits for the end: what closes, behind whatever comes before.
    pub async fn closing(&mut self) -> (u16, String) {
        loop {
            let frame = self.next().await.expect("it says why it closes");
            if frame.kind == CLOSE {
                let (code, reason) = frame.closing();
                return (code, reason.to_owned());
            }
        }
    }
}
