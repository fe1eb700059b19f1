//! What a learner does with a screen besides trying code: opening it, opening its hints one by one, and asking for the answer.

use entity::content::progress::{self, Step, Whose};
use entity::content::{exercise, screen};
use entity::course::{self, Answers};
use entity::viewer::ViewerScope;
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Why it is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearnCode {
    ScreenUnknown,
    ExerciseUnknown,
    /// The exercise has no hint of that number.
    HintUnknown,
    /// A hint before it has not been opened.
    HintTooEarly,
    /// The course shows the answer later, or to those who have passed.
    AnswerTooEarly,
    /// The exercise has no answer.
    NoAnswer,
    /// Only people learn.
    NotAPerson,
}

/// Keeps that somebody has opened a screen.
///
/// # Errors
/// When there is no such screen for them, or the database does not answer.
pub async fn open_screen(deps: &Deps, viewer: &ViewerScope, screen: i64) -> Result<screen::Model, Problem<LearnCode>> {
    let person = person(viewer)?;
    let unknown = || Problem::refused_at(LearnCode::ScreenUnknown, "There is no such screen.", &["screen"]);
    let screen = screen::Entity::visible(viewer).by_key(deps.db.read(), screen).await?.ok_or_else(unknown)?;
    let whose = Whose { user: person, screen: screen.id, course: screen.course_id };
    keep(deps, whose, Step::Opened).await?;
    Ok(screen)
}

/// Opens the hint of that number, from 1, if those before it are open. Opening it again changes nothing.
///
/// # Errors
/// When there is no such exercise for them, no such hint, it is not its turn, or the database does not answer.
pub async fn open_hint(
    deps: &Deps,
    viewer: &ViewerScope,
    exercise: i64,
    number: i32,
) -> Result<exercise::Model, Problem<LearnCode>> {
    let (exercise, whose) = exercise_of(deps, viewer, exercise).await?;
    let count = i32::try_from(exercise.hints.0.len()).unwrap_or(i32::MAX);
    if !(1..=count).contains(&number) {
        let message = match count {
            0 => "This exercise has no hints.".to_owned(),
            1 => "This exercise has one hint, number 1.".to_owned(),
            _ => format!("This exercise has the hints 1 to {count}."),
        };
        return Err(Problem::refused_at(LearnCode::HintUnknown, message, &["number"]));
    }
    let open = so_far(deps, whose).await?.map_or(0, |so_far| so_far.hints);
    if number > open + 1 {
        let message = format!("Hints are opened one by one; the next is {}.", open + 1);
        return Err(Problem::refused_at(LearnCode::HintTooEarly, message, &["number"]));
    }
    keep(deps, whose, Step::OpenedHint(number)).await?;
    Ok(exercise)
}

/// Shows the model solution of an exercise from now on, if the course does.
///
/// # Errors
/// When there is no such exercise for them, it has no answer, the course does not show it yet, or the database does not answer.
pub async fn show_answer(
    deps: &Deps,
    viewer: &ViewerScope,
    exercise: i64,
) -> Result<exercise::Model, Problem<LearnCode>> {
    let (exercise, whose) = exercise_of(deps, viewer, exercise).await?;
    if exercise.answer.is_none() {
        return Err(Problem::refused_at(LearnCode::NoAnswer, "There is no one answer to this.", &["exercise"]));
    }
    let so_far = so_far(deps, whose).await?;
    let course = course::Entity::find_by_id(whose.course).one(deps.db.read()).await?;
    let answers = course.map_or(Answers::default(), |course| course.answers);
    let passed = so_far.as_ref().is_some_and(|so_far| so_far.passed_at.is_some());
    let tried = so_far.is_some_and(|so_far| so_far.attempts > 0);
    let early = match answers {
        _ if passed => None,
        Answers::Passed => Some("This course shows answers to those who have passed."),
        Answers::Tried if !tried => Some("Try it once; after that you may see the answer."),
        Answers::Tried | Answers::Asked => None,
    };
    if let Some(message) = early {
        return Err(Problem::refused_at(LearnCode::AnswerTooEarly, message, &["exercise"]));
    }
    if !passed {
        keep(deps, whose, Step::ShownAnswer).await?;
    }
    Ok(exercise)
}

fn person(viewer: &ViewerScope) -> Result<i64, Problem<LearnCode>> {
    viewer.user().ok_or_else(|| Problem::refused(LearnCode::NotAPerson, "Sign in to learn."))
}

async fn exercise_of(
    deps: &Deps,
    viewer: &ViewerScope,
    exercise: i64,
) -> Result<(exercise::Model, Whose), Problem<LearnCode>> {
    let person = person(viewer)?;
    let unknown = || Problem::refused_at(LearnCode::ExerciseUnknown, "There is no such exercise.", &["exercise"]);
    let exercise = exercise::Entity::visible(viewer).by_key(deps.db.read(), exercise).await?.ok_or_else(unknown)?;
    let whose = Whose { user: person, screen: exercise.screen_id, course: exercise.course_id };
    Ok((exercise, whose))
}

async fn so_far(deps: &Deps, whose: Whose) -> Result<Option<progress::Model>, Problem<LearnCode>> {
    let own = progress::Entity::find()
        .filter(progress::Column::UserId.eq(whose.user))
        .filter(progress::Column::ScreenId.eq(whose.screen));
    Ok(own.one(deps.db.read()).await?)
}

async fn keep(deps: &Deps, whose: Whose, step: Step) -> Result<(), Problem<LearnCode>> {
    let write = Write::begin(deps).await?;
    progress::record(write.tx(), whose, step, write.now).await?;
    Ok(write.commit().await?)
}
