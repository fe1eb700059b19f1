//! Batches: many requests in one, each a part of its own, answered in the same way.
//!
//! The parts are worked on one after the other while the client reads, so neither their answers nor a crowd of them is in memory.
//! Each stands for itself: what is refused or breaks in one changes nothing for the others. A batch in a batch is not found.

use std::sync::Arc;

use actors::problem::Fault;
use futures_util::{Stream, StreamExt as _, stream};
use hyper::body::Bytes;
use poem::http::header::{AUTHORIZATION, CONTENT_TYPE};
use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use poem::{IntoResponse as _, Response};

use super::super::Shared;
use super::body::Body;
use super::refusal::Refusal;
use super::{Call, answer, guard, multipart};

/// Requests in one batch: as many as the clients put into one.
const MOST_PARTS: usize = 1000;
/// The longest body of a batch, in bytes.
const MAX_BODY: usize = 8 << 20;
/// What a part calls itself.
const CONTENT_ID: HeaderName = HeaderName::from_static("content-id");

type Chunk = Result<Bytes, std::io::Error>;

/// Answers a batch.
pub(super) async fn batch(shared: Arc<Shared>, call: Call) -> Result<Response, Refusal> {
    if call.method != Method::POST {
        return Err(Refusal::method("POST"));
    }
    guard::host(&shared, &call.uri, &call.headers)?;
    guard::page(&call.headers)?;
    let kind = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multipart::boundary(kind).ok_or_else(|| {
        Refusal::parse("A batch must be sent as `Content-Type: multipart/mixed; boundary=…`, with a boundary of at most 70 characters.")
    })?;
    let body = Body::receive(call.body, MAX_BODY).await?;
    let parts = multipart::parts(body.bytes(), &boundary, MOST_PARTS).map_err(Refusal::parse)?;
    if parts.is_empty() {
        return Err(Refusal::parse("The batch has no parts."));
    }
    let mark = mark()?;
    let authorization = call.headers.get(AUTHORIZATION).cloned();
    let answers = stream::iter(parts).then({
        let mark = mark.clone();
        move |part| answered(Arc::clone(&shared), part, authorization.clone(), format!("--{mark}\r\n"))
    });
    let end = Bytes::from(format!("--{mark}--\r\n"));
    let body = answers.flatten().chain(stream::iter([Ok::<_, std::io::Error>(end)]));
    let response = Response::builder().content_type(format!("multipart/mixed; boundary={mark}"));
    Ok(response.header("cache-control", "no-store").body(poem::Body::from_bytes_stream(body)))
}

/// A boundary that is in no answer.
fn mark() -> Result<String, Refusal> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|error| Refusal::fault(Fault::Internal(format!("no random bytes: {error}"))))?;
    Ok(format!("batch_{}", hex::encode(random)))
}

/// The part that answers a part.
async fn answered(
    shared: Arc<Shared>,
    part: Bytes,
    authorization: Option<HeaderValue>,
    mark: String,
) -> impl Stream<Item = Chunk> {
    let (about, request) = multipart::head(&part);
    let response = match read(&about, &request, authorization) {
        Ok(call) => answer(shared, call).await.unwrap_or_else(Refusal::into_response),
        Err(refusal) => refusal.into_response(),
    };
    let (response, body) = response.into_parts();
    let mut head = format!("{mark}content-type: application/http\r\n");
    if let Some(id) = about.get(CONTENT_ID).and_then(|id| id.to_str().ok()) {
        head.push_str(&format!("content-id: {}\r\n", answer_id(id)));
    }
    head.push_str(&format!("\r\nHTTP/1.1 {}\r\n", response.status));
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())));
    }
    head.push_str("\r\n");
    let (begin, end) = (stream::iter([Ok(Bytes::from(head))]), stream::iter([Ok(Bytes::from_static(b"\r\n"))]));
    begin.chain(body.into_bytes_stream()).chain(end)
}

/// Which part it answers, as the clients look for it.
fn answer_id(id: &str) -> String {
    id.strip_prefix('<').map_or_else(|| format!("response-{id}"), |rest| format!("<response-{rest}"))
}

/// The request that a part is. How long its body is said to be is not believed: a client counts letters there instead of bytes.
fn read(about: &HeaderMap, request: &Bytes, authorization: Option<HeaderValue>) -> Result<Call, Refusal> {
    let kind = about.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/http") {
        return Err(Refusal::parse("A part of a batch must be of `Content-Type: application/http`."));
    }
    let (line, rest) = multipart::first_line(request);
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let method = words.next().and_then(|word| Method::from_bytes(word.as_bytes()).ok());
    let uri = words.next().filter(|word| word.starts_with('/')).and_then(|word| word.parse::<Uri>().ok());
    let (Some(method), Some(uri)) = (method, uri) else {
        return Err(Refusal::parse(
            "A part of a batch must begin with a line such as `GET /taskqueue/v1beta2/projects/p/taskqueues/q HTTP/1.1`.",
        ));
    };
    let (mut headers, body) = multipart::head(&rest);
    if let (false, Some(outer)) = (headers.contains_key(AUTHORIZATION), authorization) {
        headers.insert(AUTHORIZATION, outer);
    }
    Ok(Call { method, uri, headers, body: body.into() })
}
