//! Jobs as the schema shows them.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, Description, Enum, ID, Json, Object, Result};
use entity::id::{self, Kind};
use entity::job::event::{self, Stream};
use entity::visible::Viewable as _;
use entity::{course, job};

use super::cursor;
use crate::course::object::Course;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::scalar::DateTime;

/// Background work: what is done, where it stands, and why.
#[derive(Description)]
pub struct Job(pub job::Model);

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "job::JobState")]
pub enum JobState {
    /// Waits for its turn.
    Queued,
    /// Is being worked on, until a deadline.
    Leased,
    /// Is done.
    Done,
    /// Was given up; its error says why.
    Dead,
    /// Was stopped, or is not needed any more.
    Cancelled,
}

#[Object(use_type_description)]
impl Job {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Job, self.0.id))
    }

    /// What is done: `execution.run`, `content.sync_mission`, `mail.deliver`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Where it is done: jobs of one lane share its slots.
    async fn lane(&self) -> &str {
        &self.0.lane
    }

    /// Where it stands.
    async fn state(&self) -> JobState {
        self.0.state.into()
    }

    /// Why it is in this state, and until when, in a sentence. What went wrong, for those who review work in its course.
    async fn reason(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.0.reason(&request(ctx)?.viewer))
    }

    /// How often it was begun.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// How often it may fail before it is given up.
    async fn attempts(&self) -> i32 {
        self.0.max_failures
    }

    /// It is not begun before that.
    async fn run_at(&self) -> DateTime {
        DateTime(self.0.run_at)
    }

    /// While it is worked on: if nothing is heard of it until then, it is tried again.
    async fn lease_until(&self) -> Option<DateTime> {
        self.0.lease_until.map(DateTime)
    }

    /// The last trouble with it. For those who review work in its course.
    async fn error(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let shown = self.0.may_see_trouble(&request(ctx)?.viewer);
        Ok(self.0.error.as_deref().filter(|_| shown))
    }

    /// When it was enqueued.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it ended.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }

    /// The course that it is about.
    async fn course(&self, ctx: &Context<'_>) -> Result<Option<Course>> {
        let Some(key) = self.0.course_id else { return Ok(None) };
        let request = request(ctx)?;
        let row = course::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
        Ok(row.map_err(error::database)?.map(Course))
    }

    /// What has happened to it; 20 by default, at most 100. Their `cursor` continues as a subscription's `after`.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<String, JobEvent>> {
        let (request, page) = (request(ctx)?, Page::parse(first, None)?);
        let incarnation = &request.deps.site.incarnation;
        let position = cursor::decode_position(incarnation, after.as_deref())?;
        let events = event::after(request.deps.db.read(), Stream::Job(self.0.id), position, page.limit()).await;
        let mut events = events.map_err(error::database)?;
        let wanted = usize::try_from(page.first).unwrap_or(usize::MAX);
        let mut connection = Connection::new(position > 0, events.len() > wanted);
        events.truncate(wanted);
        let trouble = self.0.may_see_trouble(&request.viewer);
        connection.edges.extend(events.into_iter().map(|event| {
            let cursor = cursor::encode_position(incarnation, event.position);
            Edge::new(cursor, JobEvent::new(event, trouble))
        }));
        Ok(connection)
    }
}

/// Something that happened to a job.
#[derive(Description)]
pub struct JobEvent(event::Event);

impl JobEvent {
    /// The event as somebody sees it who may see what went wrong with the job, or may not.
    pub fn new(mut event: event::Event, trouble: bool) -> Self {
        if let Some(details) = event.data.as_object_mut().filter(|_| !trouble) {
            details.remove("error");
        }
        Self(event)
    }
}

#[Object(use_type_description)]
impl JobEvent {
    /// Where to go on after this: pass it as `after` of the subscription `job`.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(cursor::encode_position(&request(ctx)?.deps.site.incarnation, self.0.position))
    }

    /// What happened: `queued`, `leased`, `done`, `dead`, `cancelled`, or a step of the work, such as `checked`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The particulars, by name.
    async fn details(&self) -> Json<serde_json::Value> {
        Json(self.0.data.clone())
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}
