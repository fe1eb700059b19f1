//! When loaders load: in rounds. A round begins when the query can go on by nothing else, and ends when all of it is there.
//!
//! So whatever a level of a query asks for goes into one statement of each kind, and how many statements a query costs depends on
//! its shape alone: not on the number of rows, nor on which thread was faster.

use std::any::TypeId;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use async_graphql::{ObjectType, Request as Operation, Response, Schema, SubscriptionType};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, FuturesUnordered};
use tokio::task::coop::unconstrained;

use super::ahead::Found;
use super::context::Request;

/// The batches of the next round.
#[derive(Clone, Default)]
pub struct Waiting(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl Waiting {
    /// Leaves a batch for the next round.
    pub fn push(&self, batch: BoxFuture<'static, ()>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Executes a query or a mutation.
pub async fn execute<E: Future<Output = Response>>(
    operation: Operation,
    execute: impl FnOnce(Operation) -> E,
) -> Response {
    let request = request(&operation);
    let execution = pin!(execute(operation));
    match request {
        Some((waiting, _)) => in_rounds(&waiting, execution).await,
        None => execution.await,
    }
}

/// Executes anything, also what answers more than once. What was read for one answer is not kept for the next.
pub fn execute_stream<Q, M, S>(schema: &Schema<Q, M, S>, operation: Operation) -> BoxStream<'static, Response>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let request = request(&operation);
    let answers = schema.execute_stream(operation).boxed();
    let Some((waiting, found)) = request else { return answers };
    let next = |(mut answers, waiting, found): (BoxStream<'static, Response>, Waiting, Found)| async move {
        let answer = in_rounds(&waiting, pin!(answers.next())).await?;
        found.forget();
        Some((answer, (answers, waiting, found)))
    };
    stream::unfold((answers, waiting, found), next).boxed()
}

/// What the request of an operation waits for and has found. None of one that came through no door.
fn request(operation: &Operation) -> Option<(Waiting, Found)> {
    let request = operation.data.get(&TypeId::of::<Request>())?.downcast_ref::<Request>()?;
    Some((request.waiting.clone(), request.ahead.found.clone()))
}

async fn in_rounds<T>(waiting: &Waiting, execution: Pin<&mut impl Future<Output = T>>) -> T {
    // Not cut short by the runtime's budget either: that would cut a round in two.
    let mut execution = pin!(unconstrained(execution));
    let mut round = FuturesUnordered::new();
    poll_fn(|cx| {
        loop {
            let again = Arc::new(Again { wanted: AtomicBool::new(false), outer: cx.waker().clone() });
            let done = execution.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&again))));
            if done.is_ready() {
                return done;
            }
            if again.wanted.load(Ordering::Acquire) {
                // A list pauses after some of its entries; the others have not asked yet.
                continue;
            }
            if round.is_empty() {
                round.extend(waiting.take());
            }
            if round.is_empty() {
                return Poll::Pending;
            }
            while let Poll::Ready(Some(())) = round.poll_next_unpin(cx) {}
            if !round.is_empty() {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// Notes that an execution wants to go on by itself.
struct Again {
    wanted: AtomicBool,
    outer: Waker,
}

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        self.wanted.store(true, Ordering::Release);
        self.outer.wake_by_ref();
    }
}
