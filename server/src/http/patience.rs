//! How long the other end of a connection is waited for, and an end to those that take nothing.
//!
//! A reader that does not read keeps what it has not read in our memory. HTTP has no say in that, so it is looked at below it: a
//! connection on which a write waits for too long is closed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::broken;

/// How long the other ends of connections are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a web socket has said who it is.
    pub opening: Duration,
    /// Until one message of a subscription has been taken. A whole connection is given three times as long.
    pub taking: Duration,
    /// Without a word, until a web socket is asked whether it is there, and until a stream of events says that it is.
    pub silence: Duration,
    /// Without an answer to that, until a web socket is taken for gone.
    pub gone: Duration,
}

impl Default for Patience {
    /// Proxies close what has been silent for a minute.
    fn default() -> Self {
        let [opening, taking, silence, gone] = [10, 10, 25, 60].map(Duration::from_secs);
        Self { opening, taking, silence, gone }
    }
}

/// Takes connections, and waits for each of their writes only so long.
#[derive(Debug)]
pub struct Patient<A> {
    inner: A,
    limit: Duration,
}

impl<A> Patient<A> {
    pub fn new(inner: A, patience: &Patience) -> Self {
        Self { inner, limit: 3 * patience.taking }
    }
}

impl<A: Acceptor> Acceptor for Patient<A> {
    type Io = Connection<A::Io>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.inner.local_addr()
    }

    async fn accept(&mut self) -> io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        let (io, local, remote, scheme) = self.inner.accept().await?;
        Ok((Connection { io, limit: self.limit, stuck: None }, local, remote, scheme))
    }
}

/// A connection whose writes fail when the other end has taken nothing for too long.
#[derive(Debug)]
pub struct Connection<Io> {
    io: Io,
    limit: Duration,
    /// Runs while a write waits.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<Io> Connection<Io> {
    fn wait<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let limit = self.limit;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(limit)));
        stuck.as_mut().poll(cx).map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "the other end takes nothing")))
    }
}

impl<Io> Drop for Connection<Io> {
    fn drop(&mut self) {
        broken::forget();
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Connection<Io> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Connection<Io> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if broken::is_broken() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the answer broke off")));
        }
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.wait(written, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.wait(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.io).poll_shutdown(cx);
        self.wait(closed, cx)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::Connection;

    #[tokio::test]
    async fn only_who_takes_nothing_is_given_up() {
        let (io, mut reader) = duplex(8);
        let mut connection = Connection { io, limit: Duration::from_secs(2), stuck: None };
        let reading = tokio::spawn(async move {
            // All of it takes longer than is waited for one write.
            for _ in 0..4 {
                tokio::time::sleep(Duration::from_millis(600)).await;
                reader.read_exact(&mut [0; 8]).await.unwrap();
            }
            reader
        });
        connection.write_all(&[1; 32]).await.unwrap();
        let _reader = reading.await.unwrap();
        let given_up = connection.write_all(&[1; 32]).await.unwrap_err();
        assert_eq!(given_up.kind(), ErrorKind::TimedOut);
    }
}
