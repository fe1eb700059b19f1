//! The door of the `ok` client: `/api/v3/…`, in its envelopes.
//!
//! Every answer is a JSON object with `data` (an object, never null), `code` and a `message`, errors too: the client ends with a traceback
//! where it is not. Who has no good token gets a 401 in the same form, and is never led to a page. A refusal is repeated at once, up to five
//! times, so what was refused is kept once.

mod assignment;
mod backups;
mod envelope;
mod group;
mod page;
mod user;
mod version;

use poem::{Route, get};

/// Its routes, with and without a slash at the end: the client's library makes a GET of a POST that is led elsewhere.
pub(super) fn routes(routes: Route) -> Route {
    routes
        .at("/api/v3", get(version::index))
        .at("/api/v3/", get(version::index))
        .at("/api/v3/user", get(user::own))
        .at("/api/v3/user/", get(user::own))
        .at("/api/v3/backups", poem::post(backups::receive))
        .at("/api/v3/backups/", poem::post(backups::receive))
        .at("/api/v3/backups/:key", get(backups::show))
        .at("/api/v3/backups/:key/", get(backups::show))
        .at("/api/v3/assignment/*endpoint", get(assignment::show))
        .at("/api/v3/assignment/:course/:name/group/:email", get(group::show))
        .at("/api/v3/assignment/:course/:name/group/:email/", get(group::show))
        .at("/api/v3/version", get(version::all))
        .at("/api/v3/version/", get(version::all))
        .at("/api/v3/version/:name", get(version::one))
        .at("/:course/:assignment/backups/:key", get(page::show_backup))
        .at("/:course/:assignment/submissions/:key", get(page::show_submission))
        .at("/:course/:assignment/backups/:key/receipt", get(page::send_receipt))
        .at("/:course/:assignment/submissions/:key/receipt", get(page::send_receipt))
}
