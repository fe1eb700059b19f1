//! The methods of the API: what each reads, and the operation that it is.

use std::sync::Arc;

use actors::taskqueue::caller::Caller;
use actors::taskqueue::lease::{Group, Wanted};
use actors::taskqueue::{delete, hold, insert, is_task_name, lease, look};
use entity::clock::Timestamp;
use entity::taskqueue::QueueKey;
use poem::http::header::CACHE_CONTROL;
use poem::http::{Method, StatusCode};
use poem::{IntoResponse as _, Response};
use serde_json::Value;

use super::super::Shared;
use super::body::Body;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::resource;
use super::route::Target;
use super::shape::Shape;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Queue,
    List,
    Insert,
    Lease,
    Get,
    Patch,
    Update,
    Delete,
}

impl Verb {
    /// What a method means there.
    pub fn of(target: &Target, method: &Method) -> Result<Self, Refusal> {
        match (target, method.as_str()) {
            (Target::Queue, "GET") => Ok(Self::Queue),
            (Target::Tasks, "GET") => Ok(Self::List),
            (Target::Tasks, "POST") => Ok(Self::Insert),
            (Target::Task(name), "POST") if name == "lease" => Ok(Self::Lease),
            (Target::Task(_), "GET") => Ok(Self::Get),
            (Target::Task(_), "PATCH") => Ok(Self::Patch),
            (Target::Task(_), "POST") => Ok(Self::Update),
            (Target::Task(_), "DELETE") => Ok(Self::Delete),
            (Target::Queue, _) => Err(Refusal::method("GET")),
            (Target::Tasks, _) => Err(Refusal::method("GET, POST")),
            (Target::Task(_), _) => Err(Refusal::method("DELETE, GET, PATCH, POST")),
        }
    }

    /// The schema of its answer in the description.
    pub fn schema(self) -> &'static str {
        match self {
            Self::Queue => "TaskQueue",
            Self::List => "Tasks2",
            Self::Lease => "Tasks",
            Self::Insert | Self::Get | Self::Patch | Self::Update | Self::Delete => "Task",
        }
    }
}

/// One request, read.
pub(super) struct Asked {
    pub shared: Arc<Shared>,
    pub caller: Caller,
    pub queue: QueueKey,
    pub target: Target,
    pub parameters: Parameters,
    pub body: Body,
    pub shape: Shape,
}

impl Asked {
    /// Does it.
    pub async fn perform(self, verb: Verb) -> Result<Response, Refusal> {
        let value = match verb {
            Verb::Queue => self.look_at_queue().await?,
            Verb::List => self.list().await?,
            Verb::Insert => self.insert().await?,
            Verb::Lease => return self.lease().await,
            Verb::Get => self.get().await?,
            Verb::Patch => self.patch().await?,
            Verb::Update => self.update().await?,
            Verb::Delete => return self.delete().await,
        };
        Ok(self.shape.response(value))
    }

    /// The task that the address names. A name that no task can have is not looked for.
    fn task(&self) -> Result<&str, Refusal> {
        match &self.target {
            Target::Task(name) if is_task_name(name) => Ok(name),
            _ => Err(Refusal::not_found("The queue has no such task.")),
        }
    }

    async fn look_at_queue(&self) -> Result<Value, Refusal> {
        let with_stats = self.parameters.flag("getStats")?.unwrap_or(false);
        let (settings, stats) = look::queue(&self.shared.deps, &self.caller, &self.queue, with_stats).await?;
        Ok(resource::queue(&self.queue, &settings, stats))
    }

    async fn list(&self) -> Result<Value, Refusal> {
        let tasks = look::list(&self.shared.deps, &self.caller, &self.queue).await?;
        Ok(resource::tasks(resource::LISTED, &self.queue, tasks))
    }

    async fn get(&self) -> Result<Value, Refusal> {
        let task = look::get(&self.shared.deps, &self.caller, &self.queue, self.task()?).await?;
        Ok(resource::task(&self.queue, task))
    }

    async fn insert(&self) -> Result<Value, Refusal> {
        let new = self.body.object()?.new_task(&self.queue)?;
        let task = insert::insert(&self.shared.deps, &self.caller, &self.queue, new).await?;
        Ok(resource::task(&self.queue, task))
    }

    async fn lease(self) -> Result<Response, Refusal> {
        let parameters = &self.parameters;
        let tasks = parameters.number("numTasks")?;
        let seconds = parameters.number("leaseSecs")?;
        let tag = parameters.text("tag").filter(|tag| !tag.is_empty());
        let group = match (parameters.flag("groupByTag")?.unwrap_or(false), tag) {
            (true, Some(tag)) => Group::Tag(tag.to_owned()),
            (true, None) => Group::Earliest,
            (false, None) => Group::All,
            (false, Some(_)) => {
                return Err(Refusal::parameter("tag", "tag says which group is wanted, so it needs groupByTag=true."));
            }
        };
        let wanted = Wanted { tasks, seconds, group };
        let leased = lease::lease(&self.shared.deps, &self.caller, &self.queue, wanted).await?;
        self.shape.leased(&self.shared, self.queue, leased).await
    }

    async fn patch(&self) -> Result<Value, Refusal> {
        let seconds = self.parameters.number("newLeaseSeconds")?;
        let object = self.body.object()?;
        object.queue_named(&self.queue, true)?;
        let name = self.task()?;
        self.hold(name, object.held(name)?, seconds).await
    }

    async fn update(&self) -> Result<Value, Refusal> {
        let seconds = self.parameters.number("newLeaseSeconds")?;
        let object = self.body.object()?;
        object.queue_named(&self.queue, false)?;
        let name = self.task()?;
        let held_until = object.held(name)?.ok_or_else(|| Refusal::required_field("leaseTimestamp"))?;
        self.hold(name, Some(held_until), seconds).await
    }

    async fn hold(&self, name: &str, held_until: Option<Timestamp>, seconds: i64) -> Result<Value, Refusal> {
        let task = hold::hold(&self.shared.deps, &self.caller, &self.queue, name, held_until, seconds).await?;
        Ok(resource::task(&self.queue, task))
    }

    async fn delete(&self) -> Result<Response, Refusal> {
        delete::delete(&self.shared.deps, &self.caller, &self.queue, self.task()?).await?;
        Ok(StatusCode::NO_CONTENT.with_header(CACHE_CONTROL, "no-store").into_response())
    }
}
