//! Lanes and the processes that work them, as the schema shows them.
//!
//! Who reviews work anywhere sees the whole site's numbers, which name nobody; the numbers of a course are for those who review
//! work there. Machines and processes are for those who run the site.

use std::sync::Arc;

use actors::jobs::lanes::{Lane, Lanes};
use async_graphql::{Context, Description, Object, Result};
use entity::clock::Timestamp;
use entity::course;
use entity::id::{self, Kind};
use entity::job::worker;
use entity::viewer::{Permission, Viewer, ViewerScope};
use entity::visible::Viewable as _;

use crate::graphql::context::{Request, request};
use crate::graphql::error;
use crate::graphql::scalar::DateTime;

/// A lane: jobs that share some slots, how many wait in it, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Description)]
pub struct LaneWaiting {
    lane: Lane,
    /// The name of who paused it.
    pauser: Option<String>,
}

/// What the viewer may see of the lanes.
///
/// # Errors
/// When there is no such course for the viewer, or the database does not answer.
pub async fn lanes(request: &Request, course: Option<&str>) -> Result<Vec<LaneWaiting>> {
    let course = check(request, course).await?;
    if !may_look(&request.viewer, course) {
        return Ok(Vec::new());
    }
    let lanes = seen(request).await?;
    Ok(shown(&lanes, &request.viewer, course))
}

/// How the lanes are; for commands, which are few and steer by it, how they are now.
///
/// # Errors
/// When the database does not answer.
pub async fn seen(request: &Request) -> Result<Arc<Lanes>> {
    let (sight, deps) = (&request.deps.sight, &request.deps);
    let lanes = match request.viewer.viewer {
        Viewer::System(_) => sight.look_now(deps).await,
        Viewer::Person(_) | Viewer::Anonymous => sight.look(deps).await,
    };
    lanes.map_err(error::database)
}

/// The course of that id, which the viewer must be able to see.
///
/// # Errors
/// When there is none.
pub async fn check(request: &Request, course: Option<&str>) -> Result<Option<i64>> {
    let Some(course) = course else { return Ok(None) };
    let key = id::decode_as(Kind::Course, course).ok_or_else(|| error::not_found("course"))?;
    let row = course::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
    row.map_err(error::database)?.map(|row| Some(row.id)).ok_or_else(|| error::not_found("course"))
}

/// Whether the viewer may see how the lanes are, of a course or of the whole site.
#[must_use]
pub fn may_look(viewer: &ViewerScope, course: Option<i64>) -> bool {
    match course {
        Some(course) => viewer.may(Permission::ReviewWork, course),
        None => !viewer.courses(Permission::ReviewWork).is_empty(),
    }
}

/// The lanes as that viewer is shown them, who may look.
#[must_use]
pub fn shown(lanes: &Lanes, viewer: &ViewerScope, course: Option<i64>) -> Vec<LaneWaiting> {
    let shown = |lane: Lane| {
        let pauser = lane.pause.as_ref().and_then(|pause| lanes.pauser(pause)).cloned();
        // Processes are heard of every few seconds: for those who do not see them, that is no change.
        let workers = if viewer.may_administer() { lane.workers.clone() } else { Vec::new() };
        LaneWaiting { lane: Lane { workers, ..lane }, pauser }
    };
    lanes.of(course).into_iter().map(shown).collect()
}

fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

#[Object(use_type_description)]
impl LaneWaiting {
    /// Its name: `execution`, `mail`.
    async fn name(&self) -> &str {
        &self.lane.name
    }

    /// Whether nothing of it is begun until somebody resumes it.
    async fn paused(&self) -> bool {
        self.lane.pause.is_some()
    }

    /// Since when it is paused.
    async fn paused_at(&self) -> Option<DateTime> {
        self.lane.pause.as_ref().map(|pause| DateTime(pause.at))
    }

    /// Why it is paused, in the words of who did it.
    async fn paused_reason(&self) -> Option<&str> {
        self.lane.pause.as_ref().map(|pause| pause.reason.as_str())
    }

    /// The name of who paused it; null when it was done on the command line.
    async fn paused_by(&self) -> Option<&str> {
        self.pauser.as_deref()
    }

