//! Having all dead jobs of a lane, kind or course tried again, in batches.

use entity::job::{self, JobState, Model};
use entity::viewer::{Permission, ViewerScope};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::retry_job::put_back;
use super::{author, lane_names, lanes_in_words};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Jobs in one transaction.
const BATCH: u64 = 200;
/// Jobs of one call; who wants more, calls again.
const MOST: u64 = 10_000;

/// Which dead jobs; all that are given must hold.
#[derive(Clone, Debug, Default)]
pub struct Which {
    pub lane: Option<String>,
    pub kind: Option<String>,
    pub course: Option<i64>,
}

/// Why nothing is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAllCode {
    /// Whoever does not run the site names a course in which they review work.
    NotAllowed,
    /// There is no such lane.
    LaneUnknown,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// Those that were queued again; of a dry run, those that would be tried.
    pub retried: u64,
    /// Those that stay dead: another job about the same is queued, or this version does not know their kind.
    pub skipped: u64,
    /// Whether there are more, so that one has to ask again.
    pub more: bool,
}

/// Has dead jobs tried again, oldest first. `dry`: only counts them.
///
/// # Errors
/// When the viewer may not, or something breaks. The batches before that stay queued.
pub async fn retry_jobs(
    deps: &Deps,
    viewer: &ViewerScope,
    which: &Which,
    dry: bool,
) -> Result<Retried, Problem<RetryAllCode>> {
    let may = viewer.may_administer() || which.course.is_some_and(|course| viewer.may(Permission::ReviewWork, course));
    if !may {
        let message = "Name a course in which you review work; only who runs the site may retry jobs everywhere.";
        return Err(Problem::refused_at(RetryAllCode::NotAllowed, message, &["course"]));
    }
    if let Some(lane) = which.lane.as_deref().filter(|lane| !lane_names(deps).contains(lane)) {
        let message = format!("There is no lane {lane}; the lanes are {}.", lanes_in_words(deps));
        return Err(Problem::refused_at(RetryAllCode::LaneUnknown, message, &["lane"]));
    }
    let (mut done, mut last) = (Retried::default(), 0);
    loop {
        if done.retried + done.skipped >= MOST {
            done.more = !dead(deps.db.read(), which, last, 1).await?.is_empty();
            return Ok(done);
        }
        let found = if dry {
            let jobs = dead(deps.db.read(), which, last, BATCH).await?;
            done.retried += jobs.len() as u64;
            jobs
        } else {
            let mut write = Write::begin(deps).await?;
            let jobs = dead(write.tx(), which, last, BATCH).await?;
            let back = put_back(deps, &mut write, &jobs, &author(viewer)).await?.len() as u64;
            write.commit().await?;
            done.retried += back;
            done.skipped += jobs.len() as u64 - back;
            jobs
        };
        match found.last() {
            Some(job) => last = job.id,
            None => break,
        }
    }
    deps.sight.forget().await;
    Ok(done)
}

async fn dead(db: &impl ConnectionTrait, which: &Which, after: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    // In the words of the index, which holds the dead and no others.
    let mut jobs = job::Entity::find()
        .filter(Expr::cust(format!("\"job\".\"state\" = '{}'", JobState::Dead.word())))
        .filter(job::Column::Id.gt(after));
    if let Some(lane) = &which.lane {
        jobs = jobs.filter(job::Column::Lane.eq(lane));
    }
    if let Some(kind) = &which.kind {
        jobs = jobs.filter(job::Column::Kind.eq(kind));
    }
    if let Some(course) = which.course {
        jobs = jobs.filter(job::Column::CourseId.eq(course));
    }
    jobs.order_by_asc(job::Column::Id).limit(limit).all(db).await
}
