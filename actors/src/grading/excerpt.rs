//! How a piece of somebody's text is quoted in a message: short, on one line, without control characters.

/// The number of characters that are shown before the rest is cut.
const LENGTH: usize = 160;

/// `text` cut to a length that fits a message; control characters are written as escapes, so that a message never
/// moves the cursor of who reads it in a terminal.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LENGTH {
            shown.push('…');
            break;
        }
        show(&mut shown, character);
    }
    shown
}

/// The whole of `text`, with escapes as in an [`excerpt`].
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut shown = String::new();
    text.chars().for_each(|character| show(&mut shown, character));
    shown
}

fn show(shown: &mut String, character: char) {
    if character.is_control() || is_hidden(character) {
        shown.extend(character.escape_default());
    } else {
        shown.push(character);
    }
}

/// Marks that nobody sees, or that reorder the text around them and so can make a message, or a name, say something else.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn is_short_and_harmless() {
        assert_eq!(excerpt("plain"), "plain");
        assert_eq!(excerpt("a\u{1b}[2J\n"), "a\\u{1b}[2J\\n");
        assert_eq!(excerpt("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(excerpt(&"x".repeat(500)).chars().count(), 161);
    }
}
