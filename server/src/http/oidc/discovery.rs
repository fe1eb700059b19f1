//! What a provider says of itself (OpenID Connect Discovery): its addresses and the keys with which it signs. It is read when it is needed
//! first, kept for an hour, and read anew when something is signed with a key that is not known, at most once a minute.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hyper::body::Bytes;
use openidconnect::core::CoreProviderMetadata;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, IssuerUrl};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::http_client::Client;

/// How long it is kept.
const KEPT: Duration = Duration::from_secs(3600);
/// How often it is read anew because of keys that are not known: whoever sends such a token must not have it asked each time.
const ANEW: Duration = Duration::from_secs(60);

/// How long nobody tries again after a failure.
const PAUSE: Duration = Duration::from_secs(10);

/// Why nothing could be asked. The text is for the log.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// What a provider says of itself.
#[derive(Debug)]
pub(super) struct Discovery {
    issuer: IssuerUrl,
    line: Line,
    /// Of several who need it at once, one asks.
    known: Mutex<Known>,
}

/// As it was read last.
#[derive(Debug)]
struct Known {
    metadata: Option<Arc<CoreProviderMetadata>>,
    read_at: Instant,
    /// When it was read because a key was not known.
    anew_at: Option<Instant>,
    /// When it could not be read, and why.
    failed: Option<(Instant, Unreachable)>,
}

impl Discovery {
    pub fn of(issuer: IssuerUrl, client: Client) -> Self {
        let is_here = issuer.url().scheme() == "http";
        Self {
            issuer,
            line: Line { client, is_here },
            known: Mutex::new(Known { metadata: None, read_at: Instant::now(), anew_at: None, failed: None }),
        }
    }

    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// What it says of itself.
    pub async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, Unreachable> {
        let mut known = self.known.lock().await;
        match known.metadata.as_ref().filter(|_| known.read_at.elapsed() < KEPT) {
            Some(metadata) => Ok(Arc::clone(metadata)),
            None => self.read(&mut known).await,
        }
    }

    /// The same, read anew if it has not been for that cause lately: something is signed with a key that is not known.
    pub async fn anew(&self) -> Result<Arc<CoreProviderMetadata>, Unreachable> {
        let mut known = self.known.lock().await;
        let lately = known.anew_at.is_some_and(|at| at.elapsed() < ANEW);
        match known.metadata.as_ref().filter(|_| lately) {
            Some(metadata) => Ok(Arc::clone(metadata)),
            None => {
                known.anew_at = Some(Instant::now());
                self.read(&mut known).await
            }
        }
    }

    /// Reads it. Who comes while it cannot be read is told so at once, and does not wait in line for the same; what was read an hour ago is
    /// better than nothing.
    async fn read(&self, known: &mut Known) -> Result<Arc<CoreProviderMetadata>, Unreachable> {
        let lately = known.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE).map(|(_, failure)| failure.clone());
        let read = match lately {
            Some(failure) => Err(failure),
            None => CoreProviderMetadata::discover_async(self.issuer.clone(), &self.line)
                .await
                .map_err(|error| Unreachable(with_causes(&error))),
        };
        match (read, &known.metadata) {
            (Ok(metadata), _) => {
                let metadata = Arc::new(metadata);
                *known =
                    Known { metadata: Some(Arc::clone(&metadata)), read_at: Instant::now(), failed: None, ..*known };
                Ok(metadata)
            }
            (Err(failure), before) => {
                if known.failed.as_ref().is_none_or(|(at, _)| at.elapsed() >= PAUSE) {
                    known.failed = Some((Instant::now(), failure.clone()));
                }
                before.clone().ok_or(failure)
            }
        }
    }

    /// Through which it is asked.
    pub fn line(&self) -> &Line {
        &self.line
    }
}

/// How the library reaches a provider. It goes where the provider's metadata say, which came from its own address.
#[derive(Debug)]
pub(super) struct Line {
    client: Client,
    /// Whether the provider is on this machine, and may be spoken with in clear.
    is_here: bool,
}

impl<'c> AsyncHttpClient<'c> for Line {
    type Error = Unreachable;
    type Future = BoxFuture<'c, Result<HttpResponse, Unreachable>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            if !self.is_here && request.uri().scheme_str() != Some("https") {
                // Else the secret would leave in clear, and keys could come from anybody.
                return Err(Unreachable(format!("{} is not https", request.uri())));
            }
            let answer = self.client.send(request.map(Bytes::from)).await;
            answer.map(|answer| answer.map(|body| body.to_vec())).map_err(|failure| Unreachable(failure.to_string()))
        })
    }
}

/// An error with what has led to it.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}
