//! The page whose address the client prints: `/<course>/<assignment>/backups/<key>`, or `…/submissions/<key>` where it was handed in. Each
//! leads to the other where that is what it is.

use actors::problem::Fault;
use actors::submission::intake::deadline;
use entity::file::Entry;
use entity::viewer::ViewerScope;
use poem::http::{StatusCode, header};
use poem::web::Path;
use poem::{Request, Response, handler};

use super::backups::{Found, find, receipt_of};
use super::work_page::shown;
use crate::http::Shared;
use crate::http::account::form::{Link, Page};
use crate::http::account::guard::{broken, go_to, shared};
use crate::http::account::signed_in;

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
        Ok(None) => return go_to(&login(&place.path())),
        Err(fault) => return broken(fault),
    };
    let found = find(&shared, &who.scope, &place.key).await;
    match found.map(|found| found.filter(|found| found.assignment.endpoint == place.endpoint)) {
        Ok(Some(found)) if found.handed_in == place.handed_in => {
            told(&shared, &who.scope, &found, &place).await.map_or_else(broken, |page| page.answer(StatusCode::OK))
        }
        Ok(Some(Found { handed_in, .. })) => go_to(&Place { handed_in, ..place }.path()),
        Ok(None) => nothing(),
        Err(error) => broken(error.into()),
    }
}

/// The address of the page where one signs in, and from there on to this.
pub(super) fn login(path: &str) -> String {
    let next = serde_urlencoded::to_string([("next", path)]).unwrap_or_default();
    format!("/login?{next}")
}

async fn told(shared: &Shared, viewer: &ViewerScope, found: &Found, place: &Place) -> Result<Page, Fault> {
    let receipt = receipt_of(shared, viewer, &found.row).await?;
    let deadline = deadline(&shared.deps, found.row.submitter_id, &found.assignment).await?;
    Ok(page(found, deadline.is_late(found.row.received_at), receipt.map(|_| place.path())))
}

/// Whether a character has those behind it shown in another order: a name would look like another one.
fn turns_around(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn nothing() -> Response {
    Page::note("Nothing here", "There is no such backup that you may see.", "/", "Go on").answer(StatusCode::NOT_FOUND)
}

/// The receipt of a backup, as a file.
#[handler]
pub async fn send_receipt(request: &Request, Path((course, name, key)): Path<(String, String, String)>) -> Response {
    let shared = match shared(request) {
        Ok(shared) => shared,
        Err(status) => return status.into(),
    };
    let who = match signed_in(request, &shared).await {
        Ok(Some(who)) => who,
        Ok(None) => return go_to(&login(request.original_uri().path())),
        Err(fault) => return broken(fault),
    };
    let found = match find(&shared, &who.scope, &key).await {
        Ok(Some(found)) if found.assignment.endpoint == format!("{course}/{name}") => found,
        Ok(_) => return nothing(),
        Err(error) => return broken(error.into()),
    };
    match receipt_of(&shared, &who.scope, &found.row).await {
        Ok(Some(receipt)) => Response::builder()
            .content_type("application/json")
            .header(header::CACHE_CONTROL, "no-store")
            // The key has letters and digits only.
            .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"receipt-{key}.json\""))
            .body(receipt.text() + "\n"),
        Ok(None) => nothing(),
        Err(error) => broken(error.into()),
    }
}

fn page(Found { row, assignment, handed_in }: &Found, is_late: bool, receipt: Option<String>) -> Page {
    let late = if is_late { ", after the deadline" } else { "" };
    let zone = assignment.zone();
    let name = |entry: &Entry| entry.name.replace(turns_around, "\u{fffd}");
    let files: Vec<String> =
        row.files.0.iter().map(|entry| format!("{} ({} bytes)", name(entry), entry.size)).collect();
    let mut lead = vec![
        assignment.title.clone(),
        format!("It arrived on {} ({zone}){late}.", shown(assignment, row.received_at)),
        format!("Its files: {}.", if files.is_empty() { "none".to_owned() } else { files.join(", ") }),
    ];
    if !*handed_in {
        lead.push("It is a backup: it is kept, and not handed in.".to_owned());
    }
    Page {
        title: if *handed_in { "A submission" } else { "A backup" },
        lead,
        links: receipt
            .map(|place| Link::to(format!("{place}/receipt"), "Its receipt, to keep"))
            .into_iter()
            .chain([Link::to("/", "Go on")])
            .collect(),
        ..Page::default()
    }
}
