//! Queues of tasks for programs of others: the operations behind the Task Queue door, their rules and limits.
//!
//! Every operation is one transaction on the tables of its own, and asks the database what time it is. No job lane is touched; the
//! recurring job here only throws away what is too old.

pub mod caller;
pub mod delete;
pub mod hold;
pub mod insert;
pub mod lease;
pub mod look;
pub mod prune_tasks;
pub mod revive;
pub mod set;

use entity::taskqueue::QueueKey;

use crate::job::JobKind;
use crate::problem::Problem;

/// The kinds of this noun.
pub const KINDS: &[JobKind] = &[JobKind::of::<prune_tasks::PruneTasks>()];

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskCode {
    /// A number beside the task is out of its range, or does not go with another; the path names it.
    Parameter,
    /// Something about the task is wrong.
    Invalid,
    /// There is no such task.
    NotFound,
    /// The name is in use, or was lately.
    Duplicate,
    /// The caller may not do that with this queue.
    Forbidden,
}

/// What operations refuse with.
pub type TaskProblem = Problem<TaskCode>;

/// A range in which something has to be.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub name: &'static str,
    pub least: i64,
    pub most: i64,
}

/// Tasks in one lease.
pub const NUM_TASKS: Limit = Limit { name: "numTasks", least: 1, most: 1000 };
/// Seconds of a new lease.
pub const LEASE_SECS: Limit = Limit { name: "leaseSecs", least: 0, most: WEEK };
/// Seconds of a lease that is changed.
pub const NEW_LEASE_SECONDS: Limit = Limit { name: "newLeaseSeconds", least: 0, most: WEEK };
/// Bytes of a payload.
pub const PAYLOAD: Limit = Limit { name: "payloadBase64", least: 0, most: 1 << 20 };
/// Characters of a task's name.
pub const TASK_NAME: Limit = Limit { name: "id", least: 1, most: 500 };
/// Characters of a tag; one of none is no tag.
pub const TAG: Limit = Limit { name: "tag", least: 0, most: 500 };
/// Characters of a queue's name.
pub const QUEUE_NAME: Limit = Limit { name: "taskqueue", least: 1, most: 100 };
/// Characters of a project's name.
pub const PROJECT_NAME: Limit = Limit { name: "project", least: 1, most: 100 };
/// Seconds for which a new task may have to wait.
pub const DELAY: Limit = Limit { name: "leaseTimestamp", least: 0, most: 30 * 24 * 3600 };
/// Leases after which a task is dropped; 0 is never.
pub const MAX_LEASES: Limit = Limit { name: "maxLeases", least: 0, most: 1_000_000 };

const WEEK: i64 = 7 * 24 * 3600;

impl Limit {
    /// The value, if it is in the range.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(self, value: i64) -> Result<u64, TaskProblem> {
        let inside = (self.least..=self.most).contains(&value);
        u64::try_from(value).ok().filter(|_| inside).ok_or_else(|| {
            let Self { name, least, most } = self;
            Problem::refused_at(
                TaskCode::Parameter,
                format!("{name} is {value}; it must be {least} to {most}."),
                &[name],
            )
        })
    }

    fn holds(self, many: usize) -> bool {
        i64::try_from(many).is_ok_and(|many| (self.least..=self.most).contains(&many))
    }
}

/// The queue that a project and a name mean. One letter and a tilde before a project say where it is hosted, and are no part of its name.
///
/// # Errors
/// When these are no names.
pub fn queue_key(project: &str, queue: &str) -> Result<QueueKey, TaskProblem> {
    let project = bare_project(project);
    let in_project = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let in_queue = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let named = |limit: Limit, text: &str, may: &dyn Fn(char) -> bool, letters: &str| {
        if limit.holds(text.len()) && text.chars().all(may) {
            return Ok(text.to_owned());
        }
        let Limit { name, most, .. } = limit;
        let message = format!("`{text}` is no name of a {name}; those have 1 to {most} letters, digits and {letters}.");
        Err(Problem::refused_at(TaskCode::Parameter, message, &[name]))
    };
    Ok(QueueKey {
        project: named(PROJECT_NAME, project, &in_project, "any of - _ . :")?,
        name: named(QUEUE_NAME, queue, &in_queue, "-")?,
    })
}

/// A project's name without the place where it is hosted.
#[must_use]
pub fn bare_project(project: &str) -> &str {
    match project.split_once('~') {
        Some((place, rest)) if place.len() == 1 && place.starts_with(|c: char| c.is_ascii_alphabetic()) => rest,
        _ => project,
    }
}

/// Whether a task can be called so.
#[must_use]
pub fn is_task_name(name: &str) -> bool {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    // There, tasks are leased.
    TASK_NAME.holds(name.len()) && letters && name != "lease"
}

/// Whether a task can have that tag, which may be none. PostgreSQL keeps no U+0000.
fn is_tag(tag: &str) -> bool {
    TAG.holds(tag.chars().count()) && !tag.contains('\0')
}

fn no_such_task(name: &str) -> TaskProblem {
    Problem::refused(TaskCode::NotFound, format!("The queue has no task `{name}`."))
}

#[cfg(test)]
mod tests {
    use super::{NUM_TASKS, is_task_name, queue_key};

    #[test]
    fn names_of_queues() {
        let key = |project: &str, queue: &str| queue_key(project, queue).ok().map(|key| (key.project, key.name));
        let demo = Some(("demo".to_owned(), "q-1".to_owned()));
        assert_eq!(key("demo", "q-1"), demo);
        assert_eq!(key("b~demo", "q-1"), demo);
        assert_eq!(key("example.org:demo", "q").map(|key| key.0).as_deref(), Some("example.org:demo"));
        for (project, queue) in
            [("", "q"), ("bb~demo", "q"), ("b~", "q"), ("1~demo", "q"), ("demo", ""), ("demo", "a_b")]
        {
            assert_eq!(key(project, queue), None, "{project} {queue}");
        }
        assert!(key("demo", &"q".repeat(100)).is_some() && key("demo", &"q".repeat(101)).is_none());
    }

    #[test]
    fn names_of_tasks() {
        assert!(is_task_name("a_B-9") && is_task_name(&"x".repeat(500)));
        for name in ["", "lease", "a b", "a/b", "\u{e9}", &"x".repeat(501)] {
            assert!(!is_task_name(name), "{name}");
        }
    }

    #[test]
    fn the_ends_of_a_range_are_in_it() {
        assert!(NUM_TASKS.check(1).is_ok() && NUM_TASKS.check(1000).is_ok());
        assert!(NUM_TASKS.check(0).is_err() && NUM_TASKS.check(1001).is_err() && NUM_TASKS.check(-1).is_err());
    }
}
