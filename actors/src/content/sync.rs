//! Synchronising: what the folder holds becomes what students see. One job for each mission and each assignment that is not as it was stored.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use entity::assignment;
use entity::content::check::{self, CheckOutcome};
use entity::content::mission;
use entity::id::{self, Kind};
use entity::job::queue::NewJob;
use entity::job::{self, JobState};
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect as _};
use tokio::task::{JoinError, spawn_blocking};

use super::format::{Checked, Content, Diagnostic};
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
    /// What is stored as the folder has it, so that there is nothing to do: `mission/204` or `assignment/word-counts`.
    pub unchanged: Vec<String>,
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
    let (targets, unchanged) = split(deps, &content, missions).await?;
    let mut jobs = Vec::new();
    let mut write = Write::begin(deps).await?;
    check::still_stored(write.tx(), &unchanged, write.now).await?;
    for (subject, job) in targets {
        let job = NewJob { requester: viewer.user(), subject: subject_id(deps, &subject).await?, ..job };
        jobs.push(SyncJob { job: write.enqueue(job).await?, subject });
    }
    write.commit().await?;
    Ok(Syncing { jobs, unchanged, diagnostics: content.check_repository() })
}

/// What needs a job, and what is stored already as the folder has it. What a job is at work on gets another one behind it, as it may be storing
/// something else; and so does what failed last, as other things are to be said of it now.
async fn split(
    deps: &Deps,
    content: &Arc<Content>,
    missions: &[u32],
) -> Result<(Vec<(String, NewJob)>, Vec<String>), Fault> {
    let targets = targets(content, missions);
    let keys = targets.iter().filter_map(|(_, job)| job.key.clone());
    let busy = job::Entity::find()
        .filter(job::Column::Key.is_in(keys))
        .filter(job::Column::State.is_in([JobState::Queued, JobState::Leased]))
        .select_only()
        .column(job::Column::Key);
    let busy: Vec<Option<String>> = busy.into_tuple().all(deps.db.read()).await?;
    let busy: HashSet<Option<String>> = busy.into_iter().collect();
    let failed = check::Entity::find().filter(check::Column::Outcome.eq(CheckOutcome::Failed)).select_only();
    let failed: Vec<String> = failed.column(check::Column::Subject).into_tuple().all(deps.db.read()).await?;
    let failed: HashSet<String> = failed.into_iter().collect();
    let stored = stored_hashes(deps).await?;
    let content = Arc::clone(content);
    let divided = spawn_blocking(move || {
        let is_stored = |(subject, job): &(String, NewJob)| {
            let hash = stored.get(subject).filter(|_| !busy.contains(&job.key) && !failed.contains(subject));
            hash.is_some_and(|hash| found_hash(&content, subject).as_ref() == Some(hash))
        };
        targets.into_iter().partition(is_stored)
    });
    let (unchanged, left): (Vec<(String, NewJob)>, Vec<_>) = divided.await.map_err(unreadable)?;
    Ok((left, unchanged.into_iter().map(|(subject, _)| subject).collect()))
}

/// The hashes of what is stored, by what it is called.
async fn stored_hashes(deps: &Deps) -> Result<HashMap<String, String>, Fault> {
    let db = deps.db.read();
    let missions =
        mission::Entity::find().select_only().columns([mission::Column::Number, mission::Column::ContentHash]);
    let missions: Vec<(i32, String)> = missions.into_tuple().all(db).await?;
    let assignments = assignment::Entity::find()
        .select_only()
        .columns([assignment::Column::Endpoint, assignment::Column::ContentHash]);
    let assignments: Vec<(String, String)> = assignments.into_tuple().all(db).await?;
    let mission = |(number, hash)| (format!("mission/{number}"), hash);
    let assignment = |(endpoint, hash): (String, String)| {
        let slug = endpoint.rsplit('/').next().unwrap_or(&endpoint);
        (assignment_subject(slug), hash)
    };
    Ok(missions.into_iter().map(mission).chain(assignments.into_iter().map(assignment)).collect())
}

/// The hash of what the folder has; nothing where it is not in order.
fn found_hash(content: &Content, subject: &str) -> Option<String> {
    fn sound<T>(checked: &Checked<T>) -> Option<String> {
        checked.value.as_ref().map(|_| checked.hash_hex())
    }
    match subject.split_once('/')? {
        ("mission", number) => sound(&content.check_mission(number.parse().ok()?)),
        (_, slug) => sound(&content.check_assignment(slug)),
    }
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
    let opened = spawn_blocking(move || Arc::new(Content::open(&site.content, languages))).await;
    opened.map_err(unreadable)
}

fn unreadable(error: JoinError) -> Fault {
    Fault::Internal(format!("the content folder cannot be read: {error}"))
}
