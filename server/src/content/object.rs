//! Missions, screens, exercises and concepts as the schema shows them.

use async_graphql::{Context, Description, Enum, ID, Object, Result};
use entity::content::{check, concept, exercise, mission, screen};
use entity::execution::run;
use entity::id::{self, Kind};
use entity::plan::InOrder;
use entity::viewer::Permission;
use entity::visible::Viewable;
use sea_orm::ColumnTrait;

use super::check::{Diagnostic, found};
use super::loader::{ConceptByName, ConceptsOf, MissionByNumber, ViewerProgress, WayThrough};
pub use super::progress::{AnswerPolicy, LearningProgress, ScreenProgress};
use crate::course::object::{Course, course};
use crate::execution::object::{Language, Run};
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::{Pages, Quick};
use crate::graphql::scalar::DateTime;

/// A unit of content.
#[derive(Description)]
pub struct Mission(pub mission::Model);

#[Object(use_type_description)]
impl Mission {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Mission, self.0.id))
    }

    /// Its number in the content folder.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it is about.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Who wrote it.
    async fn author(&self) -> &str {
        &self.0.author
    }

    /// The language of its exercises.
    async fn language(&self) -> Language {
        (&self.0.language).into()
    }

    /// About how long it takes, in minutes.
    async fn minutes(&self) -> Option<i32> {
        self.0.minutes
    }

    /// Whether only staff see it so far.
    async fn under_construction(&self) -> bool {
        self.0.under_construction
    }

    /// When it was stored as it is now.
    async fn synced_at(&self) -> DateTime {
        DateTime(self.0.synced_at)
    }

    /// The course that it is in.
    async fn course(&self, ctx: &Context<'_>) -> Result<Quick<Course>> {
        course(ctx, self.0.course_id).await
    }

    /// The missions to do before.
    async fn prerequisites(&self, ctx: &Context<'_>) -> Result<Vec<Mission>> {
        let mut missions = Vec::new();
        for number in &self.0.prerequisites.0 {
            missions.extend(request(ctx)?.load(MissionByNumber(*number)).await?.map(Mission));
        }
        Ok(missions)
    }

    /// Its screens in their order.
    #[graphql(complexity = "child_complexity.saturating_mul(12)")]
    async fn screens(&self, ctx: &Context<'_>) -> Result<Vec<Screen>> {
        let screens = request(ctx)?.many::<screen::OfMission>(ctx, self.0.id, Page::ALL).await?;
        Ok(screens.into_iter().map(Screen).collect())
    }

    /// How far you are with it, and where you go on.
    async fn viewer_progress(&self, ctx: &Context<'_>) -> Result<LearningProgress> {
        let way = request(ctx)?.load(WayThrough(self.0.course_id)).await?.unwrap_or_default();
        Ok(LearningProgress(way.into_iter().filter(|stop| stop.mission == self.0.id).collect()))
    }

    /// What the last synchronisation said about it. For those who manage the course's content; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn diagnostics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Diagnostic>> {
        let (request, page) = (request(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let subject = format!("mission/{}", self.0.number);
        let last = check::Entity::visible(&request.viewer).filter(check::Column::Subject.eq(subject));
        let last = last.one(request.deps.db.read()).await.map_err(error::database)?;
        let found = last.as_ref().map(found).transpose()?.unwrap_or_default();
        let behind = page.after.unwrap_or(0);
        let rows = (1..).zip(found).filter(|(place, _)| *place > behind);
        let rows = rows.take(usize::try_from(page.limit()).unwrap_or(usize::MAX)).collect();
        Ok(page.connection(rows, |(place, _)| *place, |(_, found)| Diagnostic(found)))
    }
}

/// What a screen asks of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "screen::ScreenKind")]
pub enum ScreenKind {
    /// To be read.
    Text,
    /// Has an exercise.
    Code,
}

/// A screen of a mission.
#[derive(Description)]
pub struct Screen(pub screen::Model);

