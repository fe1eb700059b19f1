//! What JSON has of values and levels, counted over its bytes before anything is made of it.
//!
//! A byte of JSON may become thirty in memory: `[[],[],[],…`. What is not JSON is left to be told by its parser.

use super::{Fault, LEVELS, VALUES};

/// Whether JSON may be read.
///
/// # Errors
/// When it has too many values, or too many of them within each other.
pub fn allow(json: &[u8]) -> Result<(), Fault> {
    let (mut values, mut open, mut levels) = (1, 0_usize, 0);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                // To the quote that ends it, past those behind a backslash.
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            b',' => values += 1,
            b'[' | b'{' => {
                (values, open) = (values + 1, open + 1);
                levels = levels.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    LEVELS.allows(levels)?;
    VALUES.allows(values)
}

#[cfg(test)]
mod tests {
    use super::super::{LEVELS, VALUES};
    use super::allow;

    #[test]
    fn values_and_levels_are_counted_but_not_in_strings() {
        let list = |entry: &str, count: usize| format!("[{}]", vec![entry; count].join(","));
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for (json, fine) in [
            (String::new(), true),
            (list("1", VALUES.max - 1), true),
            (list("1", VALUES.max), false),
            (list("[]", VALUES.max / 2), false),
            (list(r#"{"a":1}"#, VALUES.max / 2), false),
            (format!(r#"{{"a":"{}"}}"#, ",[{".repeat(VALUES.max)), true),
            (format!(r#""\"{}""#, "[".repeat(LEVELS.max + 1)), true),
            (format!(r#""\\"{}"#, "[".repeat(LEVELS.max + 1)), false),
            (nested(LEVELS.max), true),
            (nested(LEVELS.max + 1), false),
            ("{\"a\":".repeat(LEVELS.max + 1), false),
            ("]".repeat(100), true),
        ] {
            assert_eq!(allow(json.as_bytes()).is_ok(), fine, "{json:.60}");
        }
    }
}
