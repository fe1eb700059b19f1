//! Following a job, and the lanes.

use std::sync::Arc;
use std::time::Duration;

use actors::deps::Deps;
use actors::live::follow;
use async_graphql::{Context, ID, Result, Subscription};
use entity::id::{self, Kind};
use entity::job::event::{self, Stream as EventStream};
use entity::job::{self, JobState};
use entity::visible::Viewable;
use futures_util::{Stream, StreamExt};
use sea_orm::EntityTrait;
use tokio::time::MissedTickBehavior;

use super::cursor;
use super::object::JobEvent;
use super::object::lane::{self, LaneWaiting};
use crate::graphql::context::signed_in;
use crate::graphql::error;

/// Following a job, and the lanes.
#[derive(Default)]
pub struct JobSubscription;

#[Subscription]
impl JobSubscription {
    /// What happens to a job, from the beginning or behind a cursor, until it has ended. Nothing is lost or doubled.
    async fn job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of the job.")] id: ID,
        #[graphql(desc = "Only what happened behind this cursor; everything when absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<JobEvent>>> {
        let request = signed_in(ctx)?;
        let after = cursor::decode_position(&request.deps.site.incarnation, after.as_deref())?;
        let key = id::decode_as(Kind::Job, &id).ok_or_else(|| error::not_found("job"))?;
        let row = job::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
        let row = row.map_err(error::database)?.ok_or_else(|| error::not_found("job"))?;
        // Who comes back after the end with the cursor of the end has everything.
        let rest =
            event::after(request.deps.db.read(), EventStream::Job(key), after, 1).await.map_err(error::database)?;
        let trouble = row.may_see_trouble(&request.viewer);
        let over = row.state.is_final() && rest.is_empty();
        let deps = Deps::clone(&request.deps);
        let mut events = Box::pin(follow::stream(deps.clone(), EventStream::Job(key), after));
        Ok(async_stream::stream! {
            while !over && let Some(event) = events.next().await {
                let last = match &event {
                    Ok(event) => is_last(&event.kind) && !goes_on(&deps, key, event.position).await,
                    Err(_) => true,
                };
                yield event.map(|event| JobEvent::new(event, trouble)).map_err(error::database);
                if last {
                    break;
                }
            }
        })
    }

    /// How the lanes are, again whenever something has changed, at most once a second. For those who review work, of a course in
    /// which they do.
    #[graphql(complexity = "20 + child_complexity")]
    async fn lanes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of a course: what waits there. The whole site when absent.")] course: Option<
            ID,
        >,
    ) -> Result<impl Stream<Item = Result<Vec<LaneWaiting>>>> {
        let request = signed_in(ctx)?;
        let (deps, viewer) = (Arc::clone(&request.deps), Arc::clone(&request.viewer));
        let course = lane::check(request, course.as_ref().map(|course| course.as_str())).await?;
        if !lane::may_look(&viewer, course) {
            return Err(error::not_found("lane that you may follow"));
        }
        Ok(async_stream::stream! {
            let mut ticks = tokio::time::interval(CHANGES);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut last = None;
            loop {
                ticks.tick().await;
                let now = match deps.sight.look(&deps).await {
                    Ok(lanes) => lane::shown(&lanes, &viewer, course),
                    Err(broken) => {
                        yield Err(error::database(broken));
                        break;
                    }
                };
                if last.as_ref() != Some(&now) {
                    last = Some(now.clone());
                    yield Ok(now);
                }
            }
        })
    }
}

/// How often it is looked whether the lanes have changed.
const CHANGES: Duration = Duration::from_secs(1);

/// Whether the job went on after it had ended there: somebody had it tried again.
async fn goes_on(deps: &Deps, job: i64, position: i64) -> bool {
    let row = job::Entity::find_by_id(job).one(deps.db.read()).await;
    row.is_ok_and(|row| row.is_some_and(|row| row.head > position || !row.state.is_final()))
}

fn is_last(kind: &str) -> bool {
    [JobState::Done, JobState::Dead, JobState::Cancelled].iter().any(|state| state.word() == kind)
}
