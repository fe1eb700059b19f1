//! Having a job tried again that was given up or stopped: the same row, queued anew.

use std::collections::BTreeSet;

use entity::id::{self, Kind};
use entity::job::control;
use entity::job::{self, JobState, Model};
use entity::viewer::ViewerScope;
use entity::visible::Viewable;
use sea_orm::{DbErr, EntityTrait};
use serde_json::json;

use super::author;
use crate::deps::Deps;
use crate::job::JobKind;
use crate::kinds;
use crate::problem::Problem;
use crate::write::Write;

/// Why it is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryCode {
    /// There is no such job, or it is not for this viewer.
    JobUnknown,
    /// The viewer may see it, and no more.
    NotAllowed,
    /// It has not ended, or has ended well.
    NotGivenUp,
    /// Nobody could work it: this version does not know its kind.
    KindUnknown,
    /// Another job about the same is queued.
    Superseded,
}

/// Has a job tried again. Its events go on; what was said when it was given up is taken back in the same transaction.
///
/// # Errors
/// When the viewer may not, there is nothing to try again, or something breaks.
pub async fn retry_job(deps: &Deps, viewer: &ViewerScope, job: i64) -> Result<Model, Problem<RetryCode>> {
    let refused = |code, message: String| Problem::refused_at(code, message, &["job"]);
    let unknown = || refused(RetryCode::JobUnknown, "There is no such job.".to_owned());
    let seen = job::Entity::visible(viewer).by_key(deps.db.read(), job).await?.ok_or_else(unknown)?;
    if !seen.may_steer(viewer) {
        let message = "Only who reviews work in its course, or runs the site, may have a job tried again.".to_owned();
        return Err(refused(RetryCode::NotAllowed, message));
    }
    let mut write = Write::begin(deps).await?;
    let row = job::Entity::find_by_id(job).one(write.tx()).await?.ok_or_else(unknown)?;
    if !matches!(row.state, JobState::Dead | JobState::Cancelled) {
        let message = format!("It is {}: only a job that is dead or cancelled can be tried again.", row.state.word());
        return Err(refused(RetryCode::NotGivenUp, message));
    }
    if known(deps, &row).is_none() {
        let message = format!("This version of Lectern does not know {} in version {}.", row.kind, row.version);
        return Err(refused(RetryCode::KindUnknown, message));
    }
    if put_back(deps, &mut write, std::slice::from_ref(&row), &author(viewer)).await?.is_empty() {
        let twin = match &row.key {
            Some(key) => control::queued_under(write.tx(), key).await?,
            None => None,
        };
        let twin = twin.map(|twin| format!(" ({})", id::encode(Kind::Job, twin))).unwrap_or_default();
        let message = format!("Another job about the same is queued already{twin}.");
        return Err(refused(RetryCode::Superseded, message));
    }
    write.commit().await?;
    deps.sight.forget().await;
    job::Entity::find_by_id(job).one(deps.db.read()).await?.ok_or_else(unknown)
}

fn known(deps: &Deps, job: &Model) -> Option<&'static JobKind> {
    kinds::find(deps.site.kinds, &job.kind).filter(|kind| kind.version == job.version)
}

/// Puts those that can be into their queues, with their events and effects; the keys of these.
pub(super) async fn put_back(deps: &Deps, write: &mut Write, jobs: &[Model], by: &str) -> Result<Vec<i64>, DbErr> {
    let mut keys = BTreeSet::new();
    let wanted: Vec<(&Model, &'static JobKind)> = jobs
        .iter()
        .filter(|job| job.key.as_ref().is_none_or(|key| keys.insert(key)))
        .filter_map(|job| Some((job, known(deps, job)?)))
        .collect();
    let shares = wanted.iter().map(|(job, kind)| (kind.lane, job.course_id));
    let ranks = write.shares.ranks(&write.turn.tx, shares).await?;
    let ranked: Vec<(i64, i64)> = wanted.iter().map(|(job, _)| job.id).zip(ranks).collect();
    let moved = control::retry(write.tx(), &ranked).await?;
    for moved in &moved {
        let Some((job, kind)) = wanted.iter().find(|(job, _)| job.id == moved.id) else { continue };
        (kind.retried)(job).apply(write).await?;
        write.emit_moved(moved.id, moved.head, moved.state.word(), json!({ "retried": true, "by": by }));
        write.ring(moved.lane.clone());
    }
    Ok(moved.into_iter().map(|moved| moved.id).collect())
}
