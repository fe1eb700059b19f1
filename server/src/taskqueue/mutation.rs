//! Setting queues of tasks up.

use actors::problem::Refused;
use actors::taskqueue::revive as reviving;
use actors::taskqueue::set as setting;
use actors::taskqueue::set::Change;
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use entity::identity::scope::Scope;

use crate::graphql::context::acting;
use crate::graphql::error;

/// What can be done with queues.
#[derive(Default)]
pub struct TaskQueueMutation;

/// How a queue is to be set up. What is left out stays as it is.
#[derive(InputObject)]
pub struct SetTaskQueueInput {
    /// The project that it belongs to.
    project: String,
    /// Its name there. There need not be a task in it.
    name: String,
    /// Leases after which a task is dropped; 0 is never.
    max_leases: Option<i32>,
    /// The addresses whose tokens may do everything.
    admins: Option<Vec<String>>,
    /// The addresses whose tokens may look, lease and delete.
    consumers: Option<Vec<String>>,
    /// The addresses whose tokens may put tasks in.
    producers: Option<Vec<String>>,
}

/// What came of setting a queue up.
#[derive(SimpleObject)]
pub struct SetTaskQueuePayload {
    /// Whether it is set up so now.
    set: bool,
    /// Why it is not.
    problems: Vec<SetTaskQueueProblem>,
}

/// Why a queue was left as it is.
#[derive(SimpleObject)]
pub struct SetTaskQueueProblem {
    /// What kind of problem it is.
    code: SetTaskQueueProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

impl From<Refused<setting::SetTaskQueueCode>> for SetTaskQueueProblem {
    fn from(refused: Refused<setting::SetTaskQueueCode>) -> Self {
        Self { code: refused.code.into(), message: refused.message, path: refused.path }
    }
}

/// The problems of setting a queue up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "setting::SetTaskQueueCode")]
pub enum SetTaskQueueProblemCode {
    /// Only the site's staff may.
    NotAllowed,
    /// There can be no project or queue of that name.
    NameInvalid,
    /// The number of leases is out of range.
    MaxLeasesInvalid,
    /// Something in a list is not an address.
    EmailInvalid,
}

/// The queue whose dropped tasks are to be tried again.
#[derive(InputObject)]
pub struct ReviveTasksInput {
    /// The project that it belongs to.
    project: String,
    /// Its name there.
    name: String,
}

/// What came of having tasks tried again.
#[derive(SimpleObject)]
pub struct ReviveTasksPayload {
    /// How many are back, as if they had never been leased; null if that was refused. At most 500: ask again for more.
    revived: Option<i64>,
    /// Why none is.
    problems: Vec<SetTaskQueueProblem>,
}

#[Object]
impl TaskQueueMutation {
    /// Has tasks tried again that were dropped, those first that were dropped first. For the site's staff.
    async fn revive_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which queue.")] input: ReviveTasksInput,
    ) -> Result<ReviveTasksPayload> {
        let request = acting(ctx, Scope::Admin)?;
        let outcome = reviving::revive(&request.deps, &request.viewer, &input.project, &input.name).await;
        Ok(match error::expected(outcome)? {
            Ok(revived) => {
                ReviveTasksPayload { revived: Some(i64::try_from(revived).unwrap_or(i64::MAX)), problems: Vec::new() }
            }
            Err(refused) => ReviveTasksPayload { revived: None, problems: vec![refused.into()] },
        })
    }

    /// Sets a queue of tasks up. For the site's staff.
    async fn set_task_queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which queue, and how.")] input: SetTaskQueueInput,
    ) -> Result<SetTaskQueuePayload> {
        let request = acting(ctx, Scope::Admin)?;
        let SetTaskQueueInput { project, name, max_leases, admins, consumers, producers } = input;
        let change = Change { project, queue: name, max_leases, admins, consumers, producers };
        Ok(match error::expected(setting::set(&request.deps, &request.viewer, change).await)? {
            Ok(()) => SetTaskQueuePayload { set: true, problems: Vec::new() },
            Err(refused) => SetTaskQueuePayload { set: false, problems: vec![refused.into()] },
        })
    }
}
