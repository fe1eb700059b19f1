//! What learners do with screens besides trying code, and how far they are.

use actors::content::learn::{self, LearnCode};
use actors::problem::Problem;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::content::{exercise, progress, screen};
use entity::course::Answers;
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use entity::visible::Viewable;
use sea_orm::ColumnTrait;

use super::object::{Exercise, Screen};
use crate::graphql::context::{acting, request};
use crate::graphql::error;
use crate::graphql::problem::problems;
use crate::graphql::scalar::DateTime;

/// How far somebody is with a screen.
#[derive(Description)]
pub struct ScreenProgress(pub Option<progress::Model>);

/// How far one can be with a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ScreenState {
    /// It was never opened.
    Unseen,
    /// It was opened. Of a text, nothing is left to do.
    Seen,
    /// Code was run on it, and never passed.
    Tried,
    /// Its checks were met once.
    Passed,
}

#[Object(use_type_description)]
impl ScreenProgress {
    /// How far.
    async fn state(&self) -> ScreenState {
        match &self.0 {
            None => ScreenState::Unseen,
            Some(progress) if progress.passed_at.is_some() => ScreenState::Passed,
            Some(progress) if progress.attempts > 0 => ScreenState::Tried,
            Some(_) => ScreenState::Seen,
        }
    }

    /// When they opened it first; null where they have not, or where that was not kept yet.
    async fn seen_at(&self) -> Option<DateTime> {
        self.0.as_ref().map(|progress| progress.seen_at).filter(|at| at.0 > 0).map(DateTime)
    }

    /// How often they tried.
    async fn attempts(&self) -> i32 {
        self.0.as_ref().map_or(0, |progress| progress.attempts)
    }

    /// When they passed first.
    async fn passed_at(&self) -> Option<DateTime> {
        self.0.as_ref().and_then(|progress| progress.passed_at).map(DateTime)
    }

    /// How many of its hints they have opened.
    async fn hints_opened(&self) -> i32 {
        self.0.as_ref().map_or(0, |progress| progress.hints)
    }

    /// When they were shown the answer before they had passed.
    async fn answer_shown_at(&self) -> Option<DateTime> {
        self.0.as_ref().and_then(|progress| progress.answer_at).map(DateTime)
    }
}

/// How far somebody is on their way through a mission or a course.
#[derive(Description)]
pub struct LearningProgress(pub Vec<progress::Stop>);

#[Object(use_type_description)]
impl LearningProgress {
    /// How many screens there are for them.
    async fn screens(&self) -> i32 {
        i32::try_from(self.0.len()).unwrap_or(i32::MAX)
    }

    /// On how many of them nothing is left to do: texts that were opened, and exercises that were passed.
    async fn done(&self) -> i32 {
        i32::try_from(self.0.iter().filter(|stop| stop.is_done()).count()).unwrap_or(i32::MAX)
    }

    /// Where they go on: the screen that they were on last if something is left to do there, else the next one behind it, else the first that they
    /// have left out. Null when all is done.
    async fn next(&self, ctx: &Context<'_>) -> Result<Option<Screen>> {
        let Some(key) = progress::next(&self.0) else { return Ok(None) };
        let request = request(ctx)?;
        let wanted = screen::Entity::visible(&request.viewer).filter(screen::Column::Id.eq(key));
        Ok(request.row(ctx, wanted).await?.map(Screen))
    }
}

/// When learners of a course may see model solutions. Once they have passed, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Answers")]
pub enum AnswerPolicy {
    /// Only then.
    Passed,
    /// Also when they ask for it after an attempt of their own.
    Tried,
    /// Also when they ask for it.
    Asked,
}

/// What learners do with screens besides trying code.
#[derive(Default)]
pub struct LearningMutation;

/// A screen that somebody opens.
#[derive(InputObject)]
pub struct OpenScreenInput {
    /// The global id of the screen.
    screen: ID,
}

