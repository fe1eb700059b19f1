//! The recurring job that forgets sign-ins whose time is over.

use entity::identity::session;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// Forget them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct PruneSessions;

impl Job for PruneSessions {
    const KIND: &'static str = "identity.prune_sessions";
    const LANE: &'static str = lanes::HOUSEKEEPING;
    const POLICY: Policy = Policy::TIDYING;

    fn key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }

    async fn run(self, _: Work) -> Result<Effects, BodyFault> {
        Ok(Effects::none().and(self))
    }
}

impl Effect for PruneSessions {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            let over = session::Entity::delete_many().filter(session::Column::ExpiresAt.lt(write.now));
            over.exec(write.tx()).await.map(drop)
        })
    }
}
