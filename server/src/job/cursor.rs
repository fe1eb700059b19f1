//! Cursors of streams and logs: opaque to the client, so that what is in them may change.
//!
//! They carry the incarnation of the site: after a restore, positions are given anew, and a cursor of the old life would skip or
//! repeat what it does not know. It is refused instead, with the code `CURSOR_RESET`.

use async_graphql::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::execution::record::Place;

use crate::graphql::error;

/// The cursor behind a position of a stream.
#[must_use]
pub fn encode_position(incarnation: &str, position: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("e:{incarnation}:{position}"))
}

/// The position that a cursor names; the beginning when there is none.
///
/// # Errors
/// When it is not a cursor of a stream, or of another life of the site.
pub fn decode_position(incarnation: &str, cursor: Option<&str>) -> Result<i64> {
    let Some(cursor) = cursor else { return Ok(0) };
    let text = parts(cursor, "e:")?;
    let Some((life, position)) = text.split_once(':') else { return Err(older(&text)) };
    let position = position.parse().map_err(|_| wrong())?;
    same(incarnation, life).map(|()| position)
}

/// The cursor behind a place in the log of a run.
#[must_use]
pub fn encode_place(incarnation: &str, place: Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("r:{incarnation}:{}:{}", place.attempt, place.position))
}

/// The place that a cursor names; the beginning when there is none.
///
/// # Errors
/// When it is not a cursor of a run, or of another life of the site.
pub fn decode_place(incarnation: &str, cursor: Option<&str>) -> Result<Place> {
    let Some(cursor) = cursor else { return Ok(Place::default()) };
    let text = parts(cursor, "r:")?;
    let mut parts = text.rsplitn(3, ':');
    let (position, attempt, life) = (parts.next(), parts.next(), parts.next());
    let place = |position: Option<&str>, attempt: Option<&str>| {
        Some(Place { attempt: attempt?.parse().ok()?, position: position?.parse().ok()? })
    };
    let place = place(position, attempt).ok_or_else(wrong)?;
    // Without a life, it was made by a version that knew of none.
    life.map_or_else(|| Err(error::cursor_reset()), |life| same(incarnation, life)).map(|()| place)
}

fn parts(cursor: &str, kind: &str) -> Result<String> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| Some(text.strip_prefix(kind)?.to_owned())).ok_or_else(wrong)
}

fn same(incarnation: &str, life: &str) -> Result<()> {
    if life == incarnation { Ok(()) } else { Err(error::cursor_reset()) }
}

/// A position without a life was given by a version that knew of none.
fn older(text: &str) -> async_graphql::Error {
    if text.parse::<i64>().is_ok() { error::cursor_reset() } else { wrong() }
}

fn wrong() -> async_graphql::Error {
    error::bad_input("`after` is not a cursor of this: pass a `cursor` that an earlier event gave you.")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::{Place, URL_SAFE_NO_PAD, decode_place, decode_position, encode_place, encode_position, error};

    const PLACE: Place = Place { attempt: 2, position: 77 };

    fn code(refused: async_graphql::Error) -> String {
        let code = refused.extensions.and_then(|extensions| Some(extensions.get("code")?.to_string()));
        code.unwrap_or_default().trim_matches('"').to_owned()
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        assert_eq!(decode_place("one", Some(&encode_place("one", PLACE))).ok(), Some(PLACE));
        assert_eq!(decode_position("one", Some(&encode_position("one", 5))).ok(), Some(5));
        assert_eq!(decode_place("one", None).ok(), Some(Place::default()));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "x", "ZTo", "ZTo1ZQ", &encode_position("one", 1)] {
            assert!(decode_place("one", Some(text)).is_err(), "{text}");
        }
        let place = decode_position("one", Some(&encode_place("one", PLACE)));
        assert_eq!(code(place.unwrap_err()), error::Code::BadInput.as_str());
    }

    #[test]
    fn cursors_of_another_life_are_reset() {
        let (position, place) = (encode_position("one", 5), encode_place("one", PLACE));
        assert_eq!(code(decode_position("two", Some(&position)).unwrap_err()), error::Code::CursorReset.as_str());
        assert_eq!(code(decode_place("two", Some(&place)).unwrap_err()), error::Code::CursorReset.as_str());
        // Of a version that knew of no lives.
        let [position, place] = ["e:5", "r:2:77"].map(|text| URL_SAFE_NO_PAD.encode(text));
        assert_eq!(code(decode_position("two", Some(&position)).unwrap_err()), error::Code::CursorReset.as_str());
        assert_eq!(code(decode_place("two", Some(&place)).unwrap_err()), error::Code::CursorReset.as_str());
    }
}
