//! How far learners are, as the schema shows it.

use async_graphql::{Context, Description, Enum, Object, Result};
use entity::content::{progress, screen};
use entity::course::Answers;
use entity::visible::Viewable;
use sea_orm::ColumnTrait;

use super::object::Screen;
use crate::graphql::context::request;
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