#[Object(use_type_description)]
impl Screen {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Screen, self.0.id))
    }

    /// Its key, which stays when it moves.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Its place in the mission, from 0.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// What it asks of its reader.
    async fn kind(&self) -> ScreenKind {
        self.0.kind.into()
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Its text as HTML that is safe to show.
    async fn body_html(&self) -> &str {
        &self.0.body_html
    }

    /// The mission that it is in.
    async fn mission(&self, ctx: &Context<'_>) -> Result<Option<Mission>> {
        Ok(request(ctx)?.one(ctx, self.0.mission_id).await?.map(Mission))
    }

    /// The concepts that it teaches.
    #[graphql(complexity = "child_complexity.saturating_mul(4)")]
    async fn concepts(&self, ctx: &Context<'_>) -> Result<Vec<Concept>> {
        Ok(request(ctx)?.load(ConceptsOf(self.0.id)).await?.unwrap_or_default().into_iter().map(Concept).collect())
    }

    /// Its exercise, if it has one.
    async fn exercise(&self, ctx: &Context<'_>) -> Result<Option<Exercise>> {
        let exercise = request(ctx)?.many::<exercise::OfScreen>(ctx, self.0.id, Page::ONLY).await?.pop();
        Ok(exercise.map(Exercise))
    }

    /// How far you are with it.
    async fn viewer_progress(&self, ctx: &Context<'_>) -> Result<ScreenProgress> {
        Ok(ScreenProgress(request(ctx)?.load(ViewerProgress(self.0.id)).await?))
    }
}

/// A concept that screens teach.
#[derive(Description)]
pub struct Concept(pub concept::Model);

#[Object(use_type_description)]
impl Concept {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Concept, self.0.id))
    }

    /// The name of its file in the content folder.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it is, in a few sentences.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// Concepts that have to do with it, as far as a stored mission teaches them.
    #[graphql(complexity = "child_complexity.saturating_mul(4)")]
    async fn related(&self, ctx: &Context<'_>) -> Result<Vec<Concept>> {
        let mut concepts = Vec::new();
        for name in &self.0.related.0 {
            concepts.extend(request(ctx)?.load(ConceptByName(name.clone())).await?.map(Concept));
        }
        Ok(concepts)
    }

    /// The screens that teach it, as far as you may see them; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn screens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Screen>> {
        let (request, page) = (request(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let wanted = screen::Entity::visible(&request.viewer)
            .filter(screen::Column::Id.in_subquery(concept::taught::screens_of(self.0.id)));
        let rows = request.rows(ctx, wanted, InOrder::by_key(), page).await?;
        Ok(page.connection(rows, |row: &screen::Model| row.id, Screen))
    }
}

/// The exercise of a code screen.
#[derive(Description)]
pub struct Exercise(pub exercise::Model);

#[Object(use_type_description)]
impl Exercise {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Exercise, self.0.id))
    }

    /// The screen that it is on.
    async fn screen(&self, ctx: &Context<'_>) -> Result<Option<Screen>> {
        Ok(request(ctx)?.one(ctx, self.0.screen_id).await?.map(Screen))
    }

    /// What it is to be written in.
    async fn language(&self) -> Language {
        (&self.0.language).into()
    }

    /// What to do, as HTML that is safe to show.
    async fn instructions_html(&self) -> &str {
        &self.0.instructions_html
    }

    /// What the editor starts with.
    async fn starting_code(&self) -> &str {
        &self.0.starting_code
    }

    /// How many hints there are.
    async fn hint_count(&self) -> i32 {
        i32::try_from(self.0.hints.0.len()).unwrap_or(i32::MAX)
    }

    /// The hints that you have opened, as HTML that is safe to show; all of them for staff. See `openHint`.
    async fn hints_html(&self, ctx: &Context<'_>) -> Result<&[String]> {
        let hints = self.0.hints.0.as_slice();
        if self.is_for_staff(ctx)? {
            return Ok(hints);
        }
        let progress = request(ctx)?.load(ViewerProgress(self.0.screen_id)).await?;
        let open = progress.and_then(|progress| usize::try_from(progress.hints).ok()).unwrap_or(0);
        Ok(hints.get(..open).unwrap_or(hints))
    }

    /// The model solution: for staff, for you once you have passed, and when it was shown to you. See `showAnswer`.
    async fn answer(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let staff = self.is_for_staff(ctx)?;
        let progress = request(ctx)?.load(ViewerProgress(self.0.screen_id)).await?;
        let shown = progress.is_some_and(|progress| progress.passed_at.or(progress.answer_at).is_some());
        Ok(self.0.answer.as_deref().filter(|_| staff || shown))
    }

    /// Your attempts at it; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn viewer_attempts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Run>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<run::OwnAtExercise>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Run))
    }
}

impl Exercise {
    /// Whether it is shown to somebody who may see everything of it but the checks.
    fn is_for_staff(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.may(Permission::ReviewWork, self.0.course_id))
    }
}
