//! The door of the `ok` client: `/api/v3/…`, in its envelopes.
//!
//! Every answer is a JSON object with `data` (an object, never null), `code` and a `message`, errors too: the client ends with a traceback
//! where it is not. Who has no good token gets a 401 in the same form, and is never led to a page.
//!
//! Here is what the client needs to sign somebody in; taking in their work follows.

mod envelope;
mod user;

use poem::{Route, get};

/// Its routes, with and without a slash at the end: the client's library makes a GET of a POST that is led elsewhere.
pub(super) fn routes(routes: Route) -> Route {
    routes.at("/api/v3/user", get(user::own)).at("/api/v3/user/", get(user::own))
}
