//! Answers of GraphQL over HTTP: status, type, and size on the way.
//!
//! * A request that could not be executed has no `data`. With `application/graphql-response+json` it is a 400; with
//!   `application/json` it is a 200 if it was well formed.
//! * Answers are never kept by anybody in between: each is made for who asked. That one may keep the answer to a trusted query, and
//!   is told shortly if it is still the same.

use std::io::Write as _;

use async_graphql::{Response as Answer, ServerError};
use flate2::Compression;
use flate2::write::GzEncoder;
use poem::Response;
use poem::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, HeaderName, IF_NONE_MATCH,
    RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use poem::http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::admission;
use super::media::Format;
use super::refusal::Refusal;

/// The methods that are taken.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
/// Seconds after which to try again, while the database is away.
const LATER: HeaderValue = HeaderValue::from_static("2");
/// What an answer depends on, beside what was asked.
const VARIES: &str = "Authorization, Accept, Accept-Encoding";
/// Answers from here on, in bytes, are compressed for who takes that.
const LONG: usize = 1 << 10;

/// What was not executed.
#[derive(Serialize)]
struct Refused<'e> {
    errors: &'e [ServerError],
}

/// How a client wants its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    format: Format,
    compressed: bool,
}

impl Wanted {
    /// What the headers of a request say.
    ///
    /// # Errors
    /// How to tell it so, when the client accepts no type of ours.
    pub fn by(headers: &HeaderMap) -> Result<Self, Self> {
        let compressed = takes_gzip(headers);
        match Format::of(headers) {
            Some(format) => Ok(Self { format, compressed }),
            None => Err(Self { format: Format::Legacy, compressed }),
        }
    }

    /// The same for who wants events, and is told in JSON what HTTP itself has a word for.
    pub fn beside_events(headers: &HeaderMap) -> Self {
        Self { format: Format::Legacy, compressed: takes_gzip(headers) }
    }

    /// The answer to a request that was executed, or could not be.
    pub fn answer(self, answer: &Answer) -> Response {
        if !is_refused(answer) {
            return self.response(StatusCode::OK, answer);
        }
        let status = if self.format == Format::Modern { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        self.response(status, &Refused { errors: &answer.errors })
    }

    /// The answer to a request that is not executed.
    pub fn refusal(self, refusal: Refusal) -> Response {
        let status = match self.format {
            Format::Legacy if refusal.is_of_document() => StatusCode::OK,
            _ => refusal.status(),
        };
        let spent = refusal.spent();
        let mut response = self.response(status, &Refused { errors: &[refusal.into_error()] });
        let extra: Option<(HeaderName, HeaderValue)> = match status {
            StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, METHODS)),
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, LATER)),
            _ => None,
        };
        response.headers_mut().extend(extra);
        if let Some((standing, seconds)) = spent {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            admission::mark_budget(&mut response, &standing, seconds);
        }
        response
    }

    /// The answer to a trusted query that was fetched. Whoever asked may keep it, but must ask again each time whether it still holds:
    /// it was made for them, and what they may see can change.
    pub fn kept(self, answer: &Answer, request: &HeaderMap) -> Response {
        if !answer.errors.is_empty() {
            return self.answer(answer);
        }
        let Ok(json) = serde_json::to_vec(answer) else { return StatusCode::INTERNAL_SERVER_ERROR.into() };
        let Some(tag) = self.tag(&json) else { return self.write(StatusCode::OK, json) };
        let mut response = match names(request, &tag) {
            true => Response::builder().status(StatusCode::NOT_MODIFIED).header(VARY, VARIES).finish(),
            false => self.write(StatusCode::OK, json),
        };
        let kept = (CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        for (name, value) in [kept, (ETAG, tag)] {
            response.headers_mut().insert(name, value);
        }
        response
    }

    /// What tells this answer from any other, byte for byte.
    fn tag(self, json: &[u8]) -> Option<HeaderValue> {
        let coding = if self.compressed { "gzip" } else { "" };
        let digest = Sha256::new().chain_update(self.format.name()).chain_update(coding).chain_update(json).finalize();
        HeaderValue::from_str(&format!("\"{}\"", hex::encode(&digest[..16]))).ok()
    }

    fn response(self, status: StatusCode, body: &impl Serialize) -> Response {
        match serde_json::to_vec(body) {
            Ok(json) => self.write(status, json),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
        }
    }

    fn write(self, status: StatusCode, mut body: Vec<u8>) -> Response {
        let mut response = Response::builder()
            .status(status)
            .content_type(format!("{}; charset=utf-8", self.format.name()))
            .header(CACHE_CONTROL, "no-store")
            .header(VARY, VARIES);
        if self.compressed
            && body.len() >= LONG
            && let Ok(short) = gzip(&body)
        {
            body = short;
            response = response.header(CONTENT_ENCODING, "gzip");
        }
        response.header(CONTENT_LENGTH, body.len()).body(body)
    }
}

/// Whether a request names what it has already.
fn names(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let known = request.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut known = known.flat_map(|line| line.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known).as_bytes() == tag.as_bytes())
}

/// Whether an operation could not be begun at all: no field of it was asked.
pub(super) fn is_refused(answer: &Answer) -> bool {
    let nothing = answer.data == async_graphql::Value::Null && !answer.errors.is_empty();
    nothing && answer.errors.iter().all(|error| error.path.is_empty())
}

/// The answer to who asks what may be asked.
pub(super) fn options() -> Response {
    Response::builder().status(StatusCode::NO_CONTENT).header(ALLOW, METHODS).finish()
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    accepted.flat_map(|line| line.split(',')).any(|coding| {
        let (name, rest) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = rest.trim().strip_prefix("q=").is_some_and(|liking| liking.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}
