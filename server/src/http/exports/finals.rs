//! The submissions that count, of an assignment or a course: as a package with a folder for each student, or as lines of JSON.

use actors::submission::export_finals::{Piece, export_finals};
use entity::clock::Timestamp;
use entity::identity::user::normal_email;
use entity::submission::finals::{self, Choice};
use futures_util::Stream;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Request, Response, handler};
use sea_orm::DbErr;
use serde::Deserialize;

use super::{asked, broken, choice, download, lines, nothing, pack, refused};
use crate::graphql::error::Code;

/// Which of them somebody wants.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Which {
    lab_section: Option<String>,
    email: Option<String>,
    late: Option<bool>,
    scored: Option<bool>,
    /// Handed in then or later.
    from: Option<String>,
}

impl Which {
    fn read(self) -> Result<Choice, Response> {
        let bad = |told: &str| refused(StatusCode::BAD_REQUEST, told, Code::BadInput);
        let instant = |text: String| {
            let read = chrono::DateTime::parse_from_rfc3339(&text);
            read.map(|at| Timestamp::from(at.to_utc()))
                .map_err(|_| bad("`from` is a time such as 2026-11-20T15:30:00Z."))
        };
        let email = |text: String| normal_email(&text).ok_or_else(|| bad("`email` is an address."));
        Ok(Choice {
            lab_section: self.lab_section,
            email: self.email.map(email).transpose()?,
            late: self.late,
            scored: self.scored,
            from: self.from.map(instant).transpose()?,
        })
    }
}

async fn begin(
    request: &Request,
    course: &str,
    assignment: Option<&str>,
) -> Result<impl Stream<Item = Result<Piece, DbErr>> + Send + use<>, Response> {
    let asked = asked(request, course).await?;
    let which = choice::<Which>(request)?.read()?;
    let endpoint = assignment.map(|name| format!("{course}/{name}"));
    let db = &asked.shared.deps.db;
    let stranger = finals::meets_nobody(db.read(), asked.course.id, &which);
    let stranger = stranger.await.map_err(|error| broken(error.into()))?;
    let export = export_finals(db, &asked.viewer, asked.course.id, endpoint.as_deref(), which).await;
    let export = export.map_err(|error| broken(error.into()))?.ok_or_else(nothing)?;
    match stranger {
        Some(filter) => {
            let told = format!("Nobody of this course has that `{filter}`. Its roster tells who has which.");
            Err(refused(StatusCode::NOT_FOUND, &told, Code::NotFound))
        }
        None => Ok(export),
    }
}

/// Of a course, as a package.
#[handler]
pub async fn pack_of_course(request: &Request, Path(course): Path<String>) -> Response {
    match begin(request, &course, None).await {
        Ok(export) => download(&format!("{course}.zip"), "application/zip", pack::packed(export, true)),
        Err(response) => response,
    }
}

/// Of an assignment, as a package.
#[handler]
pub async fn pack_of_assignment(request: &Request, Path((course, name)): Path<(String, String)>) -> Response {
    match begin(request, &course, Some(&name)).await {
        Ok(export) => download(&format!("{course}-{name}.zip"), "application/zip", pack::packed(export, false)),
        Err(response) => response,
    }
}

/// Of a course, as lines.
#[handler]
pub async fn lines_of_course(request: &Request, Path(course): Path<String>) -> Response {
    match begin(request, &course, None).await {
        Ok(export) => download(&format!("{course}.jsonl"), "application/jsonl", lines::lines(export)),
        Err(response) => response,
    }
}

/// Of an assignment, as lines.
#[handler]
pub async fn lines_of_assignment(request: &Request, Path((course, name)): Path<(String, String)>) -> Response {
    match begin(request, &course, Some(&name)).await {
        Ok(export) => download(&format!("{course}-{name}.jsonl"), "application/jsonl", lines::lines(export)),
        Err(response) => response,
    }
}
