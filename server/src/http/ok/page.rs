//! The page whose address the client prints: `/<course>/<assignment>/backups/<key>`, or `…/submissions/<key>` where it was handed in. Each
//! leads to the other where that is what it is.

use entity::id::{self, Kind};
use entity::submission::{self, backup};
use entity::visible::Viewable as _;
use entity::{assignment, clock::Timestamp};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Request, Response, handler};
use sea_orm::{DbErr, EntityTrait as _};

use crate::http::account::form::{Link, Page};
use crate::http::account::guard::{broken, go_to, shared};
use crate::http::account::signed_in;
use crate::http::{Shared, account};

/// A place as the client prints it.
#[derive(Debug)]
struct Place {
    endpoint: String,
    key: String,
    /// Whether it is said to be handed in.
    handed_in: bool,
}

impl Place {
    fn path(&self) -> String {
        format!("/{}/{}/{}", self.endpoint, if self.handed_in { "submissions" } else { "backups" }, self.key)
    }
}

/// A backup.
#[handler]
pub async fn show_backup(request: &Request, Path((course, name, key)): Path<(String, String, String)>) -> Response {
    show(request, Place { endpoint: format!("{course}/{name}"), key, handed_in: false }).await
}

/// A submission.
#[handler]
pub async fn show_submission(request: &Request, Path((course, name, key)): Path<(String, String, String)>) -> Response {
    show(request, Place { endpoint: format!("{course}/{name}"), key, handed_in: true }).await
}

async fn show(request: &Request, place: Place) -> Response {
    let shared = match shared(request) {
        Ok(shared) => shared,
        Err(status) => return status.into(),
    };
    let who = match signed_in(request, &shared).await {
        Ok(Some(who)) => who,
        Ok(None) => {
            let next = serde_urlencoded::to_string([("next", place.path())]).unwrap_or_default();
            return go_to(&format!("/login?{next}"));
        }
        Err(fault) => return broken(fault),
    };
    match find(&shared, &who, &place).await {
        Ok(Some((assignment, row, handed_in))) if handed_in == place.handed_in => {
            page(&assignment, &row, handed_in).answer(StatusCode::OK)
        }
        Ok(Some((.., handed_in))) => go_to(&Place { handed_in, ..place }.path()),
        Ok(None) => Page::note("Nothing here", "There is no such backup that you may see.", "/", "Go on")
            .answer(StatusCode::NOT_FOUND),
        Err(error) => broken(error.into()),
    }
}

async fn find(
    shared: &Shared,
    who: &account::Identified,
    place: &Place,
) -> Result<Option<(assignment::Model, backup::Model, bool)>, DbErr> {
    let db = shared.deps.db.read();
    let Some(id) = id::decode_as(Kind::Backup, &format!("bak_{}", place.key)) else { return Ok(None) };
    let Some(row) = backup::Entity::visible(&who.scope).by_key(db, id).await? else { return Ok(None) };
    let assignment = assignment::Entity::find_by_id(row.assignment_id).one(db).await?;
    let Some(assignment) = assignment.filter(|assignment| assignment.endpoint == place.endpoint) else {
        return Ok(None);
    };
    let handed_in = submission::Entity::find_by_id(row.id).one(db).await?.is_some();
    Ok(Some((assignment, row, handed_in)))
}

fn page(assignment: &assignment::Model, row: &backup::Model, handed_in: bool) -> Page {
    let late = if row.received_at > assignment.due_at { ", after the deadline" } else { "" };
    let files: Vec<String> = row.files.0.iter().map(|entry| format!("{} ({} bytes)", entry.name, entry.size)).collect();
    let mut lead = vec![
        assignment.title.clone(),
        format!("It arrived on {}{late}.", minutes(row.received_at)),
        format!("Its files: {}.", if files.is_empty() { "none".to_owned() } else { files.join(", ") }),
    ];
    if !handed_in {
        lead.push("It is a backup: it is kept, and not handed in.".to_owned());
    }
    Page {
        title: if handed_in { "A submission" } else { "A backup" },
        lead,
        links: vec![Link::to("/", "Go on")],
        ..Page::default()
    }
}

/// An instant for a reader: `2026-11-20 15:30 UTC`.
fn minutes(at: Timestamp) -> String {
    at.to_utc().map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}
