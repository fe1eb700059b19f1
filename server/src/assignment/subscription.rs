//! What happens about an assignment, for its staff.

use actors::deps::Deps;
use actors::live::follow;
use async_graphql::{Context, ID, Result, Subscription};
use entity::assignment;
use entity::id::{self, Kind};
use entity::job::event::Stream as EventStream;
use entity::viewer::Permission;
use entity::visible::Viewable;
use futures_util::future::ready;
use futures_util::{Stream, StreamExt};

use crate::course::object::activity::ActivityEvent;
use crate::graphql::context::signed_in;
use crate::graphql::error;
use crate::job::cursor;

/// What happens about an assignment.
#[derive(Default)]
pub struct AssignmentSubscription;

#[Subscription]
impl AssignmentSubscription {
    /// What happens about an assignment, from the beginning or behind a cursor, for ever: what is handed in and graded, groups, and more
    /// time. For those who review work in its course.
    async fn assignment_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of the assignment.")] assignment: ID,
        #[graphql(desc = "Only what happened behind this cursor; everything when absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ActivityEvent>>> {
        let request = signed_in(ctx)?;
        let after = cursor::decode_position(&request.deps.site.incarnation, after.as_deref())?;
        let key = id::decode_as(Kind::Assignment, &assignment).ok_or_else(|| error::not_found("assignment"))?;
        let visible = assignment::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
        let found = visible.map_err(error::database)?.ok_or_else(|| error::not_found("assignment"))?;
        if !request.viewer.may(Permission::ReviewWork, found.course_id) {
            return Err(error::not_found("assignment whose activity you may follow"));
        }
        // The course has one stream, so that its order is one.
        let events = follow::stream(Deps::clone(&request.deps), EventStream::Course(found.course_id), after);
        let about = id::encode(Kind::Assignment, key);
        Ok(events.filter_map(move |event| {
            ready(match event {
                Ok(event) if event.data["assignment"] != about => None,
                Ok(event) => Some(Ok(ActivityEvent(event))),
                Err(error) => Some(Err(error::database(error))),
            })
        }))
    }
}
