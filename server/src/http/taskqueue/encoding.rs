//! Percent-encoding in addresses, and base64 in bodies.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What a part of an address stands for. None: it is not well encoded.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit()? << 4 | digit()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The names and values of a query or a form. None: it is not well encoded.
pub(super) fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = |text: &str| unescaped(&text.replace('+', " "));
        Some((plain(name)?, plain(value)?))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// With the padding or without it.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const READER: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// The bytes of a text in either alphabet. None: it is in none.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    READER.decode(text.replace('-', "+").replace('_', "/")).ok()
}

/// The bytes in the standard alphabet, padded.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::{base64, bytes, pairs, unescaped};

    #[test]
    fn addresses() {
        assert_eq!(unescaped("b~a%3Ab%2fc+d").as_deref(), Some("b~a:b/c+d"));
        for bad in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(unescaped(bad), None, "{bad}");
        }
        let found = pairs("a=1&b=x+y%26&c&=2&").expect("pairs");
        let expected = [("a", "1"), ("b", "x y&"), ("c", ""), ("", "2")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn both_alphabets() {
        let plain = [0xfb, 0xff, 0xfe, 1];
        assert_eq!(base64(&plain), "+//+AQ==");
        for text in ["+//+AQ==", "+//+AQ", "-__-AQ==", "-__-AQ"] {
            assert_eq!(bytes(text).as_deref(), Some(&plain[..]), "{text}");
        }
        assert_eq!(bytes("").as_deref(), Some(&[][..]));
        for text in ["A", "A===", "====", "a b=", "AQ=\n=", "\u{e9}AA="] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
