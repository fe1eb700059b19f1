//! Whether a request was sent by one of this site's own pages. What another page has a browser send comes with our cookie too, so a cookie
//! counts only where the browser says that the request is ours.
//!
//! Browsers say it in `Sec-Fetch-Site` (where the site is reached by https or on this machine) and, for everything that may change
//! something and for web sockets, in `Origin`. No script can set either. A request with neither may only read.

use poem::http::header::{HOST, ORIGIN};
use poem::http::{HeaderMap, Method};

/// Whether the request comes from a page of ours, or from its user's address bar.
pub(super) fn is_own(method: &Method, headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let reads = matches!(*method, Method::GET | Method::HEAD) && text("upgrade").is_none();
    match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some("same-origin"), _) => true,
        (Some("none"), _) => reads,
        // To come here by a link is no harm; to be read from elsewhere is.
        (Some(_), _) => reads && text("sec-fetch-mode") == Some("navigate"),
        (None, Some(origin)) => is_ours(origin, text(HOST.as_str()), public_url),
        (None, None) => reads,
    }
}

/// Whether a browser says that another site's page has led here.
pub(super) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

fn is_ours(origin: &str, host: Option<&str>, public_url: &str) -> bool {
    // Where the site is reached by https, a page in clear may be anybody's who is on the way.
    let as_safe = !public_url.starts_with("https://") || origin.starts_with("https://");
    let same_host = as_safe && origin.split_once("://").is_some_and(|(_, at)| Some(at) == host);
    origin == origin_of(public_url) || same_host
}

/// The scheme, host and port of an address.
fn origin_of(url: &str) -> &str {
    let path = url.find("://").map_or(0, |scheme| scheme + 3);
    url[path..].find('/').map_or(url, |end| &url[..path + end])
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderMap, HeaderName, HeaderValue, Method};

    use super::is_own;

    type Headers = &'static [(&'static str, &'static str)];

    fn get(headers: Headers) -> (Method, Headers) {
        (Method::GET, headers)
    }

    fn post(headers: Headers) -> (Method, Headers) {
        (Method::POST, headers)
    }

    #[test]
    fn only_our_own_pages_act_with_a_cookie() {
        for ((method, headers), own) in [
            (get(&[]), true),
            (post(&[]), false),
            (post(&[("sec-fetch-site", "same-origin")]), true),
            (post(&[("sec-fetch-site", "same-origin"), ("origin", "null")]), true),
            (post(&[("sec-fetch-site", "same-site"), ("origin", "https://lectern.example")]), false),
            (post(&[("sec-fetch-site", "cross-site")]), false),
            (post(&[("sec-fetch-site", "none")]), false),
            (get(&[("sec-fetch-site", "none")]), true),
            (get(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]), true),
            (get(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")]), false),
            (post(&[("origin", "https://lectern.example")]), true),
            (post(&[("origin", "https://lectern.example.evil")]), false),
            (post(&[("origin", "https://127.0.0.1:8000"), ("host", "127.0.0.1:8000")]), true),
            (post(&[("origin", "http://127.0.0.1:8000"), ("host", "127.0.0.1:8000")]), false),
            (post(&[("origin", "http://lectern.example"), ("host", "lectern.example")]), false),
            (post(&[("origin", "http://127.0.0.1:9000"), ("host", "127.0.0.1:8000")]), false),
            (post(&[("origin", "null"), ("host", "null")]), false),
            (get(&[("upgrade", "websocket")]), false),
            (get(&[("upgrade", "websocket"), ("origin", "https://evil.example"), ("host", "lectern.example")]), false),
            (get(&[("upgrade", "websocket"), ("origin", "https://lectern.example")]), true),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_own(&method, &map, "https://lectern.example"), own, "{method} {headers:?}");
        }
    }
}
