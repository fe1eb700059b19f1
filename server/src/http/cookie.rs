//! The cookie of a browser that is signed in: `__Host-lectern` where the site is reached by https, `lectern` where it is not.
//!
//! No script can read it (`HttpOnly`), no other site can have it sent along with more than a link (`SameSite=Lax`), no other host can set it
//! and it leaves only encrypted (`__Host-`, `Secure`). It counts only for requests that [this site's own pages](super::cross_site) send.

use std::time::Duration;

use poem::Response;
use poem::http::header::{COOKIE, SET_COOKIE};
use poem::http::{HeaderMap, HeaderValue};

use super::Shared;

/// Its name on this site.
fn name(shared: &Shared) -> &'static str {
    if is_encrypted(shared) { "__Host-lectern" } else { "lectern" }
}

fn is_encrypted(shared: &Shared) -> bool {
    shared.deps.site.public_url.starts_with("https://")
}

/// What the cookie of a request holds.
pub(super) fn read<'h>(headers: &'h HeaderMap, shared: &Shared) -> Option<&'h str> {
    let name = name(shared);
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Has the browser keep it for so long.
pub(super) fn set(response: &mut Response, shared: &Shared, value: &str, lifetime: Duration) {
    write(response, shared, value, lifetime.as_secs());
}

/// Has the browser forget it.
pub(super) fn clear(response: &mut Response, shared: &Shared) {
    write(response, shared, "", 0);
}

fn write(response: &mut Response, shared: &Shared, value: &str, seconds: u64) {
    let secure = if is_encrypted(shared) { "; Secure" } else { "" };
    let cookie = format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", name(shared));
    // Its value is letters and digits, so it is always a header.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
