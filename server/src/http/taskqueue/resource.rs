//! What is answered. Whole numbers of 64 bits travel as strings and shorter ones as numbers: that is what the description says, and
//! the clients pass on what they are sent.

use actors::taskqueue::look::Stats;
use entity::taskqueue::QueueKey;
use entity::taskqueue::queue::Settings;
use entity::taskqueue::task::Task;
use serde_json::{Value, json};

use super::encoding::base64;

/// The kind of a list of tasks.
pub(super) const LISTED: &str = "taskqueues#tasks";
/// The kind of leased tasks, which differs by a letter.
pub(super) const LEASED: &str = "taskqueue#tasks";

pub(super) fn task(queue: &QueueKey, task: Task) -> Value {
    let mut value = json!({
        "kind": "taskqueues#task",
        "id": task.name,
        "queueName": queue.name,
        "enqueueTimestamp": task.enqueued_at.0.to_string(),
        "leaseTimestamp": task.lease_at.0.to_string(),
        "retry_count": task.leases,
    });
    if let Some(payload) = &task.payload {
        value["payloadBase64"] = json!(base64(payload));
    }
    if !task.tag.is_empty() {
        value["tag"] = json!(task.tag);
    }
    value
}

/// There are always `items`, if only none.
pub(super) fn tasks(kind: &str, queue: &QueueKey, tasks: Vec<Task>) -> Value {
    let items: Vec<Value> = tasks.into_iter().map(|found| task(queue, found)).collect();
    json!({ "kind": kind, "items": items })
}

pub(super) fn queue(queue: &QueueKey, settings: &Settings, stats: Option<Stats>) -> Value {
    let acl = &settings.acl;
    let mut value = json!({
        "kind": "taskqueues#taskqueue",
        "id": queue.name,
        "maxLeases": settings.max_leases,
        "acl": { "adminEmails": acl.admins, "consumerEmails": acl.consumers, "producerEmails": acl.producers },
    });
    if let Some(stats) = stats {
        value["stats"] = json!({
            "totalTasks": i32::try_from(stats.tasks).unwrap_or(i32::MAX),
            "oldestTask": stats.oldest.map_or(0, |oldest| oldest.0 / 1_000_000).to_string(),
            "leasedLastMinute": stats.leased_last_minute.to_string(),
            "leasedLastHour": stats.leased_last_hour.to_string(),
        });
    }
    value
}
