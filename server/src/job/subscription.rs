//! Following a job.

use actors::live::follow;
use async_graphql::{Context, ID, Result, Subscription};
use entity::id::{self, Kind};
use entity::job::event::{self, Stream as EventStream};
use entity::job::{self, JobState};
use entity::visible::Viewable;
use futures_util::{Stream, StreamExt};

use super::cursor;
use super::object::JobEvent;
use crate::graphql::context::signed_in;
use crate::graphql::error;

/// Following a job.
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
        let mut events = Box::pin(follow::stream(request.deps.clone(), EventStream::Job(key), after));
        Ok(async_stream::stream! {
            while !over && let Some(event) = events.next().await {
                let last = event.as_ref().map_or(true, |event| is_last(&event.kind));
                yield event.map(|event| JobEvent::new(event, trouble)).map_err(error::database);
                if last {
                    break;
                }
            }
        })
    }
}

fn is_last(kind: &str) -> bool {
    [JobState::Done, JobState::Dead, JobState::Cancelled].iter().any(|state| state.word() == kind)
}
