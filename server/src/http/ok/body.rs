//! Bodies that are read to their end, whatever is answered. A client that is answered while it still sends sees a connection that broke, and
//! not the answer; this one then says that the network is bad, again and again.

use std::time::Duration;

use entity::clock::{Timestamp, micros};
use futures_util::{Stream, StreamExt as _};
use hyper::body::Bytes;
use poem::Body;
use tokio::time::timeout;

/// How much more is passed over than is read, in bytes.
const PASSED_OVER: usize = 64 << 20;
/// How long somebody is listened to whose words do not count, or who says nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// What of its time a body may take, whatever is in it, and for how many bytes it may take a second more. That much before its end the request is
/// taken to have come, and not before: who has begun to send in time and goes on in their own time is late.
const ALLOWED: Duration = Duration::from_secs(10);
const BYTES_A_SECOND: usize = 128 << 10;

/// When what has ended now came, whose head came then and which has so many bytes.
#[must_use]
pub fn came_at(head: Timestamp, ended: Timestamp, bytes: usize) -> Timestamp {
    let allowed = ALLOWED + Duration::from_secs((bytes / BYTES_A_SECOND) as u64);
    head.max(Timestamp(ended.0.saturating_sub(micros(allowed))))
}

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

#[cfg(test)]
mod tests {
    use entity::clock::Timestamp;

    use super::came_at;

    #[test]
    fn who_takes_their_time_is_late() {
        let second = |number: i64| Timestamp(number * 1_000_000);
        for (ended, bytes, came) in [
            (100, 60_000, 100),
            (110, 60_000, 100),
            (190, 60_000, 180),
            // Thirty megabytes by a line of a megabit a second.
            (340, 30 << 20, 100),
            (400, 30 << 20, 150),
        ] {
            assert_eq!(came_at(second(100), second(ended), bytes), second(came), "{ended} {bytes}");
        }
    }
}
