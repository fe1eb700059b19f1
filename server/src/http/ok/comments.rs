//! `/api/v3/backups/<key>/comment/`: what was said about a backup.

use std::sync::Arc;

use actors::problem::Problem;
use actors::submission::comment::{CommentCode, NewComment, comment};
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use entity::identity::user;
use entity::submission::comment as comments;
use entity::visible::Viewable as _;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::assignment::instant;
use super::backups::find;
use super::course::bare;
use super::envelope::{broken, good, refused, scoped, viewer};
use super::fields::Fields;
use crate::http::Shared;

/// All comments.
#[handler]
pub async fn list(request: &Request, shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    let answer = async {
        let viewer = viewer(request, &shared).await?;
        scoped(&viewer, &[Scope::Read, Scope::Submit, Scope::Grade])?;
        let found = find(&shared, &viewer, &key).await.map_err(|error| broken(error.into()))?;
        let backup = found.ok_or_else(unknown)?.row.id;
        let wanted = comments::Entity::visible(&viewer).filter(comments::Column::BackupId.eq(backup));
        let rows = wanted.all(shared.deps.db.read(), comments::Column::Id).await;
        let rows = rows.map_err(|error| broken(error.into()))?;
        let told = told(&shared, &rows).await.map_err(|error| broken(error.into()))?;
        Ok(json!({ "comments": told }))
    };
    answer.await.map_or_else(|response: Response| response, good)
}

async fn told(shared: &Shared, rows: &[comments::Model]) -> Result<Vec<Value>, DbErr> {
    // Who may see the work may see who has said something about it.
    let authors = user::Entity::find().filter(user::Column::Id.is_in(rows.iter().map(|row| row.author_id)));
    let authors = authors.all(shared.deps.db.read()).await?;
    let author = |key: i64| {
        let email = authors.iter().find(|user| user.id == key).map(|user| user.email.as_str());
        json!({ "id": bare(key), "email": email })
    };
    let one = |row: &comments::Model| {
        let id = id::encode(Kind::Comment, row.id);
        json!({
            "id": id.strip_prefix("com_").unwrap_or(&id),
            "filename": row.filename,
            "line": row.line,
            "message": row.message,
            "author": author(row.author_id),
            "created": instant(row.created_at),
            "updated": instant(row.updated_at),
        })
    };
    Ok(rows.iter().map(one).collect())
}

/// One more.
#[handler]
pub async fn write(request: &Request, body: Body, shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    match take(request, body, &shared, &key).await {
        Ok(()) => good(json!({})),
        Err(response) => response,
    }
}

async fn take(request: &Request, body: Body, shared: &Shared, key: &str) -> Result<(), Response> {
    let viewer = viewer(request, shared).await?;
    scoped(&viewer, &[Scope::Submit, Scope::Grade])?;
    let fields = Fields::read(request, body).await?;
    let line = fields.required("line")?.parse();
    let new = NewComment {
        backup: id::decode_as(Kind::Backup, &format!("bak_{key}")).ok_or_else(unknown)?,
        filename: fields.required("filename")?.to_owned(),
        line: line.map_err(|_| refused(StatusCode::BAD_REQUEST, "`line` is a whole number from 1."))?,
        message: fields.required("message")?.to_owned(),
    };
    match comment(&shared.deps, &viewer, new).await {
        Ok(_) => Ok(()),
        Err(Problem::Refused(told)) => {
            let status = match told.code {
                CommentCode::NotAllowed => StatusCode::FORBIDDEN,
                CommentCode::WorkUnknown => StatusCode::NOT_FOUND,
                CommentCode::PlaceInvalid | CommentCode::MessageInvalid => StatusCode::BAD_REQUEST,
            };
            Err(refused(status, &told.message))
        }
        Err(Problem::Fault(fault)) => Err(broken(fault)),
    }
}

fn unknown() -> Response {
    refused(StatusCode::NOT_FOUND, "There is no such backup for you.")
}
