//! Questions about jobs.

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{self, Kind};
use entity::job;
use entity::visible::Viewable;
use sea_orm::ColumnTrait;

use super::object::{Job, JobState};
use crate::graphql::context::signed_in;
use crate::graphql::error;
use crate::graphql::page::{Cursor, Page, cost};

/// Questions about jobs.
#[derive(Default)]
pub struct JobQuery;

/// Which jobs.
#[derive(InputObject, Default)]
pub struct JobFilter {
    /// Only those in one of these states.
    states: Option<Vec<JobState>>,
    /// Only those of this kind.
    kind: Option<String>,
    /// Only those about this course, by its global id.
    course: Option<ID>,
}

#[Object]
impl JobQuery {
    /// The jobs that you may see: your own, and those of the courses in which you review work; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when absent.")] filter: Option<JobFilter>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<Cursor, Job>> {
        let (request, page) = (signed_in(ctx)?, Page::parse(first, after.as_deref())?);
        let filter = filter.unwrap_or_default();
        let mut wanted = job::Entity::visible(&request.viewer);
        if let Some(states) = filter.states {
            wanted = wanted.filter(job::Column::State.is_in(states.into_iter().map(job::JobState::from)));
        }
        if let Some(kind) = filter.kind {
            wanted = wanted.filter(job::Column::Kind.eq(kind));
        }
        if let Some(course) = filter.course {
            let key = id::decode_as(Kind::Course, &course)
                .ok_or_else(|| error::bad_input("`course` is not a course's id."))?;
            wanted = wanted.filter(job::Column::CourseId.eq(key));
        }
        let rows = page.rows(request.deps.db.read(), wanted, job::Column::Id).await.map_err(error::database)?;
        Ok(page.connection(rows, |row| row.id, Job))
    }
}
