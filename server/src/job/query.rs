//! Questions about jobs.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{self, Kind};
use entity::job;
use entity::plan::InOrder;
use entity::visible::{Viewable, Visible};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Condition, Expr};

use super::object::lane::{LaneWaiting, Worker, lanes, seen};
use super::object::{Job, JobState};
use crate::graphql::context::signed_in;
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::Pages;
use crate::graphql::scalar::DateTime;

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
    /// Only those of this lane.
    lane: Option<String>,
    /// Only those about this course, by its global id.
    course: Option<ID>,
    /// Only those that this person caused, by their global id.
    requester: Option<ID>,
    /// Only those about this, by its global id.
    subject: Option<ID>,
    /// Only those that were enqueued then or later.
    created_from: Option<DateTime>,
    /// Only those that were enqueued before.
    created_before: Option<DateTime>,
}

impl JobFilter {
    /// Those of the visible jobs that are wanted.
    fn apply(self, mut wanted: Visible<job::Entity>) -> Result<Visible<job::Entity>> {
        if let Some(states) = self.states {
            wanted = wanted.filter(in_states(states));
        }
        if let Some(kind) = self.kind {
            wanted = wanted.filter(job::Column::Kind.eq(kind));
        }
        if let Some(lane) = self.lane {
            wanted = wanted.filter(job::Column::Lane.eq(lane));
        }
        if let Some(course) = self.course {
            let key = id::decode_as(Kind::Course, &course)
                .ok_or_else(|| error::bad_input("`course` is not a course's id."))?;
            wanted = wanted.filter(job::Column::CourseId.eq(key));
        }
        if let Some(requester) = self.requester {
            let key = id::decode_as(Kind::User, &requester)
                .ok_or_else(|| error::bad_input("`requester` is not a person's id."))?;
            wanted = wanted.filter(job::Column::RequesterId.eq(key));
        }
        if let Some(subject) = self.subject {
            wanted = wanted.filter(job::Column::Subject.eq(subject.as_str()));
        }
        if let Some(from) = self.created_from {
            wanted = wanted.filter(job::Column::CreatedAt.gte(from.0));
        }
        if let Some(before) = self.created_before {
            wanted = wanted.filter(job::Column::CreatedAt.lt(before.0));
        }
        Ok(wanted)
    }
}

/// The states as literals: the indexes of those that are few are for one state each, and the databases must know which is asked
/// for when they choose.
fn in_states(states: Vec<JobState>) -> Condition {
    let arm = |state: JobState| Expr::cust(format!("\"job\".\"state\" = '{}'", job::JobState::from(state).word()));
    states.into_iter().fold(Condition::any().add(Expr::cust("1 = 0")), |any, state| any.add(arm(state)))
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
        #[graphql(desc = "The newest first, instead of the oldest.", default = false)] newest_first: bool,
    ) -> Result<Pages<Job>> {
        let (request, page) = (signed_in(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let wanted = filter.unwrap_or_default().apply(job::Entity::visible(&request.viewer))?;
        let order = if newest_first { InOrder::newest() } else { InOrder::by_key() };
        let rows = request.rows(ctx, wanted, order, page).await?;
        Ok(page.connection(rows, |row| row.id, Job))
    }

    /// How the lanes are, for the whole site or for one course: what waits in them and for how long. For those who review work, of
    /// a course in which they do; others are shown none. At most a second old, but for what other processes have taken and
    /// begun, which they tell every few seconds.
    #[graphql(complexity = "20 + child_complexity")]
    async fn lanes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of a course: what waits there. The whole site when absent.")] course: Option<
            ID,
        >,
    ) -> Result<Vec<LaneWaiting>> {
        lanes(signed_in(ctx)?, course.as_ref().map(|course| course.as_str())).await
    }

    /// The processes that serve the site or work its jobs. For those who run the site; others are shown none.
    #[graphql(complexity = "20 + child_complexity")]
    async fn workers(&self, ctx: &Context<'_>) -> Result<Vec<Worker>> {
        let request = signed_in(ctx)?;
        if !request.viewer.may_administer() {
            return Ok(Vec::new());
        }
        let lanes = seen(request).await?;
        Ok(lanes.workers.iter().cloned().map(Worker).collect())
    }
}
