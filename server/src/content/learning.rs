//! What learners do with screens besides trying code.

use actors::content::learn::{self, LearnCode};
use actors::problem::Problem;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::content::exercise;
use entity::id::{self, Kind};
use entity::identity::scope::Scope;

use super::object::{Exercise, Screen};
use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::problem::problems;

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
