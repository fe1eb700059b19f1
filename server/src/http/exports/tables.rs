//! A course's roster and grades, as comma-separated values.

use std::io;

use actors::course::export_roster::{RosterExport, export_roster};
use actors::grading::export_grades::{GradesExport, export_grades};
use async_stream::try_stream;
use entity::course::enrollment::Role;
use entity::course::roster::Choice;
use futures_util::Stream;
use hyper::body::Bytes;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Request, Response, handler};
use sea_orm::Iterable as _;
use serde::Deserialize;

use super::{PIECE, asked, broke_off, broken, choice, download, nothing, refused};
use crate::graphql::error::Code;

const CSV: &str = "text/csv; charset=utf-8; header=present";

/// Whom of a roster somebody wants.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Whom {
    role: Option<String>,
    lab_section: Option<String>,
}

/// Whose grades somebody wants.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Whose {
    lab_section: Option<String>,
}

/// The roster.
#[handler]
pub async fn roster(request: &Request, Path(key): Path<String>) -> Response {
    match begin_roster(request, &key).await {
        Ok(export) => download(&format!("{key}-roster.csv"), CSV, rows_of_roster(export)),
        Err(response) => response,
    }
}

async fn begin_roster(request: &Request, key: &str) -> Result<RosterExport, Response> {
    let asked = asked(request, key).await?;
    let whom: Whom = choice(request)?;
    let role = |word: String| {
        Role::iter().find(|role| role.word() == word.to_lowercase()).ok_or_else(|| {
            let told = "`role` is student, lab_assistant, grader, teaching_assistant or instructor.";
            refused(StatusCode::BAD_REQUEST, told, Code::BadInput)
        })
    };
    let choice = Choice { role: whom.role.map(role).transpose()?, lab_section: whom.lab_section };
    export_roster(&asked.shared.deps.db, &asked.viewer, asked.course.id, choice).ok_or_else(nothing)
}

/// The grades.
#[handler]
pub async fn grades(request: &Request, Path(key): Path<String>) -> Response {
    match begin_grades(request, &key).await {
        Ok(export) => download(&format!("{key}-grades.csv"), CSV, rows_of_grades(export)),
        Err(response) => response,
    }
}

async fn begin_grades(request: &Request, key: &str) -> Result<GradesExport, Response> {
    let asked = asked(request, key).await?;
    let whose: Whose = choice(request)?;
    let export = export_grades(&asked.shared.deps.db, &asked.viewer, asked.course.id, whose.lab_section).await;
    export.map_err(|error| broken(error.into()))?.ok_or_else(nothing)
}

fn rows_of_roster(mut export: RosterExport) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    try_stream! {
        let mut piece = RosterExport::header();
        while let Some(row) = export.line().await.map_err(broke_off)? {
            piece.extend(row);
            if piece.len() >= PIECE {
                yield std::mem::take(&mut piece).into();
            }
        }
        yield piece.into();
    }
}

fn rows_of_grades(mut export: GradesExport) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    try_stream! {
        let mut piece = export.header();
        while let Some(row) = export.line().await.map_err(broke_off)? {
            piece.extend(row);
            if piece.len() >= PIECE {
                yield std::mem::take(&mut piece).into();
            }
        }
        yield piece.into();
    }
}
