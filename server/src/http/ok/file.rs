//! `GET /api/v3/file/<id>`: a file of a backup that is no text, and so is in no message.

use std::sync::Arc;

use entity::file;
use entity::id;
use entity::identity::scope::Scope;
use entity::submission::backup;
use entity::visible::Viewable as _;
use poem::http::{StatusCode, header};
use poem::web::{Data, Path};
use poem::{Request, Response, handler};

use super::envelope::{broken, refused, scoped, viewer};
use crate::http::Shared;

/// What every file that somebody has handed in is told to be: nothing that a browser opens.
pub(super) const KIND: &str = "application/octet-stream";

/// The bytes of a file.
#[handler]
pub async fn show(request: &Request, shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    find(request, &shared, &key).await.unwrap_or_else(|response| response)
}

async fn find(request: &Request, shared: &Shared, key: &str) -> Result<Response, Response> {
    let viewer = viewer(request, shared).await?;
    scoped(&viewer, &[Scope::Read, Scope::Submit, Scope::Grade])?;
    let unknown = || refused(StatusCode::NOT_FOUND, "There is no such file for you.");
    let (key, place) = id::read_file(key).ok_or_else(unknown)?;
    let db = shared.deps.db.read();
    let row = backup::Entity::visible(&viewer).by_key(db, key).await.map_err(|error| broken(error.into()))?;
    let entry = row.as_ref().and_then(|row| row.files.0.get(place)).ok_or_else(unknown)?;
    let bytes = file::read(db, std::slice::from_ref(entry)).await.map_err(|error| broken(error.into()))?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = entry.name.chars().map(plain).collect();
    Ok(Response::builder()
        .content_type(KIND)
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .header(header::CACHE_CONTROL, "no-store")
        .body(bytes.into_iter().next().unwrap_or_default()))
}
