//! `POST /api/v3/score/`: a grader, or a program in their name, says what a backup is worth in one respect.

use std::sync::Arc;

use actors::grading::give_score::{GiveScore, GiveScoreCode, give_score};
use actors::grading::score_sheet::key_of;
use actors::problem::Problem;
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use entity::points::Points;
use poem::http::StatusCode;
use poem::web::Data;
use poem::{Body, Request, Response, handler};
use serde_json::json;

use super::envelope::{broken, good, refused, scoped, viewer};
use super::fields::Fields;
use crate::http::Shared;

/// Gives a score.
#[handler]
pub async fn post(request: &Request, body: Body, shared: Data<&Arc<Shared>>) -> Response {
    match take(request, body, &shared).await {
        Ok(score) => good(json!({ "id": score })),
        Err(response) => response,
    }
}

async fn take(request: &Request, body: Body, shared: &Shared) -> Result<String, Response> {
    let viewer = viewer(request, shared).await?;
    scoped(&viewer, &[Scope::Grade])?;
    let fields = Fields::read(request, body).await?;
    let unknown = || refused(StatusCode::NOT_FOUND, "There is no such backup.");
    let give = GiveScore {
        backup: key_of(fields.required("bid")?).ok_or_else(unknown)?,
        kind: fields.required("kind")?.to_owned(),
        value: points(fields.required("score")?)?,
        message: fields.optional("message").to_owned(),
    };
    match give_score(&shared.deps, &viewer, give).await {
        Ok(key) => {
            let id = id::encode(Kind::Score, key);
            Ok(id.strip_prefix("sco_").unwrap_or(&id).to_owned())
        }
        Err(Problem::Refused(told)) => Err(refused(status(told.code), &told.message)),
        Err(Problem::Fault(fault)) => Err(broken(fault)),
    }
}

fn status(code: GiveScoreCode) -> StatusCode {
    match code {
        // As the predecessor had it, and its programs expect.
        GiveScoreCode::NotAllowed => StatusCode::UNAUTHORIZED,
        GiveScoreCode::WorkUnknown => StatusCode::FORBIDDEN,
        GiveScoreCode::KindInvalid | GiveScoreCode::ValueInvalid | GiveScoreCode::MessageTooLong => {
            StatusCode::BAD_REQUEST
        }
    }
}

/// A score as programs write it: any number, to the nearest 1/10,000.
fn points(text: &str) -> Result<Points, Response> {
    let nearest = || text.trim().parse::<f64>().ok().and_then(Points::nearest);
    let read = text.trim().parse().ok().or_else(nearest);
    read.ok_or_else(|| refused(StatusCode::BAD_REQUEST, "`score` is a number."))
}