    /// Whether you may pause and resume it.
    async fn viewer_can_pause(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.may_administer())
    }

    /// How many jobs can be worked on at the same time, by all processes together.
    async fn slots(&self) -> i32 {
        count(self.lane.slots)
    }

    /// How many of the slots are taken, by jobs of any course.
    async fn busy(&self) -> i32 {
        count(self.lane.busy)
    }

    /// How many jobs are due and wait.
    async fn queued(&self) -> i32 {
        count(self.lane.depth.queued)
    }

    /// How many jobs wait for their time.
    async fn delayed(&self) -> i32 {
        count(self.lane.depth.delayed)
    }

    /// How many jobs are being worked on.
    async fn leased(&self) -> i32 {
        count(self.lane.depth.leased)
    }

    /// How many jobs were given up and are kept for staff to look at.
    async fn dead(&self) -> i32 {
        count(self.lane.depth.dead)
    }

    /// Since when the job that has waited longest has been due.
    async fn oldest_waiting_since(&self) -> Option<DateTime> {
        self.lane.depth.oldest.map(|oldest| DateTime(Timestamp(oldest)))
    }

    /// How many jobs were begun in the last quarter of an hour.
    async fn begun(&self) -> i32 {
        count(self.lane.begun)
    }

    /// The seconds that half of those waited at most that were begun in the last quarter of an hour; null when none was.
    async fn waiting_p50(&self) -> Option<f64> {
        self.lane.p50.map(seconds)
    }

    /// The same for 99 of 100.
    async fn waiting_p99(&self) -> Option<f64> {
        self.lane.p99.map(seconds)
    }

    /// The processes that work it. For those who run the site.
    async fn workers(&self, ctx: &Context<'_>) -> Result<Option<Vec<Worker>>> {
        let shown = request(ctx)?.viewer.may_administer();
        Ok(shown.then(|| self.lane.workers.iter().cloned().map(Worker).collect()))
    }
}

/// A process that serves the site or works its jobs, as it was heard of last.
#[derive(Clone, Debug, Description)]
pub struct Worker(pub worker::Worker);

#[Object(use_type_description)]
impl Worker {
    /// Its name in the rows of jobs.
    async fn name(&self) -> &str {
        &self.0.holder
    }

    /// The machine that it runs on.
    async fn host(&self) -> &str {
        &self.0.host
    }

    /// Its number on that machine.
    async fn pid(&self) -> i32 {
        count(self.0.pid)
    }

    /// What it is for: `serve`, `work`, `command`.
    async fn role(&self) -> &str {
        &self.0.role
    }

    /// The version of Lectern that it runs.
    async fn version(&self) -> &str {
        &self.0.version
    }

    /// The lanes that it works.
    async fn lanes(&self) -> Vec<WorkerLane> {
        self.0.lanes.iter().cloned().map(WorkerLane).collect()
    }

    /// The kinds of jobs that it knows, with their versions: `execution.run/1`.
    async fn kinds(&self) -> Vec<String> {
        self.0.kinds.iter().map(|kind| format!("{}/{}", kind.name, kind.version)).collect()
    }

    /// When it was started.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.started_at)
    }

    /// When it was heard of last.
    async fn seen_at(&self) -> DateTime {
        DateTime(self.0.seen_at)
    }
}

/// A lane as one process works it.
#[derive(Clone, Debug, Description)]
pub struct WorkerLane(worker::WorkedLane);

#[Object(use_type_description)]
impl WorkerLane {
    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How many jobs the process works on at the same time.
    async fn slots(&self) -> i32 {
        count(self.0.slots)
    }

    /// How many of its slots are taken.
    async fn busy(&self) -> i32 {
        count(self.0.busy)
    }

    /// Whether it takes nothing new because the process stops.
    async fn draining(&self) -> bool {
        self.0.draining
    }

    /// Why the process cannot work it until it is restarted; null when it can.
    async fn broken(&self) -> Option<&str> {
        self.0.broken.as_deref()
    }
}

/// The lanes of a course that the viewer has been shown; none for those who do not review work there.
///
/// # Errors
/// When the database does not answer.
pub async fn of_course(request: &Request, course: i64) -> Result<Vec<LaneWaiting>> {
    lanes(request, Some(id::encode(Kind::Course, course).as_str())).await
}

/// The lane with that name, for whoever has just steered it.
///
/// # Errors
/// When the database does not answer.
pub async fn named(request: &Request, name: &str) -> Result<Option<LaneWaiting>> {
    let lanes = lanes(request, None).await?;
    Ok(lanes.into_iter().find(|lane| lane.lane.name == name))
}
