//! Inviting those who were put on a roster and have no account that is theirs yet: each gets a letter, as if somebody had invited them.

use std::time::Duration;

use entity::identity::ticket::Purpose;
use entity::identity::user;
use entity::job::queue::{Class, Repeat};
use futures_util::future::BoxFuture;
use sea_orm::{DbErr, EntityTrait};
use serde::{Deserialize, Serialize};

use super::tickets::{self, Seed};
use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// How many are invited by one job, in one transaction.
pub const AT_ONCE: usize = 50;

/// Invite these people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InviteMany {
    pub users: Vec<i64>,
}

impl Job for InviteMany {
    const KIND: &'static str = "identity.invite_many";
    const LANE: &'static str = lanes::MAIL;
    const POLICY: Policy = Policy {
        class: Class::Batch,
        max_failures: 5,
        backoff: Duration::from_secs(5),
        timeout: Duration::from_secs(60),
        repeat: Repeat::Keep,
    };

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        let seed = |_: &i64| Seed::new(&work.deps.site.keyring);
        let seeds = self.users.iter().map(seed).collect::<Result<Vec<_>, _>>();
        let seeds = seeds.map_err(|error| BodyFault::Retry(error.to_string()))?;
        Ok(Effects::none().and(Invited { users: self.users.into_iter().zip(seeds).collect() }))
    }
}

#[derive(Debug)]
struct Invited {
    users: Vec<(i64, Seed)>,
}

impl Effect for Invited {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            for (user, seed) in &self.users {
                let row = user::Entity::find_by_id(*user).one(write.tx()).await?;
                // Who has come meanwhile needs no invitation.
                if row.is_some_and(|user| user.verified_at.is_none() && user.disabled_at.is_none()) {
                    tickets::issue(write, *seed, *user, Purpose::Invite, None).await?;
                }
            }
            Ok(())
        })
    }
}
