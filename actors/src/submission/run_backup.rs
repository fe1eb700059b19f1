//! Trying a backup, or what was handed in, with the tests that its assignment has now: for staff, who want to know what some state of somebody's
//! work would have done. It is no attempt and no submission: no score comes of it, and neither the work nor its owner hears of it.

use entity::assignment;
use entity::execution::run::{self, RunState};
use entity::file::Entries;
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::job::queue::NewJob;
use entity::submission::backup;
use entity::viewer::{Permission, ViewerScope};
use entity::visible::Viewable as _;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, Set};
use serde_json::json;

use super::plan::plan_of;
use crate::deps::Deps;
use crate::execution::run::Run;
use crate::identity::audit::{entry, note};
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// So many that are not done somebody may have at once.
const MOST: u64 = 100;

/// Why it is not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunBackupCode {
    NotAllowed,
    /// There is no such backup, or not for this viewer.
    BackupUnknown,
    /// The assignment has no tests that run anything, or none of that name.
    TestUnknown,
    /// The file that is run is missing.
    MainMissing,
    /// Too many are under way.
    TooMany,
}

/// Tries that backup with all tests of its assignment, or with these; the key of the run. For who may give scores in the course.
///
/// # Errors
/// When the viewer may not, there is no such backup for them, it cannot be run, or something breaks.
pub async fn run_backup(
    deps: &Deps,
    viewer: &ViewerScope,
    key: i64,
    tests: Option<&[String]>,
) -> Result<i64, Problem<RunBackupCode>> {
    let refused = |code, message: String| Problem::refused_at(code, message, &["backup"]);
    let db = deps.db.read();
    let unknown = || refused(RunBackupCode::BackupUnknown, "There is no such backup for you.".to_owned());
    let backup = backup::Entity::visible(viewer).by_key(db, key).await?.ok_or_else(unknown)?;
    let may = |permission| viewer.may(permission, backup.course_id);
    let person = viewer.user().filter(|_| may(Permission::Grade) && may(Permission::ReviewWork));
    let not_allowed = || {
        let message = "Only who gives scores in the course tries backups.";
        Problem::refused(RunBackupCode::NotAllowed, message)
    };
    let person = person.ok_or_else(not_allowed)?;
    let assignment = assignment::Entity::find_by_id(backup.assignment_id).one(db).await?;
    let assignment = assignment.ok_or_else(|| Fault::Internal("a backup without an assignment".into()))?;
    if !assignment.is_run() {
        return Err(refused(RunBackupCode::TestUnknown, "This assignment has no tests.".to_owned()));
    }
    if !backup.files.0.iter().any(|entry| entry.name == assignment.main) {
        let message = format!("`{}` is missing: it is the file that is run.", assignment.main);
        return Err(refused(RunBackupCode::MainMissing, message));
    }
    if run::trying(db, person).await? >= MOST {
        let message = format!("You have {MOST} under way. Wait for some of them.");
        return Err(Problem::refused(RunBackupCode::TooMany, message));
    }
    let plan = plan_of(db, &assignment, tests).await?.ok_or_else(|| {
        let message = "This assignment has no such test.";
        Problem::refused_at(RunBackupCode::TestUnknown, message, &["tests"])
    })?;
    enqueue(deps, viewer, (person, &backup, &assignment), plan).await.map_err(Problem::from)
}

async fn enqueue(
    deps: &Deps,
    viewer: &ViewerScope,
    (person, backup, assignment): (i64, &backup::Model, &assignment::Model),
    plan: Vec<u8>,
) -> Result<i64, Fault> {
    let mut write = Write::begin(deps).await?;
    let wanted = |name: &str| assignment.template.0.iter().any(|entry| entry.name == name);
    let files = backup.files.0.iter().filter(|entry| wanted(&entry.name)).cloned().collect();
    let row = run::ActiveModel {
        course_id: Set(Some(backup.course_id)),
        requester_id: Set(Some(person)),
        backup_id: Set(Some(backup.id)),
        language: Set(assignment.language.clone()),
        state: Set(RunState::Queued),
        plan: Set(plan),
        files: Set(Entries(files)),
        created_at: Set(write.now),
        ..Default::default()
    };
    let run = row.insert(write.tx()).await?.id;
    let details = json!({ "backup": id::encode(Kind::Backup, backup.id), "run": id::encode(Kind::Run, run) });
    let noted = entry(viewer, Action::BackupTried, None, details);
    note(&write, Entry { course: Some(backup.course_id), ..noted }).await?;
    let job = NewJob { course: Some(backup.course_id), requester: Some(person), ..Run::job(run) };
    write.enqueue(job).await?;
    write.commit().await?;
    Ok(run)
}
