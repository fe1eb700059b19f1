//! Which type an answer has, by what the client accepts.
//!
//! There are two for a single answer. `application/graphql-response+json` says by its status whether the request could be executed;
//! `application/json` is for older clients, who take any status but 200 for a broken network. Who does not say, or says `*/*`, is taken
//! for an older one. Who names `text/event-stream` gets [events](super::events).

use poem::http::HeaderMap;
use poem::http::header::ACCEPT;

/// The type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Modern,
    Legacy,
}

impl Format {
    /// The type that the client likes best; none when it accepts neither.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = Vec::new();
        for line in headers.get_all(ACCEPT) {
            ranges.extend(line.to_str().unwrap_or_default().split(',').filter_map(range));
        }
        if ranges.is_empty() {
            return Some(Self::Legacy);
        }
        let (modern, legacy) = (liking(&ranges, Self::Modern), liking(&ranges, Self::Legacy));
        let named = ranges.iter().any(|(name, _)| name.eq_ignore_ascii_case(Self::Modern.name()));
        match (modern > 0.0, legacy > 0.0) {
            (false, false) => None,
            (true, true) if !named || modern < legacy => Some(Self::Legacy),
            (true, _) => Some(Self::Modern),
            (false, true) => Some(Self::Legacy),
        }
    }

    /// Its name, as in a header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Modern => "application/graphql-response+json",
            Self::Legacy => "application/json",
        }
    }
}

/// Whether the client would rather have events than JSON: it names them, and names no type of JSON that it likes as much.
pub(super) fn wants_events(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter().map(|line| line.to_str().unwrap_or_default());
    let ranges: Vec<(&str, f32)> = lines.flat_map(|line| line.split(',')).filter_map(range).collect();
    let liking = |kinds: &[&str]| {
        let named = ranges.iter().filter(|(name, _)| kinds.iter().any(|kind| name.eq_ignore_ascii_case(kind)));
        named.map(|(_, liking)| *liking).fold(0.0, f32::max)
    };
    liking(&["text/event-stream"]) > liking(&[Format::Modern.name(), Format::Legacy.name()])
}

/// A range of types and how much it is liked, from 0 to 1. None for nothing, and for a charset that is not ours.
fn range(text: &str) -> Option<(&str, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let mut liking = 1.0;
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            "q" => liking = value.parse().unwrap_or(0.0),
            "charset" if !is_utf8(value) => return None,
            _ => {}
        }
    }
    Some((name, liking))
}

/// Whether a charset is the one of JSON.
pub(super) fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// How much a type is liked, by the narrowest range that holds it.
fn liking(ranges: &[(&str, f32)], format: Format) -> f32 {
    let narrowest = [format.name(), "application/*", "*/*"];
    let of =
        |wanted: &str| ranges.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, liking)| *liking);
    narrowest.into_iter().find_map(of).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderMap;
    use poem::http::header::ACCEPT;

    use super::{Format, wants_events};

    #[test]
    fn events_are_for_who_names_them_before_json() {
        for (accept, wanted) in [
            ("text/event-stream", true),
            ("Text/Event-Stream; charset=utf-8, */*", true),
            ("text/event-stream, multipart/mixed", true),
            ("text/event-stream, application/json;q=0.9", true),
            ("application/graphql-response+json, application/json, text/event-stream, multipart/mixed", false),
            ("text/event-stream;q=0", false),
            ("*/*", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(wants_events(&headers), wanted, "{accept}");
        }
    }

    #[test]
    fn the_type_that_is_liked_best() {
        let (modern, legacy) = (Some(Format::Modern), Some(Format::Legacy));
        for (accept, wanted) in [
            (&[] as &[&str], legacy),
            (&[""], legacy),
            (&["*/*"], legacy),
            (&["application/*"], legacy),
            (&["application/json"], legacy),
            (&["application/graphql-response+json"], modern),
            (&["application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"], modern),
            (&["application/json, application/graphql-response+json"], modern),
            (&["application/json", "application/graphql-response+json"], modern),
            (&["application/graphql-response+json;q=0.5, application/json;q=0.9"], legacy),
            (&["APPLICATION/GraphQL-response+JSON"], modern),
            (&["application/json;q=0, */*"], modern),
            (&["application/graphql-response+json;q=0, */*;q=0.1"], legacy),
            (&["text/html, */*;q=0.8"], legacy),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["application/json; charset=utf-16"], legacy),
            (&["application/json; charset=utf-16, text/html"], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in accept {
                headers.append(ACCEPT, line.parse().unwrap());
            }
            assert_eq!(Format::of(&headers), wanted, "{accept:?}");
        }
    }
}
