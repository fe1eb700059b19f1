//! Cursors of streams and logs: opaque to the client, so that what is in them may change.

use async_graphql::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::execution::record::Place;

use crate::graphql::error;

/// The cursor behind a position of a stream.
#[must_use]
pub fn encode_position(position: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("e:{position}"))
}

/// The position that a cursor names; the beginning when there is none.
///
/// # Errors
/// When it is not a cursor of a stream.
pub fn decode_position(cursor: Option<&str>) -> Result<i64> {
    let Some(cursor) = cursor else { return Ok(0) };
    parts(cursor).and_then(|text| text.strip_prefix("e:")?.parse().ok()).ok_or_else(wrong)
}

/// The cursor behind a place in the log of a run.
#[must_use]
pub fn encode_place(place: Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("r:{}:{}", place.attempt, place.position))
}

/// The place that a cursor names; the beginning when there is none.
///
/// # Errors
/// When it is not a cursor of a run.
pub fn decode_place(cursor: Option<&str>) -> Result<Place> {
    let Some(cursor) = cursor else { return Ok(Place::default()) };
    let place = |text: String| {
        let (attempt, position) = text.strip_prefix("r:")?.split_once(':')?;
        Some(Place { attempt: attempt.parse().ok()?, position: position.parse().ok()? })
    };
    parts(cursor).and_then(place).ok_or_else(wrong)
}

fn parts(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

fn wrong() -> async_graphql::Error {
    error::bad_input("`after` is not a cursor of this: pass a `cursor` that an earlier event gave you.")
}

#[cfg(test)]
mod tests {
    use super::{Place, decode_place, decode_position, encode_place, encode_position};

    #[test]
    fn what_is_encoded_is_decoded() {
        let place = Place { attempt: 2, position: 77 };
        assert_eq!(decode_place(Some(&encode_place(place))).ok(), Some(place));
        assert_eq!(decode_position(Some(&encode_position(5))).ok(), Some(5));
        assert_eq!(decode_place(None).ok(), Some(Place::default()));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "x", "ZTo", "ZTo1ZQ", &encode_position(1)] {
            assert!(decode_place(Some(text)).is_err(), "{text}");
        }
        assert!(decode_position(Some(&encode_place(Place::default()))).is_err());
    }
}
