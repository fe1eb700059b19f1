//! Cron: owns the timetable of recurring jobs, and takes back the leases of holders that are gone.
//!
//! Two processes make one job: who moves an entry's last tick enqueues, in the same transaction. A tick that was missed because
//! nobody was there runs once.

use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use chrono::Utc;
use croner::Cron as Pattern;
use entity::clock::Timestamp;
use entity::job::lease::Rescue;
use entity::job::queue::NewJob;
use sea_orm::DbErr;

use crate::deps::Deps;
use crate::guardian::{Ping, Visit};
use crate::write::Write;
use crate::{kinds, runner};

const TICK: Duration = Duration::from_secs(1);

/// An entry of the timetable: a name that stays, when it is due (five fields, in UTC), and what to enqueue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub name: &'static str,
    pub pattern: &'static str,
    pub job: fn() -> NewJob,
}

/// The actor that owns the timetable.
#[derive(Debug)]
pub struct Cron {
    deps: Deps,
    ticking: bool,
}

impl Cron {
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        Self { deps, ticking: false }
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        if self.ticking {
            return;
        }
        self.ticking = true;
        let deps = self.deps.clone();
        let tick = self.deps.runtime.spawn(async move {
            if let Err(error) = tick(&deps).await {
                tracing::warn!(error = %error, "cannot look after recurring jobs and leases; trying again in a second");
            }
        });
        ctx.spawn(tick.into_actor(self).map(|_, cron, _| cron.ticking = false));
    }
}

async fn tick(deps: &Deps) -> Result<(), DbErr> {
    let rescued = runner::rescue::rescue(deps, &Rescue::Expired).await;
    for entry in kinds::TIMETABLE {
        enqueue_if_due(deps, entry).await?;
    }
    rescued
}

async fn enqueue_if_due(deps: &Deps, entry: &Entry) -> Result<(), DbErr> {
    let Some(tick) = last_tick(entry.pattern, deps.clock.now()) else {
        tracing::error!(entry = entry.name, pattern = entry.pattern, "an entry of the timetable cannot be read");
        return Ok(());
    };
    let mut write = Write::begin(deps).await?;
    if entity::job::cron::take(write.tx(), entry.name, tick).await? {
        write.enqueue((entry.job)()).await?;
    }
    write.commit().await
}

/// The last time that the pattern was due, at that time or before.
fn last_tick(pattern: &str, now: Timestamp) -> Option<Timestamp> {
    let pattern: Pattern = pattern.parse().ok()?;
    let now: chrono::DateTime<Utc> = now.to_utc()?;
    pattern.find_previous_occurrence(&now, true).ok().map(Timestamp::from)
}

impl Actor for Cron {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(TICK, Self::tick);
    }
}

impl Handler<Ping> for Cron {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}

impl Handler<Visit> for Cron {
    type Result = ();

    fn handle(&mut self, Visit(look): Visit, _: &mut Context<Self>) {
        look();
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, last_tick};
    use crate::kinds::TIMETABLE;

    #[test]
    fn the_timetable_can_be_read() {
        for entry in TIMETABLE {
            assert!(last_tick(entry.pattern, Timestamp(1_800_000_000_000_000)).is_some(), "{}", entry.name);
        }
    }

    #[test]
    fn the_last_tick_is_not_in_the_future() {
        let noon = Timestamp(1_800_014_400_000_000);
        assert_eq!(last_tick("0 * * * *", noon), Some(noon));
        assert_eq!(last_tick("0 * * * *", Timestamp(noon.0 + 1)), Some(noon));
        assert_eq!(last_tick("0 * * * *", Timestamp(noon.0 - 1)), Some(Timestamp(noon.0 - 3_600_000_000)));
    }
}
