//! What happens in a course, as the schema shows it.

use async_graphql::{Context, Description, Json, Object, Result};
use entity::job::event;

use crate::graphql::context::request;
use crate::graphql::scalar::DateTime;
use crate::job::cursor;

/// Something that happened in a course.
#[derive(Description)]
pub struct ActivityEvent(pub event::Event);

#[Object(use_type_description)]
impl ActivityEvent {
    /// Where to go on after this: pass it as `after`.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(cursor::encode_position(&request(ctx)?.deps.site.incarnation, self.0.position))
    }

    /// What happened: `submission.received`, `submission.flagged`, `run.finished`, `score.stored`, `scores.imported`, `content.synced`,
    /// `assignment.created`, `assignment.changed`, `submission.revised`, and what becomes of groups (`group.…`) and of more time (`extension.…`).
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
