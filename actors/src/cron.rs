//! Cron: owns the timetable of recurring jobs, and takes back the leases of holders that are gone.
//!
//! Two processes make one job: who moves an entry's last tick enqueues, in the same transaction. A tick that was missed because
//! nobody was there runs once.

mod steady;

use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use chrono_tz::Tz;
use croner::Cron as Pattern;
use entity::clock::{Timestamp, read_database_clock};
use entity::job::lease::Rescue;
use entity::job::queue::NewJob;
use sea_orm::DbErr;

use crate::deps::Deps;
use crate::guardian::{Ping, Visit};
use crate::runner::boottime;
use crate::write::Write;
use crate::{kinds, runner};
use steady::Steadiness;

const TICK: Duration = Duration::from_secs(1);

/// An entry of the timetable: a name that stays, when it is due by the clocks of a time zone (five fields), and what to enqueue. A
/// time that those clocks skip in spring is due at the next that they show; one that they show twice in autumn is due once.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub name: &'static str,
    pub pattern: &'static str,
    pub zone: Tz,
    pub job: fn() -> NewJob,
}

impl Entry {
    /// One that is due by the clocks of UTC.
    #[must_use]
    pub const fn utc(name: &'static str, pattern: &'static str, job: fn() -> NewJob) -> Self {
        Self { name, pattern, zone: Tz::UTC, job }
    }
}

/// The actor that owns the timetable.
#[derive(Debug)]
pub struct Cron {
    deps: Deps,
    lease: Duration,
    ticking: bool,
    steadiness: Steadiness,
}

impl Cron {
    /// One that waits for as long as a lease after the clock has stepped.
    #[must_use]
    pub fn new(deps: Deps, lease: Duration) -> Self {
        Self { deps, lease, ticking: false, steadiness: Steadiness::default() }
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        if self.ticking {
            return;
        }
        self.ticking = true;
        let (deps, lease, mut steadiness) = (self.deps.clone(), self.lease, self.steadiness);
        let tick = self.deps.runtime.spawn(async move {
            if let Err(error) = tick(&deps, lease, &mut steadiness).await {
                tracing::warn!(error = %error, "cannot look after recurring jobs and leases; trying again in a second");
            }
            steadiness
        });
        ctx.spawn(tick.into_actor(self).map(|ended, cron, _| {
            cron.ticking = false;
            cron.steadiness = ended.unwrap_or_default();
        }));
    }
}

async fn tick(deps: &Deps, lease: Duration, steadiness: &mut Steadiness) -> Result<(), DbErr> {
    let shown = read_database_clock(deps.db.read()).await?;
    let first = steadiness.is_new();
    let step = steadiness.look(shown, boottime());
    if let Some(step) = step {
        tracing::warn!(
            microseconds = step,
            "the database's clock has stepped; no lease is taken away until holders had time to renew"
        );
    }
    if first || step.is_some_and(|step| step < 0) {
        after_step_back(deps, !first).await?;
    }
    let rescued = match steadiness.for_at_least(lease, boottime()) {
        true => runner::rescue::rescue(deps, &Rescue::Expired).await,
        false => Ok(()),
    };
    for entry in kinds::TIMETABLE {
        enqueue_if_due(deps, entry).await?;
    }
    rescued
}

/// Lets nobody wait for a time that the clock showed before it was set back.
async fn after_step_back(deps: &Deps, retries: bool) -> Result<(), DbErr> {
    let write = Write::begin(deps).await?;
    let jobs = entity::job::step::after_step_back(write.tx(), retries).await?;
    if jobs > 0 {
        tracing::warn!(jobs, "jobs that waited for a time of a clock which was set back wait for it no longer");
    }
    write.commit().await
}

async fn enqueue_if_due(deps: &Deps, entry: &Entry) -> Result<(), DbErr> {
    let Some(tick) = last_tick(entry.pattern, entry.zone, deps.clock.now()) else {
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
fn last_tick(pattern: &str, zone: Tz, now: Timestamp) -> Option<Timestamp> {
    let pattern: Pattern = pattern.parse().ok()?;
    let now = now.to_utc()?.with_timezone(&zone);
    pattern.find_previous_occurrence(&now, true).ok().map(|tick| Timestamp::from(tick.to_utc()))
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
    use super::{Timestamp, Tz, last_tick};
    use crate::kinds::TIMETABLE;

    #[test]
    fn the_timetable_can_be_read() {
        for entry in TIMETABLE {
            assert!(last_tick(entry.pattern, entry.zone, Timestamp(1_800_000_000_000_000)).is_some(), "{}", entry.name);
        }
    }

    #[test]
    fn the_last_tick_is_not_in_the_future() {
        let noon = Timestamp(1_800_014_400_000_000);
        assert_eq!(last_tick("0 * * * *", Tz::UTC, noon), Some(noon));
        assert_eq!(last_tick("0 * * * *", Tz::UTC, Timestamp(noon.0 + 1)), Some(noon));
        assert_eq!(last_tick("0 * * * *", Tz::UTC, Timestamp(noon.0 - 1)), Some(Timestamp(noon.0 - 3_600_000_000)));
    }

    /// The instant that a calendar in UTC shows like this.
    fn utc(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<chrono::DateTime<chrono::Utc>>().expect("a time"))
    }

    #[test]
    fn a_zone_has_its_own_midnight_in_summer_and_in_winter() {
        let zone = Tz::Europe__Berlin;
        let cases = [
            ("0 0 * * *", "2026-07-01T21:59:59Z", "2026-06-30T22:00:00Z"),
            ("0 0 * * *", "2026-07-01T22:00:00Z", "2026-07-01T22:00:00Z"),
            ("0 0 * * *", "2026-12-01T22:59:59Z", "2026-11-30T23:00:00Z"),
            // In autumn the clocks show half past two twice: it is due the first time, and not again an hour later.
            ("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
            ("30 2 * * *", "2026-10-25T12:00:00Z", "2026-10-25T00:30:00Z"),
        ];
        for (pattern, now, tick) in cases {
            assert_eq!(last_tick(pattern, zone, utc(now)), Some(utc(tick)), "{pattern} at {now}");
        }
        // In spring they skip it: it is due on that day all the same, once.
        let morning = last_tick("30 2 * * *", zone, utc("2026-03-29T12:00:00Z"));
        assert!(morning >= Some(utc("2026-03-29T00:30:00Z")), "{morning:?}");
    }
}
