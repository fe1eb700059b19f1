//! The worker's end of the control socket.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::mpsc::{Receiver, channel};

use super::super::CollectedFile;
use super::super::inside::sys;
use super::super::wire::{self, FileHead, Message, Plan};
use super::Spec;

/// What init says, its files complete.
#[derive(Debug)]
pub enum News {
    Failed(String),
    Started,
    Stopped,
    File(CollectedFile),
    Ended(wire::Ended),
}

/// Sends the plan with its files.
pub async fn send_plan(control: &mut UnixStream, spec: &Spec) -> io::Result<()> {
    let head = |file: &super::super::InputFile| FileHead {
        name: file.name.clone(),
        length: file.bytes.len() as u64,
        executable: file.executable,
    };
    let plan = Plan {
        argv: spec.argv.clone(),
        env: spec.env.clone(),
        files: spec.files.iter().map(head).collect(),
        limits: spec.limits,
        collect: spec.collect.clone(),
    };
    control.write_all(&wire::frame(&plan)?).await?;
    for file in &spec.files {
        control.write_all(&file.bytes).await?;
    }
    Ok(())
}

/// Waits for init to introduce itself. `None`: there is no init, and a `Failed` follows.
pub async fn receive_init(control: &UnixStream) -> io::Result<Option<OwnedFd>> {
    let mut byte = [0];
    let read = || sys::receive(control.as_raw_fd(), &mut byte);
    let (count, mut descriptors) = control.async_io(Interest::READABLE, read).await?;
    match (count, byte[0], descriptors.pop()) {
        (1, wire::HELLO, Some(init)) => Ok(Some(init)),
        (1, wire::NO_INIT, None) => Ok(None),
        _ => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
    }
}

/// Reads news in a task of its own: a frame half read must not be lost when the watcher turns to something else. The end of the channel is the end of init.
pub fn listen(mut control: OwnedReadHalf, largest_file: u64) -> Receiver<News> {
    let (sender, receiver) = channel(4);
    tokio::spawn(async move {
        while let Ok(news) = read(&mut control, largest_file).await {
            if sender.send(news).await.is_err() {
                return;
            }
        }
    });
    receiver
}

async fn read(control: &mut OwnedReadHalf, largest_file: u64) -> io::Result<News> {
    let mut head = [0; 4];
    control.read_exact(&mut head).await?;
    let mut body = vec![0; wire::frame_length(head)?];
    control.read_exact(&mut body).await?;
    Ok(match serde_json::from_slice(&body)? {
        Message::Failed(reason) => News::Failed(reason),
        Message::Started => News::Started,
        Message::Stopped => News::Stopped,
        Message::Ended(ended) => News::Ended(ended),
        Message::File(FileHead { length, .. }) if length > largest_file => {
            return Err(io::Error::other("a file is larger than asked for"));
        }
        Message::File(FileHead { name, length, executable }) => {
            let mut bytes = vec![0; length as usize];
            control.read_exact(&mut bytes).await?;
            News::File(CollectedFile { name, bytes, executable })
        }
    })
}
