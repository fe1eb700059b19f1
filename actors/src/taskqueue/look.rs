//! Looking at tasks and queues, which changes nothing.

use std::time::Duration;

use entity::clock::Timestamp;
use entity::taskqueue::queue::{self, Acl, Settings};
use entity::taskqueue::task::{self, Task};
use entity::taskqueue::{self, QueueKey, counter};
use entity::viewer::ViewerScope;

use super::caller::{Caller, Right};
use super::{TaskProblem, no_such_task};
use crate::deps::Deps;
use crate::problem::Fault;

/// A task with its payload.
///
/// # Errors
/// When the caller may not, there is no such task, or something breaks.
pub async fn get(deps: &Deps, caller: &Caller, queue: &QueueKey, name: &str) -> Result<Task, TaskProblem> {
    let db = deps.db.read();
    caller.check(&queue::find(db, queue).await?.acl, Right::Consume)?;
    task::find(db, queue, name).await?.ok_or_else(|| no_such_task(name))
}

/// The oldest tasks, leased or not, without their payloads; at most [`task::LISTED`].
///
/// # Errors
/// When the caller may not, or something breaks.
pub async fn list(deps: &Deps, caller: &Caller, queue: &QueueKey) -> Result<Vec<Task>, TaskProblem> {
    let db = deps.db.read();
    caller.check(&queue::find(db, queue).await?.acl, Right::Consume)?;
    Ok(task::list(db, queue).await?)
}

/// What is going on in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Those that are leased too.
    pub tasks: i64,
    /// When the oldest was put in.
    pub oldest: Option<Timestamp>,
    pub leased_last_minute: i64,
    pub leased_last_hour: i64,
}

/// How a queue is set up; with what is going on in it if that is wanted.
///
/// # Errors
/// When the caller may not, or something breaks.
pub async fn queue(
    deps: &Deps,
    caller: &Caller,
    queue: &QueueKey,
    with_stats: bool,
) -> Result<(Settings, Option<Stats>), TaskProblem> {
    let db = deps.db.read();
    let settings = queue::find(db, queue).await?;
    caller.check(&settings.acl, Right::Look)?;
    let stats = if with_stats { Some(stats(deps, queue).await?) } else { None };
    Ok((settings, stats))
}

async fn stats(deps: &Deps, key: &QueueKey) -> Result<Stats, Fault> {
    let db = deps.db.read();
    let now = taskqueue::now(db).await?;
    let content = queue::content(db, key).await?;
    Ok(Stats {
        tasks: content.tasks,
        oldest: content.oldest,
        leased_last_minute: counter::leased(db, key, now, Duration::from_secs(60)).await?,
        leased_last_hour: counter::leased(db, key, now, counter::KEPT).await?,
    })
}

/// A queue as its operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    pub key: QueueKey,
    pub max_leases: i32,
    pub acl: Acl,
    pub stats: Stats,
    /// Tasks that could be leased now.
    pub free: i64,
    /// Tasks that were dropped.
    pub dead: i64,
}

/// All queues. For the site's staff; everybody else sees none.
///
/// # Errors
/// When something breaks.
pub async fn queues(deps: &Deps, viewer: &ViewerScope) -> Result<Vec<Overview>, Fault> {
    if !viewer.may_administer() {
        return Ok(Vec::new());
    }
    let db = deps.db.read();
    let now = taskqueue::now(db).await?;
    let mut queues = Vec::new();
    for (key, settings) in queue::all(db).await? {
        let stats = stats(deps, &key).await?;
        let (free, dead) = queue::free_and_dead(db, &key, now).await?;
        let Settings { max_leases, acl } = settings;
        queues.push(Overview { key, max_leases, acl, stats, free, dead });
    }
    Ok(queues)
}
