//! Effects: what a job's body wants changed, as data. They happen in the transaction that settles the job, or not at all.

use std::fmt;
use std::sync::Arc;

use entity::job::queue::NewJob;
use futures_util::future::BoxFuture;
use sea_orm::DbErr;

use crate::write::Write;

/// One change. It may be applied more than once when a batch is repeated, so it must not consume itself.
pub trait Effect: fmt::Debug + Send + Sync {
    /// Makes the change. Its unique keys derive from the job or what the job is about, never from the attempt.
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>>;

    /// The run that it ends, if it does: what it changes besides is locked before, in one order with what others change.
    fn run(&self) -> Option<i64> {
        None
    }
}

/// The changes of one job, in their order.
#[derive(Clone, Debug, Default)]
pub struct Effects(Vec<Arc<dyn Effect>>);

impl Effects {
    /// No change.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One more change.
    #[must_use]
    pub fn and(mut self, effect: impl Effect + 'static) -> Self {
        self.0.push(Arc::new(effect));
        self
    }

    /// The runs that they end.
    pub(crate) fn runs(&self) -> impl Iterator<Item = i64> + '_ {
        self.0.iter().filter_map(|effect| effect.run())
    }

    pub(crate) async fn apply(&self, write: &mut Write) -> Result<(), DbErr> {
        for effect in &self.0 {
            effect.apply(write).await?;
        }
        Ok(())
    }
}

/// Enqueues a follow-up job.
#[derive(Clone, Debug)]
pub struct Enqueue(pub NewJob);

impl Effect for Enqueue {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move { write.enqueue(self.0.clone()).await.map(drop) })
    }
}
