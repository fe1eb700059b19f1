//! Jobs as the schema shows them.

pub mod lane;

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, Description, Enum, ID, Json, Object, Result};
use entity::id::{self, Kind};
use entity::job;
use entity::job::event::{self, Stream};
use entity::job::reason::{self, Around};

use super::cursor;
use super::loader::{Ahead, LastStep, Twin};
use crate::course::object::Course;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::node::{self, Node};
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::Quick;
use crate::graphql::scalar::DateTime;
use crate::identity::object::User;

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
    #[graphql(complexity = 5)]
    async fn reason(&self, ctx: &Context<'_>) -> Result<String> {
        let around = match self.0.state {
            job::JobState::Queued => self.around(ctx).await?,
            _ => Around::default(),
        };
        Ok(reason::reason(&self.0, &around, self.0.may_see_trouble(&request(ctx)?.viewer)))
    }

    /// How often it was begun.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// How often it may fail before it is given up.
    async fn attempts(&self) -> i32 {
        self.0.max_failures
    }

    /// How often its work failed since it was queued or last retried.
    async fn failures(&self) -> i32 {
        self.0.failures
    }

    /// How often its process was lost since it was queued or last retried.
    async fn losses(&self) -> i32 {
        self.0.losses
    }

    /// How many jobs of its lane go before it, while it is queued: 0 is next. 1000 stands for that many or more.
    #[graphql(complexity = 5)]
    async fn position(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(self.ahead(ctx).await?.and_then(|ahead| i32::try_from(ahead).ok()))
    }

    /// When it is likely to be begun, while it is queued: by how long such work took in the last quarter of an hour, and how many
    /// slots its lane has. Null when nobody can tell.
    #[graphql(complexity = 5)]
    async fn estimated_start_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let Some(ahead) = self.ahead(ctx).await? else { return Ok(None) };
        let (request, around) = (request(ctx)?, self.around(ctx).await?);
        let lanes = request.deps.sight.look(&request.deps).await.map_err(error::database)?;
        Ok(lanes.estimate(&self.0, ahead, &around).map(DateTime))
    }

    /// How far it is, by the last step that it has told; null while it has told none.
    #[graphql(complexity = "5 + child_complexity")]
    async fn progress(&self, ctx: &Context<'_>) -> Result<Option<Progress>> {
        if self.0.state == job::JobState::Queued {
            return Ok(None);
        }
        Ok(request(ctx)?.load(LastStep(self.0.id)).await?.map(Progress))
    }

    /// The global id of what it is about: a run, a letter.
    async fn subject_id(&self) -> Option<ID> {
        self.0.subject.clone().map(ID)
    }

    /// When it was begun last.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(DateTime)
    }

    /// The job that took its place.
    async fn superseded_by_id(&self) -> Option<ID> {
        self.0.superseded_by.map(|other| ID(id::encode(Kind::Job, other)))
    }

    /// Whether you may have it tried again, once it is dead or cancelled.
    async fn viewer_can_retry(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.0.may_steer(&request(ctx)?.viewer))
    }

    /// Whether you may have it stopped, as long as it has not ended.
    async fn viewer_can_cancel(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.0.may_stop(&request(ctx)?.viewer))
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
    async fn course(&self, ctx: &Context<'_>) -> Result<Option<Quick<Course>>> {
        let Some(key) = self.0.course_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Course).map(Quick))
    }

    /// Who caused it; null if the site did.
    async fn requester(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        let Some(key) = self.0.requester_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(User).map(Quick))
    }

    /// What it is about; null if that has no global id, or you may not see it.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<Quick<Node>>> {
        let Some(subject) = &self.0.subject else { return Ok(None) };
        node::find(ctx, subject).await
    }

    /// What has happened to it; 20 by default, at most 100. Their `cursor` continues as a subscription's `after`.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<String, JobEvent>> {
        let (request, page) = (request(ctx)?, Page::parse(ctx, first, None)?);
        let incarnation = &request.deps.site.incarnation;
        let position = cursor::decode_position(incarnation, after.as_deref())?;
        let events = event::after(request.deps.db.read(), Stream::Job(self.0.id), position, page.limit()).await;
        let mut events = events.map_err(error::database)?;
        let wanted = usize::try_from(page.wanted()).unwrap_or(usize::MAX);
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

impl Job {
    /// What is around it while it is queued.
    async fn around(&self, ctx: &Context<'_>) -> Result<Around> {
        let request = request(ctx)?;
        let twin = match self.0.key {
            Some(_) => request.load(Twin(self.0.id)).await?,
            None => None,
        };
        let lanes = request.deps.sight.look(&request.deps).await.map_err(error::database)?;
        Ok(lanes.around(&self.0, twin))
    }

    async fn ahead(&self, ctx: &Context<'_>) -> Result<Option<i64>> {
        match self.0.state {
            job::JobState::Queued => request(ctx)?.load(Ahead(self.0.id)).await,
            _ => Ok(None),
        }
    }
}

/// How far a job is.
#[derive(Description)]
pub struct Progress(event::Event);

#[Object(name = "JobProgress", use_type_description)]
impl Progress {
    /// The last step that it has told, such as `checked`.
    async fn step(&self) -> &str {
        &self.0.kind
    }

    /// How much is done, in whatever the work counts; null when it does not count.
    async fn done(&self) -> Option<i32> {
        self.number("done")
    }

    /// How much there is to do; null when nobody can tell.
    async fn total(&self) -> Option<i32> {
        self.number("total")
    }

    /// When the step was told.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

impl Progress {
    fn number(&self, name: &str) -> Option<i32> {
        self.0.data.get(name)?.as_i64().and_then(|number| i32::try_from(number).ok())
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

    /// What happened: `queued`, `leased`, `stopping`, `done`, `dead`, `cancelled`, or a step of the work, such as `checked`.
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
