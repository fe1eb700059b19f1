//! What somebody did in a course, in the order of time, as the schema shows it.

use async_graphql::connection::{Connection, CursorType as _, Edge, OpaqueCursor};
use async_graphql::{Context, Description, Enum, Object, Result};
use entity::course::enrollment;
use entity::id::{self, Kind};
use entity::submission::history::{self, Entry, Place};
use entity::viewer::Permission;
use serde_json::Value;

use super::Submission;
use super::backup::Backup;
use crate::assignment::object::Assignment;
use crate::assignment::object::deadline::Extension;
use crate::execution::object::Run;
use crate::grading::object::Score;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::Page;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::DateTime;

/// A place in a history.
pub type HistoryCursor = OpaqueCursor<Place>;

/// A page of what somebody did in a course, as far as the viewer may see it.
///
/// # Errors
/// When the page is none, or the database does not answer.
pub async fn page(
    ctx: &Context<'_>,
    whose: &enrollment::Model,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<Connection<HistoryCursor, HistoryEntry>> {
    let (request, page) = (request(ctx)?, Page::parse(ctx, first, None)?);
    let wrong = |_| {
        error::bad_input("`after` is not a cursor of this list: pass an `endCursor` or a `cursor` that you were given.")
    };
    let after = after.map(HistoryCursor::decode_cursor).transpose().map_err(wrong)?.map(|cursor| cursor.0);
    if !request.viewer.may(Permission::ReviewWork, whose.course_id) {
        return Ok(Connection::new(false, false));
    }
    let (db, limit) = (request.deps.db.read(), page.limit());
    let found = history::page(db, whose.course_id, whose.user_id, after, limit).await;
    let mut found = found.map_err(error::database)?;
    let wanted = usize::try_from(page.wanted()).unwrap_or(usize::MAX);
    let mut connection = Connection::new(after.is_some(), found.len() > wanted);
    found.truncate(wanted);
    connection.edges.extend(found.into_iter().map(|entry| Edge::new(OpaqueCursor(entry.place), HistoryEntry(entry))));
    Ok(connection)
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "history::Kind")]
pub enum HistoryKind {
    /// Work was sent; `at` is when it was done.
    Backup,
    /// Work was handed in.
    Submission,
    /// What was handed in was run.
    Run,
    /// A score was given, which may be archived by now.
    Score,
    /// More time was asked for, or given unasked.
    Extension,
    /// Somebody chose which submission counts, or handed in a backup after all.
    Choice,
}

/// Something that somebody did in a course, or that became of it.
#[derive(Description)]
pub struct HistoryEntry(Entry);

impl HistoryEntry {
    /// The key of the row that it is about, if it is of that kind.
    fn of(&self, kind: history::Kind) -> Option<i64> {
        (self.0.place.kind == kind).then_some(self.0.place.id)
    }

    /// The submission that counts since a choice; or the one that was made of a backup.
    fn chosen(&self) -> Option<i64> {
        let details: Value = serde_json::from_str(self.0.details.as_deref()?).ok()?;
        let key = |name: &str, kind| id::decode_as(kind, details[name].as_str()?);
        key("now", Kind::Submission).or_else(|| key("backup", Kind::Backup))
    }
}

#[Object(use_type_description)]
impl HistoryEntry {
    /// What happened.
    async fn kind(&self) -> HistoryKind {
        self.0.place.kind.into()
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.place.at)
    }

    /// On which assignment; null for a choice, whose submission says it.
    async fn assignment(&self, ctx: &Context<'_>) -> Result<Option<Quick<Assignment>>> {
        let Some(key) = self.0.assignment else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Assignment).map(Quick))
    }

    /// What was sent; null unless that is what happened.
    async fn backup(&self, ctx: &Context<'_>) -> Result<Option<Quick<Backup>>> {
        let Some(key) = self.of(history::Kind::Backup) else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Backup).map(Quick))
    }

    /// What was handed in, or counts since a choice; null otherwise.
    async fn submission(&self, ctx: &Context<'_>) -> Result<Option<Quick<Submission>>> {
        let Some(key) = self.of(history::Kind::Submission).or_else(|| self.chosen()) else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Submission).map(Quick))
    }

    /// The run; null unless that is what happened.
    async fn run(&self, ctx: &Context<'_>) -> Result<Option<Quick<Run>>> {
        let Some(key) = self.of(history::Kind::Run) else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Run).map(Quick))
    }

    /// The score; null unless that is what happened.
    async fn score(&self, ctx: &Context<'_>) -> Result<Option<Quick<Score>>> {
        let Some(key) = self.of(history::Kind::Score) else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Score).map(Quick))
    }

    /// The extension; null unless that is what happened.
    async fn extension(&self, ctx: &Context<'_>) -> Result<Option<Quick<Extension>>> {
        let Some(key) = self.of(history::Kind::Extension) else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Extension).map(Quick))
    }
}
