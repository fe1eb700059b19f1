//! Synchronising: what the folder holds becomes what students see. One job for each mission and each assignment.

use std::sync::Arc;

use entity::content::mission;
use entity::id::{self, Kind};
use entity::job::queue::NewJob;
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::format::{Content, Diagnostic};
use super::sync_assignment::SyncAssignment;
use super::sync_mission::SyncMission;
use crate::deps::Deps;
use crate::job::Job as _;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// What is being synchronised.
#[derive(Debug)]
pub struct Syncing {
    /// In the order in which they will be worked.
    pub jobs: Vec<SyncJob>,
    /// What is wrong with the folder apart from single missions and assignments.
    pub diagnostics: Vec<Diagnostic>,
}

/// A mission or an assignment that is being synchronised.
#[derive(Clone, Debug)]
pub struct SyncJob {
    /// `mission/204` or `assignment/word-counts`.
    pub subject: String,
    pub job: i64,
}

/// Why nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncCode {
    NotAllowed,
    MissionUnknown,
}

/// Synchronises these missions, or everything when none is named. For the site's staff; instructors may synchronise the
/// missions that are stored in their courses.
///
/// # Errors
/// When the viewer may not, a mission is nowhere in the folder, or something breaks.
pub async fn sync(deps: &Deps, viewer: &ViewerScope, missions: &[u32]) -> Result<Syncing, Problem<SyncCode>> {
    check_right(deps, viewer, missions).await?;
    let content = open(deps).await?;
    let unknown: Vec<u32> =
        missions.iter().copied().filter(|number| !content.mission_numbers().contains(number)).collect();
    if let Some(number) = unknown.first() {
        let diagnostic = content.unknown_mission(*number);
        let message = format!("There is no mission {number} in the content folder: {}.", diagnostic.hint);
        return Err(Problem::refused_at(SyncCode::MissionUnknown, message, &["missions"]));
    }
    let mut jobs = Vec::new();
    let mut write = Write::begin(deps).await?;
    for (subject, job) in targets(&content, missions) {
        let job = NewJob { requester: viewer.user(), subject: subject_id(deps, &subject).await?, ..job };
        jobs.push(SyncJob { job: write.enqueue(job).await?, subject });
    }
    write.commit().await?;
    Ok(Syncing { jobs, diagnostics: content.check_repository() })
}

fn targets(content: &Content, missions: &[u32]) -> Vec<(String, NewJob)> {
    let everything = missions.is_empty();
    let mut numbers = if everything { content.mission_numbers() } else { missions.to_vec() };
    numbers.sort_unstable();
    numbers.dedup();
    let mission = |number: u32| (mission_subject(number), SyncMission { number }.new());
    let assignment = |slug: String| (assignment_subject(&slug), SyncAssignment { slug }.new());
    let assignments = if everything { content.assignment_keys() } else { Vec::new() };
    numbers.into_iter().map(mission).chain(assignments.into_iter().map(assignment)).collect()
}

/// How a mission is called in jobs and checks.
pub(super) fn mission_subject(number: u32) -> String {
    format!("mission/{number}")
}

/// How an assignment is called in jobs and checks.
pub(super) fn assignment_subject(slug: &str) -> String {
    format!("assignment/{slug}")
}

/// The global id of a mission that is stored already.
async fn subject_id(deps: &Deps, subject: &str) -> Result<Option<String>, Fault> {
    let Some(number) = subject.strip_prefix("mission/").and_then(|number| number.parse::<i32>().ok()) else {
        return Ok(None);
    };
    let stored = mission::Entity::find().filter(mission::Column::Number.eq(number)).one(deps.db.read()).await?;
    Ok(stored.map(|mission| id::encode(Kind::Mission, mission.id)))
}

async fn check_right(deps: &Deps, viewer: &ViewerScope, missions: &[u32]) -> Result<(), Problem<SyncCode>> {
    if viewer.may_administer() {
        return Ok(());
    }
    let numbers: Vec<i32> = missions.iter().filter_map(|number| i32::try_from(*number).ok()).collect();
    let stored = mission::Entity::find().filter(mission::Column::Number.is_in(numbers)).all(deps.db.read()).await?;
    let theirs = stored.iter().filter(|mission| viewer.may(Permission::ManageContent, mission.course_id)).count();
    if missions.is_empty() || theirs < missions.len() {
        let message = "Only the site's staff may synchronise everything; instructors, the missions of their courses.";
        return Err(Problem::refused(SyncCode::NotAllowed, message));
    }
    Ok(())
}

/// Opens the content folder, off the runtime: it reads files.
pub(super) async fn open(deps: &Deps) -> Result<Arc<Content>, Fault> {
    let site = Arc::clone(&deps.site);
    let languages = deps.workshop.toolchains.runnable();
    let opened = tokio::task::spawn_blocking(move || Arc::new(Content::open(&site.content, languages))).await;
    opened.map_err(|error| Fault::Internal(format!("the content folder cannot be read: {error}")))
}
