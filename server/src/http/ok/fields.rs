//! What a script sends: as JSON, as a form, or in the address, all three. And which page of a list it wants.

use std::collections::BTreeMap;

use poem::error::ReadBodyError;
use poem::http::{StatusCode, header};
use poem::{Body, Request, Response};
use serde_json::{Map, Value, json};

use super::envelope::{CUT_OFF, refused};

/// The longest body, in bytes.
const LONGEST: usize = 1 << 20;
/// Entries of a page when nobody says, and at most.
const PAGE: u32 = 150;

/// Named values.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads them. What the body says goes before what the address says.
    pub async fn read(request: &Request, body: Body) -> Result<Self, Response> {
        let mut all = pairs(request.uri().query().unwrap_or_default());
        let bytes = body.into_bytes_limit(LONGEST).await.map_err(|error| match error {
            ReadBodyError::PayloadTooLarge => {
                refused(StatusCode::PAYLOAD_TOO_LARGE, "That is too much: at most 1 MiB comes in at once.")
            }
            _ => refused(StatusCode::BAD_REQUEST, CUT_OFF),
        })?;
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/x-www-form-urlencoded") {
            all.extend(pairs(std::str::from_utf8(&bytes).unwrap_or_default()));
        } else if !bytes.is_empty() {
            let sent: Map<String, Value> = serde_json::from_slice(&bytes)
                .map_err(|_| refused(StatusCode::BAD_REQUEST, "The body is neither an object of JSON nor a form."))?;
            all.extend(sent.into_iter().filter_map(|(name, value)| Some((name, text(value)?))));
        }
        Ok(Self(all))
    }

    /// What somebody has to say.
    pub fn required(&self, name: &str) -> Result<&str, Response> {
        let missing = || refused(StatusCode::BAD_REQUEST, &format!("The field `{name}` is missing."));
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty()).ok_or_else(missing)
    }

    /// What somebody may say; none where they say nothing.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What somebody may say.
    pub fn optional(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    pairs.into_iter().collect()
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Which entries of a list are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    pub limit: u32,
    pub offset: u64,
}

impl Paging {
    /// As a request says.
    pub fn of(request: &Request) -> Result<Self, Response> {
        let said = pairs(request.uri().query().unwrap_or_default());
        let whole = |name: &str, otherwise: u64| match said.get(name) {
            None => Ok(otherwise),
            Some(text) => text
                .parse::<u64>()
                .map_err(|_| refused(StatusCode::BAD_REQUEST, &format!("`{name}` is a whole number from 0."))),
        };
        let limit = whole("limit", u64::from(PAGE))?.min(u64::from(PAGE));
        Ok(Self { limit: u32::try_from(limit).unwrap_or(PAGE), offset: whole("offset", 0)?.min(i64::MAX as u64) })
    }

    /// What is said beside a page of so many.
    pub fn said(self, count: u64) -> Map<String, Value> {
        // Of pages without entries there is none that is the last.
        let has_more = self.limit > 0 && self.offset.saturating_add(u64::from(self.limit)) < count;
        let said = json!({ "count": count, "limit": self.limit, "offset": self.offset, "has_more": has_more });
        said.as_object().cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use poem::http::Method;
    use poem::{Body, Request};

    use super::{Fields, Paging};

    fn request(query: &str, kind: &str) -> Request {
        let uri = format!("/api/v3/score/{query}");
        let request = Request::builder().method(Method::POST).uri(uri.parse().expect("an address"));
        request.content_type(kind).finish()
    }

    #[tokio::test]
    async fn fields_come_in_three_ways() {
        for (query, kind, body, bid, score) in [
            ("?bid=a&score=1", "", "", Some("a"), "1"),
            ("", "application/json", r#"{"bid": "a", "score": 1.5, "x": [1]}"#, Some("a"), "1.5"),
            ("", "application/x-www-form-urlencoded", "bid=a&score=1%2e5", Some("a"), "1.5"),
            ("?bid=b&score=2", "application/json", r#"{"bid": "a"}"#, Some("a"), "2"),
            ("?score=2", "application/json", r#"{"bid": null}"#, None, "2"),
        ] {
            let fields = Fields::read(&request(query, kind), Body::from(body)).await.expect("fields");
            assert_eq!((fields.required("bid").ok(), fields.optional("score")), (bid, score), "{query} {kind} {body}");
        }
        assert!(Fields::read(&request("", "application/json"), Body::from("[]")).await.is_err());
    }

    #[test]
    fn pages_are_counted_from_where_one_says() {
        for (query, limit, offset, count, more) in [
            ("", 150, 0, 150, false),
            ("?limit=2&offset=3", 2, 3, 6, true),
            ("?limit=9999", 150, 0, 151, true),
            ("?limit=0", 0, 0, 9, false),
        ] {
            let paging = Paging::of(&request(query, "")).expect("a page");
            assert_eq!((paging.limit, paging.offset), (limit, offset), "{query}");
            assert_eq!(paging.said(count)["has_more"], more, "{query}");
        }
        assert!(Paging::of(&request("?limit=-1", "")).is_err());
    }
}
