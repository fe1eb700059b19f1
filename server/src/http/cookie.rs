//! The cookie of a browser that is signed in: `__Host-lectern` where the site is reached by https, `lectern` where it is not.
//!
//! No script can read it (`HttpOnly`), no other site can have it sent along with more than a link (`SameSite=Lax`), no other host can set it
//! and it leaves only encrypted (`__Host-`, `Secure`). It counts only for requests that [this site's own pages](super::cross_site) send.

use std::time::Duration;

use poem::Response;
use poem::http::header::{COOKIE, SET_COOKIE};
use poem::http::{HeaderMap, HeaderValue};

use super::Shared;

/// The cookie of somebody who is signed in.
const SESSION: &str = "lectern";

/// A cookie's name on this site.
fn full_name(shared: &Shared, name: &str) -> String {
    if is_encrypted(shared) { format!("__Host-{name}") } else { name.to_owned() }
}

fn is_encrypted(shared: &Shared) -> bool {
    shared.deps.site.public_url.starts_with("https://")
}

/// What the cookie of a request holds.
pub(super) fn read<'h>(headers: &'h HeaderMap, shared: &Shared) -> Option<&'h str> {
    read_named(headers, shared, SESSION)
}

/// What another cookie of a request holds.
pub(super) fn read_named<'h>(headers: &'h HeaderMap, shared: &Shared, name: &str) -> Option<&'h str> {
    let name = full_name(shared, name);
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(&name)?.strip_prefix('='))
}

/// Has the browser keep it for so long.
pub(super) fn set(response: &mut Response, shared: &Shared, value: &str, lifetime: Duration) {
    set_named(response, shared, SESSION, value, lifetime);
}

/// Has the browser forget it.
pub(super) fn clear(response: &mut Response, shared: &Shared) {
    set(response, shared, "", Duration::ZERO);
}

/// Has the browser keep another one for so long; for no time, forget it.
pub(super) fn set_named(response: &mut Response, shared: &Shared, name: &str, value: &str, lifetime: Duration) {
    let (name, seconds) = (full_name(shared, name), lifetime.as_secs());
    let secure = if is_encrypted(shared) { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // Its value is letters and digits, so it is always a header.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
