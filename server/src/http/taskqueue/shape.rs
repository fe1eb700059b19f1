//! The form of an answer: which fields of it, and whether they are spread over lines. Much of it is written while it is read.

use std::fmt::Write as _;
use std::sync::Arc;

use actors::problem::Fault;
use actors::taskqueue::lease::Leased;
use entity::taskqueue::QueueKey;
use entity::taskqueue::task::Task;
use poem::http::header::CACHE_CONTROL;
use poem::{Body, Response};
use serde_json::Value;

use super::super::Shared;
use super::super::broken::break_off;
use super::mask::Mask;
use super::refusal::Refusal;
use super::resource;

/// Bytes of a task that are not its payload, about.
const REST: usize = 1 << 10;

/// What a client wants to see of an answer, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub mask: Mask,
    pub pretty: bool,
}

impl Shape {
    pub fn response(&self, value: Value) -> Response {
        response(self.text(&self.mask.apply(value)))
    }

    /// The answer to a lease. Tasks that are more than one piece are fetched while the client reads: it holds one piece in memory, not all.
    pub async fn leased(self, shared: &Arc<Shared>, queue: QueueKey, mut leased: Leased) -> Result<Response, Refusal> {
        let wanted = self.mask.of("items");
        if leased.pieces() > 1
            && let Some(mask) = wanted
        {
            return Ok(response(self.stream(Arc::clone(shared), queue, leased, mask)));
        }
        let tasks = leased.next(&shared.deps, &queue).await.map_err(Refusal::fault)?;
        Ok(self.response(resource::tasks(resource::LEASED, &queue, tasks.unwrap_or_default())))
    }

    fn stream(self, shared: Arc<Shared>, queue: QueueKey, mut leased: Leased, mask: Mask) -> Body {
        let empty = self.text(&self.mask.apply(resource::tasks(resource::LEASED, &queue, Vec::new())));
        let (begin, end) = empty.split_once(']').unwrap_or((&empty, ""));
        let (begin, end) = (begin.to_owned(), format!("{}]{end}", if self.pretty { "\n  " } else { "" }));
        Body::from_bytes_stream::<_, _, std::io::Error>(async_stream::try_stream! {
            let mut before = begin;
            while let Some(tasks) = leased.next(&shared.deps, &queue).await.map_err(broken)? {
                for task in tasks {
                    yield self.item(before, &queue, task, &mask);
                    before = ",".to_owned();
                }
            }
            yield if before == "," { end } else { before + &end };
        })
    }

    /// A task of a list, with what goes before it.
    fn item(&self, mut before: String, queue: &QueueKey, task: Task, mask: &Mask) -> String {
        let value = mask.apply(resource::task(queue, task));
        if self.pretty {
            // A text of JSON has no line breaks but those between its parts.
            return before + "\n    " + &format!("{value:#}").replace('\n', "\n    ");
        }
        // A text that grows takes up to twice its room.
        before.reserve(value["payloadBase64"].as_str().map_or(0, str::len) + REST);
        let _ = write!(before, "{value}");
        before
    }

    fn text(&self, value: &Value) -> String {
        if self.pretty { format!("{value:#}") } else { value.to_string() }
    }
}

fn response(body: impl Into<Body>) -> Response {
    Response::builder().content_type("application/json; charset=UTF-8").header(CACHE_CONTROL, "no-store").body(body)
}

/// The answer has begun, so nothing can be said any more: it breaks off, and the client sees that it did.
fn broken(fault: Fault) -> std::io::Error {
    break_off();
    std::io::Error::other(crate::graphql::error::fault(fault).message)
}
