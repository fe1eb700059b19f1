//! Bodies that are read to their end, whatever is answered. A client that is answered while it still sends sees a connection that broke, and
//! not the answer; this one then says that the network is bad, again and again.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use hyper::body::Bytes;
use poem::Body;
use tokio::time::timeout;

/// How much more is passed over than is read, in bytes.
const PASSED_OVER: usize = 64 << 20;
/// How long somebody is listened to whose words do not count, or who says nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of reading one.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    Whole(Vec<u8>),
    /// Nothing has come for a while.
    Stalled,
    /// It has more bytes than may be read.
    TooLong,
    /// It broke off.
    CutOff,
}

/// Reads a body of at most so many bytes; of a longer one the rest is passed over.
pub async fn read(body: Body, longest: usize) -> Read {
    let mut stream = body.into_bytes_stream();
    let mut bytes = Vec::new();
    loop {
        let piece = match timeout(PATIENCE, stream.next()).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(_))) => return Read::CutOff,
            Ok(None) => return Read::Whole(bytes),
            Err(_) => return Read::Stalled,
        };
        if bytes.len() + piece.len() > longest {
            drop(bytes);
            pass_over(stream).await;
            return Read::TooLong;
        }
        bytes.extend_from_slice(&piece);
    }
}

/// Hears somebody out who is refused.
pub async fn refuse(body: Body) {
    pass_over(body.into_bytes_stream()).await;
}

async fn pass_over<E>(mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin) {
    let mut left = PASSED_OVER;
    let all = async {
        while let Some(Ok(piece)) = stream.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                return;
            }
        }
    };
    // Who is still not done has their connection closed.
    let _ = timeout(PATIENCE, all).await;
}
