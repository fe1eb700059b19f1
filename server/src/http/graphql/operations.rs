//! The operations of one socket. They run in the socket's own task, and only as fast as their answers leave: an operation is no task
//! and has no queue, so thousands of sockets that wait for news cost little.

use std::future::poll_fn;
use std::task::{Context, Poll};

use async_graphql::Response as Answer;
use futures_util::stream::BoxStream;

use super::answer::is_refused;
use super::message::{FromServer, text};

/// The operations, each with the id that the client gave it.
#[derive(Default)]
pub(super) struct Operations {
    running: Vec<Operation>,
    /// Whose turn it is, so that one that has much to say does not keep the others waiting.
    turn: usize,
}

struct Operation {
    id: String,
    answers: BoxStream<'static, Answer>,
    /// Whether it is a subscription.
    follows: bool,
    /// Whether nothing was answered yet.
    first: bool,
}

impl Operations {
    pub fn len(&self) -> usize {
        self.running.len()
    }

    pub fn has(&self, id: &str) -> bool {
        self.running.iter().any(|operation| operation.id == id)
    }

    pub fn start(&mut self, id: String, answers: BoxStream<'static, Answer>, follows: bool) {
        self.running.push(Operation { id, answers, follows, first: true });
    }

    /// Ends an operation without a word, if it still runs.
    pub fn stop(&mut self, id: &str) {
        self.running.retain(|operation| operation.id != id);
    }

    /// Waits for the next message to be sent; for ever, while nothing runs.
    pub async fn next(&mut self) -> String {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<String> {
        let count = self.running.len();
        for step in 0..count {
            let place = (self.turn + step) % count;
            let Some(operation) = self.running.get_mut(place) else { continue };
            let Poll::Ready(answer) = operation.answers.as_mut().poll_next(cx) else { continue };
            let (message, over) = operation.message(answer);
            if over {
                self.running.swap_remove(place);
            }
            self.turn = place + 1;
            return Poll::Ready(message);
        }
        Poll::Pending
    }
}

impl Operation {
    /// The message for an answer, or for the end, and whether it is the last.
    fn message(&mut self, answer: Option<Answer>) -> (String, bool) {
        let id = &self.id;
        let Some(answer) = answer else { return (text(&FromServer::Complete { id }), true) };
        if std::mem::take(&mut self.first) && is_refusal(&answer, self.follows) {
            return (text(&FromServer::Error { id, payload: &answer.errors }), true);
        }
        (text(&FromServer::Next { id, payload: &answer }), false)
    }
}

/// Whether an operation could not be begun at all: a document that cannot be executed, or something that cannot be followed.
fn is_refusal(answer: &Answer, follows: bool) -> bool {
    let nothing = answer.data == async_graphql::Value::Null && !answer.errors.is_empty();
    (follows && nothing) || is_refused(answer)
}

#[cfg(test)]
mod tests {
    use async_graphql::{Response, Value};
    use futures_util::StreamExt as _;
    use futures_util::stream::{iter, pending};

    use super::Operations;

    #[tokio::test]
    async fn all_have_their_turn_and_each_its_end() {
        let mut operations = Operations::default();
        let answer = || Response::new(Value::from(1));
        operations.start("silent".to_owned(), pending().boxed(), true);
        operations.start("a".to_owned(), iter([answer(), answer()]).boxed(), true);
        operations.start("b".to_owned(), iter([answer(), answer()]).boxed(), true);
        assert!(operations.has("a") && operations.len() == 3);
        let mut ids = String::new();
        while operations.len() > 1 {
            let message = operations.next().await;
            let message: serde_json::Value = serde_json::from_str(&message).unwrap();
            let end = if message["type"] == "complete" { "." } else { "" };
            ids += &format!("{}{end} ", message["id"].as_str().unwrap());
        }
        assert_eq!(ids, "a b a b a. b. ");
        operations.stop("silent");
        assert_eq!(operations.len(), 0);
    }
}
