//! Questions about queues of tasks.

use actors::taskqueue::look;
use async_graphql::{Context, Object, Result};

use super::object::TaskQueue;
use crate::graphql::context::request;
use crate::graphql::error;

/// Questions about queues.
#[derive(Default)]
pub struct TaskQueueQuery;

#[Object]
impl TaskQueueQuery {
    /// The queues of tasks of other programs, by project and name. For the site's staff; nobody else sees one.
    #[graphql(complexity = "100 + child_complexity.saturating_mul(20)")]
    async fn task_queues(&self, ctx: &Context<'_>) -> Result<Vec<TaskQueue>> {
        let request = request(ctx)?;
        let queues = look::queues(&request.deps, &request.viewer).await.map_err(error::fault)?;
        Ok(queues.into_iter().map(TaskQueue::from).collect())
    }
}
