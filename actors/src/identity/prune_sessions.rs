//! The recurring job that forgets sessions, tickets and keys whose time is over, and accounts that somebody asked
//! for and nobody made theirs.

use std::time::Duration;

use entity::clock::{Timestamp, micros};
use entity::identity::oauth::code;
use entity::identity::{session, signing_key, ticket, user};
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::keyring;
use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// For so long a ticket is kept after its end: how many letters somebody got is counted from them.
const KEPT: Duration = Duration::from_secs(24 * 3600);

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
            let now = write.now;
            let over = session::Entity::delete_many().filter(session::Column::ExpiresAt.lt(now));
            over.exec(write.tx()).await?;
            let over = ticket::Entity::delete_many().filter(ticket::Column::ExpiresAt.lt(before(now, KEPT)));
            over.exec(write.tx()).await?;
            let over = code::Entity::delete_many().filter(code::Column::ExpiresAt.lt(before(now, KEPT)));
            over.exec(write.tx()).await?;
            let over = signing_key::Entity::delete_many()
                .filter(signing_key::Column::RetiredAt.lt(before(now, keyring::RETIRED_FOR)));
            over.exec(write.tx()).await?;
            user::forget_unclaimed(write.tx(), before(now, UNCLAIMED)).await
        })
    }
}

fn before(now: Timestamp, span: Duration) -> Timestamp {
    Timestamp(now.0 - micros(span))
}

/// An account that nobody has made theirs is kept for so long.
const UNCLAIMED: Duration = Duration::from_secs(30 * 24 * 3600);