/// What came of opening a screen.
#[derive(SimpleObject)]
pub struct OpenScreenPayload {
    /// The screen.
    screen: Option<Screen>,
    /// Why it is not open.
    problems: Vec<OpenScreenProblem>,
}

/// A hint that somebody opens.
#[derive(InputObject)]
pub struct OpenHintInput {
    /// The global id of the exercise.
    exercise: ID,
    /// Which hint, from 1. Those before it have been opened.
    number: i32,
}

/// What came of opening a hint.
#[derive(SimpleObject)]
pub struct OpenHintPayload {
    /// The exercise, with the hint among its hints.
    exercise: Option<Exercise>,
    /// Why it is not open.
    problems: Vec<OpenHintProblem>,
}

/// An answer that somebody asks for.
#[derive(InputObject)]
pub struct ShowAnswerInput {
    /// The global id of the exercise.
    exercise: ID,
}

/// What came of asking for an answer.
#[derive(SimpleObject)]
pub struct ShowAnswerPayload {
    /// The exercise, with its answer.
    exercise: Option<Exercise>,
    /// Why it is not shown.
    problems: Vec<ShowAnswerProblem>,
}

problems! {
    /// Why a screen is not open.
    OpenScreenProblem,
    /// The problems of opening a screen.
    OpenScreenProblemCode;
    /// Why a hint is not open.
    OpenHintProblem,
    /// The problems of opening a hint.
    OpenHintProblemCode;
    /// Why an answer is not shown.
    ShowAnswerProblem,
    /// The problems of asking for an answer.
    ShowAnswerProblemCode;
    = "LearnCode" as LearnCode => {
        /// There is no such screen for you.
        ScreenUnknown,
        /// There is no such exercise for you.
        ExerciseUnknown,
        /// It has no hint of that number.
        HintUnknown,
        /// A hint before it has not been opened.
        HintTooEarly,
        /// The course shows answers later, or only to those who have passed.
        AnswerTooEarly,
        /// It has no answer.
        NoAnswer,
        /// Only people learn.
        NotAPerson,
    }
}

#[Object]
impl LearningMutation {
    /// Keeps that you have opened a screen: a text is done with that. Opening it again only moves the place where you go on.
    async fn open_screen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The screen.")] input: OpenScreenInput,
    ) -> Result<OpenScreenPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let key = id::decode_as(Kind::Screen, &input.screen).unwrap_or(0);
        Ok(match error::expected(learn::open_screen(&request.deps, &request.viewer, key).await)? {
            Ok(screen) => OpenScreenPayload { screen: Some(Screen(screen)), problems: Vec::new() },
            Err(refused) => OpenScreenPayload { screen: None, problems: vec![refused.into()] },
        })
    }

    /// Opens the next hint of an exercise. Opening one again changes nothing.
    async fn open_hint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hint.")] input: OpenHintInput,
    ) -> Result<OpenHintPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let key = id::decode_as(Kind::Exercise, &input.exercise).unwrap_or(0);
        let (exercise, problems) = told(learn::open_hint(&request.deps, &request.viewer, key, input.number).await)?;
        Ok(OpenHintPayload { exercise, problems })
    }

    /// Shows you the model solution of an exercise, as the course has it: see `Course.answers`.
    async fn show_answer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The exercise.")] input: ShowAnswerInput,
    ) -> Result<ShowAnswerPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let key = id::decode_as(Kind::Exercise, &input.exercise).unwrap_or(0);
        let (exercise, problems) = told(learn::show_answer(&request.deps, &request.viewer, key).await)?;
        Ok(ShowAnswerPayload { exercise, problems })
    }
}

/// The exercise, or why not.
fn told<P>(outcome: std::result::Result<exercise::Model, Problem<LearnCode>>) -> Result<(Option<Exercise>, Vec<P>)>
where
    P: From<actors::problem::Refused<LearnCode>>,
{
    Ok(match error::expected(outcome)? {
        Ok(exercise) => (Some(Exercise(exercise)), Vec::new()),
        Err(refused) => (None, vec![refused.into()]),
    })
}
