//! The one answer that a harness writes to descriptor 3: four bytes of length, then JSON that repeats the request's nonce.
//!
//! The program shares a process with its harness and can write there too, so nothing about the answer is taken for granted:
//! anything but exactly one well-formed frame counts as no answer.

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("the program ended before it could be checked")]
    Missing,
    #[error("the program disturbed its own check")]
    Disturbed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    nonce: String,
    body: T,
}

/// The body of the one frame in `bytes`.
///
/// # Errors
/// If there is none, more than one, half of one, or one that the harness did not write.
pub fn open<T: DeserializeOwned>(bytes: &[u8], nonce: &str) -> Result<T, NoAnswer> {
    if bytes.is_empty() {
        return Err(NoAnswer::Missing);
    }
    let (length, json) = bytes.split_first_chunk::<4>().ok_or(NoAnswer::Disturbed)?;
    if usize::try_from(u32::from_be_bytes(*length)) != Ok(json.len()) {
        return Err(NoAnswer::Disturbed);
    }
    let envelope: Envelope<T> = serde_json::from_slice(json).map_err(|_| NoAnswer::Disturbed)?;
    if envelope.nonce == nonce { Ok(envelope.body) } else { Err(NoAnswer::Disturbed) }
}

/// A word that the program cannot have been written to know.
///
/// # Errors
/// If the system has no randomness to give.
pub fn nonce() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::{NoAnswer, open};

    fn frame(json: &str) -> Vec<u8> {
        let length = u32::try_from(json.len()).expect("short");
        [&length.to_be_bytes(), json.as_bytes()].concat()
    }

    #[test]
    fn only_one_whole_frame_of_ours_is_an_answer() {
        let good = frame(r#"{"nonce":"n","body":[1]}"#);
        assert_eq!(open::<Vec<u8>>(&good, "n"), Ok(vec![1]));
        for (bytes, reason) in [
            (vec![], NoAnswer::Missing),
            (good[..3].to_vec(), NoAnswer::Disturbed),
            (good[..good.len() - 1].to_vec(), NoAnswer::Disturbed),
            ([good.clone(), good.clone()].concat(), NoAnswer::Disturbed),
            ([good.as_slice(), b"x"].concat(), NoAnswer::Disturbed),
            (frame(r#"{"nonce":"m","body":[1]}"#), NoAnswer::Disturbed),
            (frame(r#"{"nonce":"n","body":[1],"passed":true}"#), NoAnswer::Disturbed),
            (frame(r#"{"nonce":"n","body":["1"]}"#), NoAnswer::Disturbed),
            (frame("{"), NoAnswer::Disturbed),
            (vec![255; 64], NoAnswer::Disturbed),
        ] {
            assert_eq!(open::<Vec<u8>>(&bytes, "n"), Err(reason), "{bytes:?}");
        }
    }
}
