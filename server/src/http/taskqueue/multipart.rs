//! The parts of a `multipart/mixed` body, and the headers of a part. Lines may end as they like: the best known client ends them
//! with a line feed alone.

use hyper::body::Bytes;
use poem::http::{HeaderMap, HeaderName, HeaderValue};

/// The boundary that a content type names. None: it is no `multipart/mixed`, or names none.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let named = |parameter: &str| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        (name.trim().eq_ignore_ascii_case("boundary") && (1..=70).contains(&value.len())).then(|| value.to_owned())
    };
    parameters.split(';').find_map(named)
}

/// The parts of a body, at most so many. The error says what is wrong with it.
pub(super) fn parts(body: &Bytes, boundary: &str, most: usize) -> Result<Vec<Bytes>, String> {
    let mark = format!("--{boundary}");
    let (mut parts, mut begin, mut at) = (Vec::new(), None::<usize>, 0);
    while at < body.len() {
        let end = line_end(body, at);
        if let Some(behind) = body[at..end].strip_prefix(mark.as_bytes()).map(<[u8]>::trim_ascii_end)
            && matches!(behind, b"" | b"--")
        {
            if let Some(begin) = begin {
                // The line break before a boundary belongs to the boundary.
                parts.push(body.slice(begin..begin.max(at - break_before(body, at))));
            }
            if behind == b"--" {
                return Ok(parts);
            }
            if parts.len() == most {
                return Err(format!("The batch has more than {most} parts."));
            }
            begin = Some(end);
        }
        at = end;
    }
    Err(format!("The batch does not end with its boundary, which is a line of `--{boundary}--`."))
}

/// The lines of headers before the first empty line, and what is behind that.
pub(super) fn head(part: &Bytes) -> (HeaderMap, Bytes) {
    let (mut lines, mut at): (Vec<String>, usize) = (Vec::new(), 0);
    while at < part.len() {
        let end = line_end(part, at);
        let line = String::from_utf8_lossy(&part[at..end]);
        let line = line.trim_end_matches(['\r', '\n']);
        at = end;
        match (line.starts_with([' ', '\t']), lines.last_mut()) {
            _ if line.is_empty() => break,
            (true, Some(last)) => last.push_str(&format!(" {}", line.trim())),
            _ => lines.push(line.to_owned()),
        }
    }
    let header = |line: &String| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().parse::<HeaderName>().ok()?, HeaderValue::from_str(value.trim()).ok()?))
    };
    (lines.iter().filter_map(header).collect(), part.slice(at..))
}

/// The first line, and what is behind it.
pub(super) fn first_line(text: &Bytes) -> (String, Bytes) {
    let end = line_end(text, 0);
    (String::from_utf8_lossy(&text[..end]).trim().to_owned(), text.slice(end..))
}

/// Where the line ends that begins there, with its line break.
fn line_end(text: &[u8], at: usize) -> usize {
    text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |feed| at + feed + 1)
}

/// How long the line break is that ends there.
fn break_before(text: &[u8], at: usize) -> usize {
    [&b"\r\n"[..], b"\n"].iter().find(|end| text[..at].ends_with(end)).map_or(0, |end| end.len())
}

#[cfg(test)]
mod tests {
    use super::{Bytes, boundary, head, parts};

    #[test]
    fn boundaries_are_named() {
        for (text, named) in [
            ("multipart/mixed; boundary=abc", Some("abc")),
            ("Multipart/Mixed; charset=x; Boundary=\"a b\"", Some("a b")),
            ("multipart/mixed", None),
            ("multipart/mixed; boundary=", None),
            ("multipart/form-data; boundary=abc", None),
            ("application/json", None),
        ] {
            assert_eq!(boundary(text).as_deref(), named, "{text}");
        }
    }

    #[test]
    fn parts_lie_between_boundaries() {
        let split = |text: &'static str| parts(&Bytes::from_static(text.as_bytes()), "b", 3);
        assert_eq!(split("before\r\n--b\r\none\r\n--b \r\n\r\n--b--\r\nafter"), Ok(vec!["one".into(), "".into()]));
        assert_eq!(split("--b\none\ntwo\n--bc\n--b--"), Ok(vec!["one\ntwo\n--bc".into()]));
        assert_eq!(split("--b--"), Ok(vec![]));
        assert_eq!(split("--b\n--b--"), Ok(vec!["".into()]));
        assert_eq!(split("--b\n1\n--b\n2\n--b\n3\n--b--").map(|parts| parts.len()), Ok(3));
        for bad in ["", "one", "--b\none", "--b\n1\n--b\n2\n--b\n3\n--b\n4\n--b--"] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn headers_end_with_an_empty_line() {
        let (headers, rest) = head(&Bytes::from_static(b"A: 1\r\nlong: x\r\n  y\nbad line\n\xff: 2\nc:\n\r\nbody\n\n"));
        let found: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(found, [("a", &b"1"[..]), ("long", b"x y"), ("c", b"")]);
        assert_eq!(rest, &b"body\n\n"[..]);
        assert_eq!(head(&Bytes::from_static(b"a: 1")).1, &b""[..]);
    }
}
