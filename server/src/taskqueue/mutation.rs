//! Setting queues of tasks up.

use actors::taskqueue::set as setting;
use actors::taskqueue::set::Change;
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::signed_in;
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

/// Why a queue was not set up.
#[derive(SimpleObject)]
pub struct SetTaskQueueProblem {
    /// What kind of problem it is.
    code: SetTaskQueueProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
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

#[Object]
impl TaskQueueMutation {
    /// Sets a queue of tasks up. For the site's staff.
    async fn set_task_queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which queue, and how.")] input: SetTaskQueueInput,
    ) -> Result<SetTaskQueuePayload> {
        let request = signed_in(ctx)?;
        let SetTaskQueueInput { project, name, max_leases, admins, consumers, producers } = input;
        let change = Change { project, queue: name, max_leases, admins, consumers, producers };
        Ok(match error::expected(setting::set(&request.deps, &request.viewer, change).await)? {
            Ok(()) => SetTaskQueuePayload { set: true, problems: Vec::new() },
            Err(refused) => {
                let problem =
                    SetTaskQueueProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                SetTaskQueuePayload { set: false, problems: vec![problem] }
            }
        })
    }
}
