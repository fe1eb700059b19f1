//! Paths: which project, which queue, and what of it.

use super::encoding::unescaped;
use super::refusal::Refusal;

/// Where the projects begin.
const BASE: &str = "/taskqueue/v1beta2/projects/";

/// What of a queue is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Queue,
    Tasks,
    /// The task of that name; `lease`, which is no name, is where tasks are leased.
    Task(String),
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub project: String,
    pub queue: String,
    pub target: Target,
}

/// Reads a path. It is split before it is decoded: a slash in a name is `%2F`.
pub(super) fn place(path: &str) -> Result<Place, Refusal> {
    let parts: Option<Vec<String>> = path.strip_prefix(BASE).and_then(|rest| rest.split('/').map(unescaped).collect());
    let parts = parts.unwrap_or_default();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (project, queue, target) = match parts[..] {
        [project, "taskqueues", queue] => (project, queue, Target::Queue),
        [project, "taskqueues", queue, "tasks"] => (project, queue, Target::Tasks),
        [project, "taskqueues", queue, "tasks", task] if !task.is_empty() => {
            (project, queue, Target::Task(task.to_owned()))
        }
        _ => {
            return Err(Refusal::not_found(
                "There is nothing of that path; it must be {project}/taskqueues/{taskqueue}, with /tasks or /tasks/{task} behind it.",
            ));
        }
    };
    Ok(Place { project: project.to_owned(), queue: queue.to_owned(), target })
}

#[cfg(test)]
mod tests {
    use super::{Target, place};

    #[test]
    fn paths_are_read() {
        let read = |path: &str| place(&format!("/taskqueue/v1beta2/projects/{path}")).ok();
        let found = read("b~a%3Ab/taskqueues/q/tasks/x%2Fy").expect("a place");
        assert_eq!((found.project.as_str(), found.queue.as_str()), ("b~a:b", "q"));
        assert_eq!(found.target, Target::Task("x/y".to_owned()));
        assert_eq!(read("p/taskqueues/q").map(|place| place.target), Some(Target::Queue));
        assert_eq!(read("p/taskqueues/q/tasks").map(|place| place.target), Some(Target::Tasks));
        for path in [
            "",
            "p",
            "p/taskqueues",
            "p/queues/q",
            "p/taskqueues/q/",
            "p/taskqueues/q/tasks/",
            "p/taskqueues/q/tasks/a/b",
            "p/taskqueues/%ff",
        ] {
            assert_eq!(read(path), None, "{path}");
        }
    }
}
