//! Deadlines: pure rules about when work is on time, late, or too late.
//!
//! A deadline is wall time in a zone, and the instant that it was resolved to when it was written. Days are days of that wall's calendar: one of
//! them has 23 hours where clocks are set forward, one has 25 where they are set back.

use chrono::{Datelike as _, Days, LocalResult, NaiveDateTime, TimeDelta, TimeZone as _, Timelike as _};
use chrono_tz::Tz;

use crate::clock::Timestamp;

/// The deadlines that hold for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// On time until then, the instant itself included.
    pub due_at: Timestamp,
    /// Taken until then; none: there is no end.
    pub lock_at: Option<Timestamp>,
    /// Whether there is more time than others have.
    pub extended: bool,
    /// How much later than due is still on time, in microseconds.
    pub grace: i64,
}

impl Deadline {
    /// What holds where the assignment says this, and somebody has time until then by an extension. More time is never less: an extension that
    /// ends before the deadline changes nothing; one that ends after the lock moves that, too.
    #[must_use]
    pub fn new(due_at: Timestamp, lock_at: Option<Timestamp>, extension: Option<Timestamp>) -> Self {
        let Some(until) = extension.filter(|until| *until > due_at) else {
            return Self { due_at, lock_at, extended: false, grace: 0 };
        };
        Self { due_at: until, lock_at: lock_at.map(|lock| lock.max(until)), extended: true, grace: 0 }
    }

    /// The same, where so many microseconds later than due are still on time, and so long is taken as well.
    #[must_use]
    pub fn forgiving(self, grace: i64) -> Self {
        let until = Timestamp(self.due_at.0.saturating_add(grace));
        Self { grace, lock_at: self.lock_at.map(|lock| lock.max(until)), ..self }
    }

    /// Whether what came then is late.
    #[must_use]
    pub fn is_late(&self, at: Timestamp) -> bool {
        at.0 > self.due_at.0.saturating_add(self.grace)
    }

    /// Whether what came then is not taken for handed in any more.
    #[must_use]
    pub fn is_locked(&self, at: Timestamp) -> bool {
        self.lock_at.is_some_and(|lock| at > lock)
    }

    /// By how many microseconds what came then is late: after the deadline, or none.
    #[must_use]
    pub fn lateness(&self, at: Timestamp) -> i64 {
        if self.is_late(at) { at.0.saturating_sub(self.due_at.0) } else { 0 }
    }
}

/// The instant at which the clock on that wall shows this: of an hour that there is twice, the earlier; of one that there is not, when the clock
/// jumps over it.
#[must_use]
pub fn resolve(zone: Tz, local: NaiveDateTime) -> Option<Timestamp> {
    // No zone jumps by more than a day.
    let after_the_jump = || {
        let mut near = local;
        for _ in 0..(26 * 60) {
            near = near.checked_add_signed(TimeDelta::minutes(1))?;
            if let LocalResult::Single(found) | LocalResult::Ambiguous(found, _) = zone.from_local_datetime(&near) {
                let whole = near.and_utc().timestamp().rem_euclid(60);
                return Some(found.to_utc() - TimeDelta::seconds(whole));
            }
        }
        None
    };
    let found = zone.from_local_datetime(&local).earliest().map(|local| local.to_utc());
    found.or_else(after_the_jump).map(Timestamp::from)
}

/// What the clock on that wall shows at an instant.
#[must_use]
pub fn local(zone: Tz, at: Timestamp) -> Option<NaiveDateTime> {
    at.to_utc().map(|at| at.with_timezone(&zone).naive_local())
}

/// Whether that wall ever shows this: where clocks are set forward, they jump over an hour.
#[must_use]
pub fn is_shown(zone: Tz, local: NaiveDateTime) -> bool {
    zone.from_local_datetime(&local).earliest().is_some()
}

/// Whether clients can read it: of a year with four digits, since there are clocks in them.
#[must_use]
pub fn is_told(local: &NaiveDateTime) -> bool {
    (1970..=9999).contains(&local.year())
}

/// Reads a time of the wall as people write it, to the second: `2027-01-15T23:59:00`, also with a blank before the time.
#[must_use]
pub fn read(text: &str) -> Option<NaiveDateTime> {
    let wall: NaiveDateTime = text.trim().replace(' ', "T").parse().ok()?;
    wall.with_nanosecond(0)
}

/// A time of the wall as it is stored and told: `2027-01-15T23:59:00`.
#[must_use]
pub fn written(local: NaiveDateTime) -> String {
    local.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The same time of the clock, so many days later.
#[must_use]
pub fn days_later(zone: Tz, at: Timestamp, days: u32) -> Option<Timestamp> {
    resolve(zone, local(zone, at)?.checked_add_days(Days::new(days.into()))?)
}

/// How many days something came after a deadline, each begun day as a whole one; 0 when it did not. The second day begins a calendar day after
/// the deadline, when the clock on the wall shows the same time again.
#[must_use]
pub fn days_late(zone: Tz, due: Timestamp, at: Timestamp) -> u32 {
    if at <= due {
        return 0;
    }
    // A day has at least 20 hours and at most 28 in any zone that there ever was, but for a jump over the date line.
    let most = u32::try_from((at.0 - due.0) / (20 * 3_600_000_000) + 2).unwrap_or(u32::MAX);
    let (mut below, mut enough) = (0, most);
    while below + 1 < enough {
        let middle = below + (enough - below) / 2;
        match days_later(zone, due, middle) {
            Some(end) if at > end => below = middle,
            _ => enough = middle,
        }
    }
    enough
}

#[cfg(test)]
mod tests;
