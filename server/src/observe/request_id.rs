//! The id of a request: in its answer, in every line of its log and in whatever is reported about it.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use poem::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that brings the id, and takes it back.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request over HTTP, or of one operation of a web socket. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The longest id that is taken from a client, in characters.
    pub const LONGEST: usize = 64;

    /// The id that the client or a proxy gave, if it is of 1 to 64 letters, digits, `-`, `_` and `.`; else a new one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        given.filter(|given| is_well_formed(given)).map_or_else(Self::make, |given| Self(given.into()))
    }

    /// An id that nobody else has.
    #[must_use]
    pub fn make() -> Self {
        static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        // Of a secret of this process, so that ids differ from those of others and do not tell how many there are.
        let half = |side: u8| SECRET.hash_one((side, number));
        Self(format!("{:016x}{:016x}", half(0), half(1)).into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as the value of a header.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

fn is_well_formed(id: &str) -> bool {
    (1..=RequestId::LONGEST).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderMap, HeaderValue};

    use super::{HEADER, RequestId};

    #[test]
    fn what_is_well_formed_is_kept() {
        let longest = "a".repeat(RequestId::LONGEST);
        for (given, kept) in [
            ("7f3d-02_b.x", true),
            (longest.as_str(), true),
            ("", false),
            (&format!("{longest}a"), false),
            ("two words", false),
            ("a\"b", false),
            ("ada@example.org", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(given).unwrap());
            assert_eq!(RequestId::of(&headers).as_str() == given, kept, "{given}");
        }
        let made = RequestId::of(&HeaderMap::new());
        assert!(made.as_str().len() == 32 && made != RequestId::make());
    }
}
