//! What happens in a course, for its staff.

use actors::deps::Deps;
use actors::live::follow;
use async_graphql::{Context, Description, ID, Json, Object, Result, Subscription};
use entity::course;
use entity::id::{self, Kind};
use entity::job::event::{self, Stream as EventStream};
use entity::viewer::Permission;
use entity::visible::Viewable;
use futures_util::{Stream, StreamExt};

use crate::graphql::context::{request, signed_in};
use crate::graphql::error;
use crate::graphql::scalar::DateTime;
use crate::job::cursor;

/// What happens in a course.
#[derive(Default)]
pub struct CourseSubscription;

/// Something that happened in a course.
#[derive(Description)]
pub struct ActivityEvent(pub event::Event);

#[Object(use_type_description)]
impl ActivityEvent {
    /// Where to go on after this: pass it as `after`.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(cursor::encode_position(&request(ctx)?.deps.site.incarnation, self.0.position))
    }

    /// What happened: `submission.received`, `submission.flagged`, `run.finished`, `score.stored`, `content.synced`, and what becomes of
    /// groups (`group.…`) and of more time (`extension.…`).
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The particulars: global ids and values, by name.
    async fn details(&self) -> Json<serde_json::Value> {
        Json(self.0.data.clone())
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

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
