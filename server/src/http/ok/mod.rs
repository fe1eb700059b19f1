//! The door of the `ok` client: `/api/v3/…`, in its envelopes.
//!
//! Every answer is a JSON object with `data` (an object, never null), `code` and a `message`, errors too: the client ends with a traceback
//! where it is not. Who has no good token gets a 401 in the same form, and is never led to a page. A refusal is repeated at once, up to five
//! times, so what was refused is kept once.

mod assignment;
mod backups;
mod body;
mod client;
mod comments;
mod course;
mod envelope;
mod fields;
mod file;
mod group;
mod manners;
mod page;
mod people;
mod score;
mod submissions;
mod user;
mod version;
mod work_page;

pub(super) use manners::manners;

use poem::Route;

use self::manners::{both, get, post};

/// Its routes, with and without a slash at the end: the client's library makes a GET of a POST that is led elsewhere.
pub(super) fn routes(routes: Route) -> Route {
    let routes = rest(routes);
    routes
        .at("/api/v3", get(version::index))
        .at("/api/v3/", get(version::index))
        .at("/api/v3/user", get(user::own))
        .at("/api/v3/user/", get(user::own))
        .at("/api/v3/backups", post(backups::receive))
        .at("/api/v3/backups/", post(backups::receive))
        .at("/api/v3/revision", post(backups::revise))
        .at("/api/v3/revision/", post(backups::revise))
        .at("/api/v3/backups/:key", get(backups::show))
        .at("/api/v3/backups/:key/", get(backups::show))
        .at("/api/v3/assignment/*endpoint", both(assignment::show, assignment::put))
        .at("/api/v3/assignment/:course/:name/group/:email", get(group::show))
        .at("/api/v3/assignment/:course/:name/group/:email/", get(group::show))
        .at("/api/v3/version", get(version::all))
        .at("/api/v3/version/", get(version::all))
        .at("/api/v3/version/:name", both(version::one, version::set))
        .at("/api/v3/version/:name/", both(version::one, version::set))
        .at("/:course/:assignment", work_page::show)
        .at("/:course/:assignment/", work_page::show)
        .at("/:course/:assignment/backups/:key", poem::get(page::show_backup))
        .at("/:course/:assignment/backups/:key/", poem::get(page::show_backup))
        .at("/:course/:assignment/submissions/:key", poem::get(page::show_submission))
        .at("/:course/:assignment/submissions/:key/", poem::get(page::show_submission))
        .at("/:course/:assignment/backups/:key/receipt", poem::get(page::send_receipt))
        .at("/:course/:assignment/submissions/:key/receipt", poem::get(page::send_receipt))
}

/// What scripts and autograders ask for.
fn rest(routes: Route) -> Route {
    routes
        .at("/api/v3/user/:email", get(people::show))
        .at("/api/v3/user/:email/", get(people::show))
        .at("/api/v3/enrollment/:email", get(people::enrollment))
        .at("/api/v3/enrollment/:email/", get(people::enrollment))
        .at("/api/v3/backups/:key/comment", both(comments::list, comments::write))
        .at("/api/v3/backups/:key/comment/", both(comments::list, comments::write))
        .at("/api/v3/assignment/:course/:name/submissions", get(submissions::show))
        .at("/api/v3/assignment/:course/:name/submissions/", get(submissions::show))
        .at("/api/v3/assignment/:course/:name/export/:email", get(submissions::show_person))
        .at("/api/v3/assignment/:course/:name/export/:email/", get(submissions::show_person))
        .at("/api/v3/course/:course/assignments", get(course::assignments))
        .at("/api/v3/course/:course/assignments/", get(course::assignments))
        .at("/api/v3/course/:course/enrollment", get(course::enrollment))
        .at("/api/v3/course/:course/enrollment/", get(course::enrollment))
        .at("/api/v3/course/:course/roster", get(course::show_roster))
        .at("/api/v3/course/:course/roster/", get(course::show_roster))
        .at("/api/v3/course/:course/grades", get(course::show_grades))
        .at("/api/v3/course/:course/grades/", get(course::show_grades))
        .at("/api/v3/course/:course/export/:what", get(course::by_token))
        .at("/api/v3/course/:course/export/:what/", get(course::by_token))
        .at("/api/v3/score", post(score::post))
        .at("/api/v3/score/", post(score::post))
        .at("/api/v3/file/:key", get(file::show))
        .at("/api/v3/file/:key/", get(file::show))
        .at("/api/v3/client/:key", get(client::show))
        .at("/api/v3/client/:key/", get(client::show))
        .at("/api/v3/client/:key/redirect_urls", post(client::add))
        .at("/api/v3/client/:key/redirect_urls/", post(client::add))
}
