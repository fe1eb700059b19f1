//! A small HTTP client for the few whom this process asks something: collectors of faults and spans, and a provider of sign-ins. One
//! connection for each request, a deadline for all of it, and no redirects.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Why a request has no answer.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Sends requests to `http:` and `https:` addresses. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    tls: TlsConnector,
    bounds: Bounds,
}

/// What it waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// How long a request may take, from the connection to the last byte.
    pub deadline: Duration,
    /// The longest answer that is read, in bytes.
    pub longest: usize,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    /// A client that trusts whom the machine trusts, and the public authorities.
    ///
    /// # Errors
    /// When the versions of TLS that are wanted are not there.
    pub fn new(bounds: Bounds) -> Result<Self, Failure> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)), bounds })
    }

    /// Sends a request to the address that it has.
    ///
    /// # Errors
    /// When nobody answers, not in time, or with too much.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        timeout(self.bounds.deadline, self.send_at_leisure(request)).await.map_err(|_| "no answer in time")?
    }

    async fn send_at_leisure(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let uri = request.uri().clone();
        let host = uri.host().ok_or("an address without a host")?.trim_matches(['[', ']']).to_owned();
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let stream = TcpStream::connect((host.as_str(), port)).await?;
        if secure {
            let stream = self.tls.connect(ServerName::try_from(host)?, stream).await?;
            exchange(stream, request, self.bounds.longest).await
        } else {
            exchange(stream, request, self.bounds.longest).await
        }
    }
}

async fn exchange<S>(stream: S, request: Request<Bytes>, longest: usize) -> Result<Response<Bytes>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut head, body) = request.into_parts();
    let host = head.uri.authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default());
    head.headers.insert(HOST, HeaderValue::from_str(host.unwrap_or_default())?);
    head.uri = head.uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let answer = async {
        let (head, body) = sender.send_request(Request::from_parts(head, Full::new(body))).await?.into_parts();
        let body = Limited::new(body, longest).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    }
    .await;
    connection.abort();
    answer
}
