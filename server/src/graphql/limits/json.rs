//! What JSON has of values and levels, counted over its bytes before anything is made of it.
//!
//! A byte of JSON may become thirty in memory: `[[],[],[],…`. What is not JSON is left to be told by its parser.

use super::{Fault, LEVELS, VALUES};

/// What was counted so far.
#[derive(Debug, Default)]
pub struct Count {
    values: usize,
    open: usize,
    levels: usize,
    /// Whether what comes next is in a string, and there behind a backslash.
    quoted: bool,
    escaped: bool,
}

impl Count {
    /// Whether more of the JSON may be read, as it comes.
    ///
    /// # Errors
    /// When it has too many values, or too many of them within each other. It is then counted to the end of this piece.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), Fault> {
        for byte in piece {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.quoted => self.escaped = true,
                b'"' => self.quoted = !self.quoted,
                _ if self.quoted => {}
                b',' => self.values += 1,
                b'[' | b'{' => {
                    (self.values, self.open) = (self.values + 1, self.open + 1);
                    self.levels = self.levels.max(self.open);
                }
                b']' | b'}' => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
        LEVELS.allows(self.levels)?;
        VALUES.allows(self.values + 1)
    }
}

/// Whether JSON may be read.
///
/// # Errors
/// As [`Count::take`].
pub fn allow(json: &[u8]) -> Result<(), Fault> {
    Count::default().take(json)
}

#[cfg(test)]
mod tests {
    use super::super::{LEVELS, VALUES};
    use super::{Count, allow};

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
            let mut count = Count::default();
            let in_pieces = json.as_bytes().chunks(7).all(|piece| count.take(piece).is_ok());
            assert_eq!(in_pieces, fine, "in pieces: {json:.60}");
        }
    }
}
