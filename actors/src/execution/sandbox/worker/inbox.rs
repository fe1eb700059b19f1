//! What a zygote or an init says, read as it comes.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use tokio::io::Interest;
use tokio::net::UnixStream;

use super::super::CollectedFile;
use super::super::inside::sys;
use super::super::wire::{self, FileHead, Message};

/// What is said, with files complete.
#[derive(Debug)]
pub enum News {
    Cell(wire::Cell),
    Failed(String),
    File(CollectedFile),
    Ended(wire::Ended),
}

/// A socket on which news come. Dropping a half-awaited `next` loses nothing.
#[derive(Debug)]
pub struct Inbox {
    pub socket: UnixStream,
    /// What has come and was not yet understood.
    bytes: Vec<u8>,
    /// The longest file that is expected.
    largest_file: u64,
}

impl Inbox {
    pub fn new(socket: UnixStream) -> Self {
        Self { socket, bytes: Vec::new(), largest_file: 0 }
    }

    /// From now on files of so many bytes may come.
    pub fn expect_files(&mut self, largest: u64) {
        self.largest_file = largest;
    }

    /// The next news. `None` when the other side is gone.
    pub async fn next(&mut self) -> io::Result<Option<News>> {
        loop {
            if let Some(news) = self.parse()? {
                return Ok(Some(news));
            }
            self.socket.readable().await?;
            // In one go as a rule.
            self.bytes.reserve(4096);
            match self.socket.try_read_buf(&mut self.bytes) {
                Ok(0) => return Ok(None),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes a whole piece of news from what has come, if there is one.
    fn parse(&mut self) -> io::Result<Option<News>> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<4>() else { return Ok(None) };
        let length = wire::frame_length(*head)?;
        let Some((body, rest)) = rest.split_at_checked(length) else { return Ok(None) };
        let (news, used) = match serde_json::from_slice(body)? {
            Message::Cell(cell) => (News::Cell(cell), 0),
            Message::Failed(reason) => (News::Failed(reason), 0),
            Message::Ended(ended) => (News::Ended(ended), 0),
            Message::File(FileHead { length, .. }) if length > self.largest_file => {
                return Err(io::Error::other("a file is larger than asked for"));
            }
            Message::File(FileHead { name, length, executable }) => {
                let length = length as usize;
                let Some(bytes) = rest.get(..length) else {
                    self.bytes.reserve(length - rest.len());
                    return Ok(None);
                };
                (News::File(CollectedFile { name, bytes: bytes.to_vec(), executable }), length)
            }
        };
        self.bytes.drain(..4 + length + used);
        Ok(Some(news))
    }

    /// Waits for init to introduce itself. `None`: there is no init, and a `Failed` follows.
    pub async fn receive_init(&mut self) -> io::Result<Option<OwnedFd>> {
        let mut byte = [0];
        let read = || sys::receive(self.socket.as_raw_fd(), &mut byte);
        let (count, mut descriptors) = self.socket.async_io(Interest::READABLE, read).await?;
        match (count, byte[0], descriptors.pop()) {
            (1, wire::HELLO, Some(init)) => Ok(Some(init)),
            (1, wire::NO_INIT, None) => Ok(None),
            _ => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        }
    }

    /// Whether the other side is known to be gone, or says what nobody asked for.
    pub fn is_gone(&mut self) -> bool {
        !matches!(self.socket.try_read_buf(&mut self.bytes), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}
