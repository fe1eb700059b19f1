//! The page `/<course>/<assignment>`, to which the client leads its student after they have signed in: until when there is time, and what they
//! have handed in. What else there is for two words in an address is answered as if this page were not there.

use std::sync::Arc;

use actors::content::format::RESERVED;
use actors::problem::{Fault, Problem};
use actors::submission::receive;
use entity::assignment::deadline::{Deadline, local};
use entity::clock::Timestamp;
use entity::grading::grade;
use entity::submission::work;
use entity::viewer::ViewerScope;
use entity::{assignment, submission};
use poem::http::{Method, StatusCode};
use poem::web::Path;
use poem::{Error, Request, Response, handler};
use sea_orm::EntityTrait as _;

use super::backups::key;
use super::page::login;
use crate::http::Shared;
use crate::http::account::form::{Link, Page};
use crate::http::account::guard::{broken, shared};
use crate::http::account::signed_in;

/// An assignment, as far as it is the viewer's.
#[handler]
pub async fn show(
    method: Method,
    request: &Request,
    Path((course, name)): Path<(String, String)>,
) -> poem::Result<Response> {
    if !is_course(&course) || !is_name(&name) || RESERVED.contains(&course.as_str()) {
        return Err(Error::from_status(StatusCode::NOT_FOUND));
    }
    if method != Method::GET && method != Method::HEAD {
        return Err(Error::from_status(StatusCode::METHOD_NOT_ALLOWED));
    }
    let endpoint = format!("{course}/{name}");
    let shared = shared(request).map_err(Error::from_status)?;
    let who = match signed_in(request, &shared).await {
        Ok(Some(who)) => who,
        // Whether there is such an assignment is told nobody whom we do not know.
        Ok(None) => return Ok(unknown(&endpoint)),
        Err(fault) => return Ok(broken(fault)),
    };
    let posted = match receive::find(&shared.deps, &who.scope, &endpoint).await {
        Ok(posted) => posted,
        Err(Problem::Refused(_)) => return Ok(nothing()),
        Err(Problem::Fault(fault)) => return Ok(broken(fault)),
    };
    Ok(page(&shared, &who.scope, &posted.assignment).await.map_or_else(broken, |page| page.answer(StatusCode::OK)))
}

/// Whether something may be the key of a course.
fn is_course(word: &str) -> bool {
    word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether something may be the name of an assignment. One that is made by hand has more freedom than a folder.
fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn unknown(endpoint: &str) -> Response {
    let text = "Sign in to see until when there is time for an assignment, and what you have handed in.";
    Page::note("An assignment", text, &login(&format!("/{endpoint}")), "Sign in").answer(StatusCode::OK)
}

fn nothing() -> Response {
    let text = "There is no such assignment for you. Ask your teacher whether you are on the course's roster.";
    Page::note("Nothing here", text, "/", "Go on").answer(StatusCode::NOT_FOUND)
}

async fn page(shared: &Arc<Shared>, viewer: &ViewerScope, row: &assignment::Model) -> Result<Page, Fault> {
    let db = shared.deps.db.read();
    let owner = viewer.user().unwrap_or_default();
    let own = work::find(db, row.id, owner).await?;
    let deadline = row.deadline(own.as_ref().and_then(|own| own.due_at));
    let mut lead = vec![row.title.clone(), time(row, &deadline, shared.deps.clock.now())];
    let mut links = Vec::new();
    match own {
        None => lead.push("Nothing of yours has come yet.".to_owned()),
        Some(own) => {
            if let Some(counts) = own.final_submission_id {
                lead.push(handed_in(db, row, &deadline, counts).await?);
                if let Some(worth) = worth(db, row, owner).await? {
                    lead.push(worth);
                }
                links.push(Link::to(format!("/{}/submissions/{}", row.endpoint, key(counts)), "What counts"));
            } else {
                lead.push("You have handed in nothing yet.".to_owned());
            }
            if let Some(last) = own.last_backup_id.filter(|last| Some(*last) != own.final_submission_id) {
                links.push(Link::to(format!("/{}/backups/{}", row.endpoint, key(last)), "What came last"));
            }
        }
    }
    links.push(Link::to("/", "Go on"));
    Ok(Page { title: "An assignment", lead, links, ..Page::default() })
}

/// Until when there is time, as the clock on the wall shows it there.
fn time(row: &assignment::Model, deadline: &Deadline, now: Timestamp) -> String {
    let zone = row.zone();
    let verb = if now > deadline.due_at { "It was due" } else { "It is due" };
    let more = if deadline.extended { ", which is more time than others have" } else { "" };
    let due = format!("{verb} on {} ({zone}){more}.", shown(row, deadline.due_at));
    match deadline.lock_at {
        Some(lock) if deadline.is_locked(now) => format!("{due} It was taken until {}.", shown(row, lock)),
        Some(lock) if lock > deadline.due_at => format!("{due} It is taken, as late, until {}.", shown(row, lock)),
        _ => due,
    }
}

/// When what counts was handed in.
async fn handed_in(
    db: &impl sea_orm::ConnectionTrait,
    row: &assignment::Model,
    deadline: &Deadline,
    counts: i64,
) -> Result<String, Fault> {
    let Some(found) = submission::Entity::find_by_id(counts).one(db).await? else { return Ok(String::new()) };
    let wall = shown(row, found.submitted_at);
    let late = if deadline.is_late(found.submitted_at) { ", late" } else { "" };
    Ok(format!("What counts was handed in on {wall} ({}){late}.", row.zone()))
}

/// What it is worth, lateness considered; none while it is not graded.
async fn worth(
    db: &impl sea_orm::ConnectionTrait,
    row: &assignment::Model,
    owner: i64,
) -> Result<Option<String>, Fault> {
    let whose = (row.course_id, owner);
    let grades = grade::of_people(db, &[whose]).await?.remove(&whose).unwrap_or_default();
    let own = grades.into_iter().find(|grade| grade.assignment == row.id);
    Ok(own.and_then(|grade| {
        let points = grade.points()?;
        let of = grade.maximum.map(|maximum| format!(" of {maximum}")).unwrap_or_default();
        Some(format!("It is worth {points}{of} points."))
    }))
}

/// A time as the clock on the wall of an assignment shows it, to the second: a deadline may be missed by one.
pub(super) fn shown(row: &assignment::Model, at: Timestamp) -> String {
    local(row.zone(), at).map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}
