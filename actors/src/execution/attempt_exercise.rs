//! Trying an exercise: somebody's code, run and checked.

use entity::content::{exercise, mission, screen};
use entity::execution::run::{self, RunState};
use entity::file::{self, Entries, Entry};
use entity::job::queue::Repeat;
use entity::viewer::ViewerScope;
use entity::visible::Viewable;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};

use super::plan::{EXERCISE_MAIN, Exercise, Plan, Task};
use super::run::Run;
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// The longest code, in bytes.
pub const MAX_CODE: usize = 64 << 10;

/// An attempt is on its way.
#[derive(Debug)]
pub struct Attempted {
    pub run: run::Model,
    pub job: i64,
}

/// Why it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptCode {
    /// There is no such exercise, or it is not for this viewer.
    ExerciseUnknown,
    TooLarge,
    /// Nobody is signed in whose attempt it could be.
    NotAPerson,
}

/// Stores the attempt and enqueues its run.
///
/// # Errors
/// When the viewer may not see the exercise, the code is too long, or something breaks.
pub async fn attempt_exercise(
    deps: &Deps,
    viewer: &ViewerScope,
    exercise: i64,
    code: String,
) -> Result<Attempted, Problem<AttemptCode>> {
    let unknown = || Problem::refused_at(AttemptCode::ExerciseUnknown, "There is no such exercise.", &["exercise"]);
    let person =
        viewer.user().ok_or_else(|| Problem::refused(AttemptCode::NotAPerson, "Sign in to try an exercise."))?;
    if code.len() > MAX_CODE {
        let message = format!("The code has {} bytes; at most {MAX_CODE} are run.", code.len());
        return Err(Problem::refused_at(AttemptCode::TooLarge, message, &["code"]));
    }
    let db = deps.db.read();
    let exercise = exercise::Entity::visible(viewer).by_key(db, exercise).await?.ok_or_else(unknown)?;
    let screen = screen::Entity::find_by_id(exercise.screen_id).one(db).await?.ok_or_else(unknown)?;
    let mission = mission::Entity::find_by_id(screen.mission_id).one(db).await?.ok_or_else(unknown)?;
    start(deps, person, &exercise, &mission, code).await
}

async fn start(
    deps: &Deps,
    person: i64,
    exercise: &exercise::Model,
    mission: &mission::Model,
    code: String,
) -> Result<Attempted, Problem<AttemptCode>> {
    let code = code.into_bytes();
    let mut files = mission.files.0.clone();
    files.push(Entry::of(EXERCISE_MAIN, &code));
    let mut write = Write::begin(deps).await?;
    file::keep(write.tx(), vec![code]).await?;
    let row = run::ActiveModel {
        course_id: Set(Some(exercise.course_id)),
        requester_id: Set(Some(person)),
        exercise_id: Set(Some(exercise.id)),
        language: Set(exercise.language.clone()),
        state: Set(RunState::Queued),
        plan: Set(plan(exercise, mission)?),
        files: Set(Entries(files)),
        created_at: Set(write.now),
        ..Default::default()
    };
    let run = row.insert(write.tx()).await?;
    let mut job = Run::job(run.id);
    job.course = run.course_id;
    job.requester = Some(person);
    // Who tries again before it was their turn wants to know about the newer one.
    job.key = Some(format!("attempt/{}/{person}", exercise.id));
    job.repeat = Repeat::Supersede;
    let job = write.enqueue(job).await?;
    write.commit().await?;
    Ok(Attempted { run, job })
}

fn plan(exercise: &exercise::Model, mission: &mission::Model) -> Result<Vec<u8>, Fault> {
    let task: Exercise = serde_json::from_slice(&exercise.task)?;
    let timeout_s = u8::try_from(mission.timeout_s).unwrap_or(u8::MAX);
    Ok(serde_json::to_vec(&Plan { language: exercise.language.clone(), task: Task::Exercise(task), timeout_s })?)
}
