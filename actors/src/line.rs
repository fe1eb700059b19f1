//! How an actor is reached: a line that stays when the actor behind it is replaced.
//!
//! An actor's address dies with the actor, so nobody keeps one. The guardian plugs each new actor into the same line.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Message};

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A line to an actor of type `A`.
pub struct Line<A: Actor> {
    cell: Arc<RwLock<Option<Addr<A>>>>,
}

impl<A: Actor> Clone for Line<A> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell) }
    }
}

impl<A: Actor> Default for Line<A> {
    fn default() -> Self {
        Self { cell: Arc::new(RwLock::new(None)) }
    }
}

impl<A: Actor> fmt::Debug for Line<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({})", std::any::type_name::<A>())
    }
}

/// Nobody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// There is no actor behind the line, or it ended over the question.
    #[error("nobody is at the other end")]
    Gone,
    /// The actor did not answer in time.
    #[error("no answer in time")]
    Late,
}

impl<A: Actor> Line<A> {
    /// Puts an actor behind the line.
    pub fn plug(&self, addr: Addr<A>) {
        *self.cell.write().unwrap_or_else(PoisonError::into_inner) = Some(addr);
    }

    /// Whether it is that actor that is behind the line.
    #[must_use]
    pub fn leads_to(&self, addr: &Addr<A>) -> bool {
        self.addr().as_ref() == Some(addr)
    }

    fn addr(&self) -> Option<Addr<A>> {
        self.cell.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Nudges the actor. A full mailbox means that it is busy with the same already, so the nudge is dropped.
    pub fn tell<M>(&self, message: M)
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        if let Some(addr) = self.addr() {
            let _ = addr.try_send(message);
        }
    }

    /// Asks the actor; waits at most five seconds.
    ///
    /// # Errors
    /// When nobody answers in time.
    pub async fn ask<M>(&self, message: M) -> Result<M::Result, NoAnswer>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.ask_within(message, PATIENCE).await
    }

    /// Asks the actor; waits at most that long.
    ///
    /// # Errors
    /// When nobody answers in time.
    pub async fn ask_within<M>(&self, message: M, patience: Duration) -> Result<M::Result, NoAnswer>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        let addr = self.addr().ok_or(NoAnswer::Gone)?;
        match tokio::time::timeout(patience, addr.send(message)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(NoAnswer::Gone),
            Err(_) => Err(NoAnswer::Late),
        }
    }
}
