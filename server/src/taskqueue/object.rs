//! A queue of tasks.

use actors::taskqueue::look::Overview;
use async_graphql::SimpleObject;

/// A queue of tasks of other programs.
#[derive(SimpleObject)]
pub struct TaskQueue {
    /// The project that it belongs to.
    project: String,
    /// Its name there.
    name: String,
    /// Leases after which a task is dropped; 0 is never.
    max_leases: i32,
    /// The addresses whose tokens may do everything. If this and the other two lists are empty, everybody who may use the door may.
    admins: Vec<String>,
    /// The addresses whose tokens may look, lease and delete.
    consumers: Vec<String>,
    /// The addresses whose tokens may put tasks in.
    producers: Vec<String>,
    /// Tasks that are in it, leased or not.
    tasks: i64,
    /// Tasks that could be leased now.
    free: i64,
    /// Tasks that were dropped, because they were leased as often as it allows.
    dead: i64,
    /// Tasks that were leased in the last minute.
    leased_last_minute: i64,
    /// Tasks that were leased in the last hour.
    leased_last_hour: i64,
}

impl From<Overview> for TaskQueue {
    fn from(queue: Overview) -> Self {
        Self {
            project: queue.key.project,
            name: queue.key.name,
            max_leases: queue.max_leases,
            admins: queue.acl.admins,
            consumers: queue.acl.consumers,
            producers: queue.acl.producers,
            tasks: queue.stats.tasks,
            free: queue.free,
            dead: queue.dead,
            leased_last_minute: queue.stats.leased_last_minute,
            leased_last_hour: queue.stats.leased_last_hour,
        }
    }
}
