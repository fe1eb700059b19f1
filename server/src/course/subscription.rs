//! What happens in a course, for its staff.

use actors::deps::Deps;
use actors::live::follow;
use async_graphql::{Context, ID, Result, Subscription};
use entity::course;
use entity::id::{self, Kind};
use entity::job::event::Stream as EventStream;
use entity::viewer::Permission;
use entity::visible::Viewable;
use futures_util::{Stream, StreamExt};

use super::object::activity::ActivityEvent;
use crate::graphql::context::signed_in;
use crate::graphql::error;
use crate::job::cursor;

/// What happens in a course.
#[derive(Default)]
pub struct CourseSubscription;

#[Subscription]
impl CourseSubscription {
    /// What happens in a course, from the beginning or behind a cursor, for ever. For those who review work there.
    async fn course_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of the course.")] course: ID,
        #[graphql(desc = "Only what happened behind this cursor; everything when absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ActivityEvent>>> {
        let request = signed_in(ctx)?;
        let after = cursor::decode_position(&request.deps.site.incarnation, after.as_deref())?;
        let key = id::decode_as(Kind::Course, &course).ok_or_else(|| error::not_found("course"))?;
        let visible = course::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
        visible.map_err(error::database)?.ok_or_else(|| error::not_found("course"))?;
        if !request.viewer.may(Permission::ReviewWork, key) {
            return Err(error::not_found("course whose activity you may follow"));
        }
        let events = follow::stream(Deps::clone(&request.deps), EventStream::Course(key), after);
        Ok(events.map(|event| event.map(ActivityEvent).map_err(error::database)))
    }
}
