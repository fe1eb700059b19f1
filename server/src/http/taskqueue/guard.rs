//! Whoever looks at a page of somebody else must not become its hand: a page can have a browser send requests to wherever the browser
//! is, also into a network that the page's author cannot reach.
//!
//! Three things betray such a request. Browsers say which page a request comes from (`Origin`). Without asking first they send no
//! JSON, only forms and plain text. And a page whose name was made to point here (DNS rebinding) calls us by that name (`Host`).

use poem::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use poem::http::{HeaderMap, Uri};

use super::super::Shared;
use super::refusal::Refusal;
use crate::config::TaskQueue;

/// What a page can send without asking first.
const PLAIN: [&str; 3] = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

/// Refuses what calls us by a name that is not ours. Where a token is wanted, no page can send one.
pub(super) fn host(shared: &Shared, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    match shared.task_queue {
        TaskQueue::Open => known_host(shared, uri, headers).map(drop),
        TaskQueue::Off | TaskQueue::Tokens(_) => Ok(()),
    }
}

/// The name, with a port if there is one, by which we were called; it is one of ours.
pub(super) fn known_host<'r>(shared: &Shared, uri: &'r Uri, headers: &'r HeaderMap) -> Result<&'r str, Refusal> {
    let header = || headers.get(HOST).and_then(|value| value.to_str().ok());
    let called = uri.authority().map(|authority| authority.as_str()).or_else(header).unwrap_or_default();
    if shared.task_queue_hosts.know(called) {
        return Ok(called);
    }
    Err(Refusal::forbidden(format!(
        "The request is for `{called}`, which is no name of this site. If it should be, its operator adds it to LECTERN_TASK_QUEUE_HOSTS, or sets LECTERN_PUBLIC_URL."
    )))
}

/// Refuses what a page has sent. For requests that change something.
pub(super) fn page(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key(ORIGIN) {
        return Err(Refusal::forbidden("Pages in a browser may not change anything here."));
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if PLAIN.iter().any(|plain| plain.eq_ignore_ascii_case(kind)) {
        return Err(Refusal::parse(format!(
            "The body is said to be {kind}; send JSON as `Content-Type: application/json`."
        )));
    }
    Ok(())
}
