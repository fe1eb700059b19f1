//! Deadlines in every zone that there is, at every change of its clocks.

use chrono::{NaiveDate, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq, sample};

use super::{Deadline, days_late, days_later, local, resolve};
use crate::clock::Timestamp;

const HOUR: i64 = 3_600_000_000;

fn at(text: &str) -> Timestamp {
    Timestamp::from(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc())
}

fn wall(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

#[test]
fn an_extension_gives_time_and_never_takes_it() {
    let (due, lock) = (Timestamp(10), Some(Timestamp(20)));
    for (extension, expected) in [
        (None, (10, Some(20), false)),
        (Some(9), (10, Some(20), false)),
        (Some(10), (10, Some(20), false)),
        (Some(15), (15, Some(20), true)),
        (Some(30), (30, Some(30), true)),
    ] {
        let found = Deadline::new(due, lock, extension.map(Timestamp));
        assert_eq!((found.due_at.0, found.lock_at.map(|lock| lock.0), found.extended), expected, "{extension:?}");
    }
    let open = Deadline::new(due, None, Some(Timestamp(30)));
    assert!(!open.is_locked(Timestamp(i64::MAX)) && !open.is_late(Timestamp(30)) && open.is_late(Timestamp(31)));
    assert_eq!((open.lateness(Timestamp(29)), open.lateness(Timestamp(31))), (0, 1));
    let forgiving = open.forgiving(5);
    assert_eq!([30, 35, 36].map(|at| forgiving.lateness(Timestamp(at))), [0, 0, 6]);
    // What is on time is taken.
    let closes = Deadline::new(Timestamp(10), Some(Timestamp(10)), None).forgiving(5);
    assert_eq!([15, 16].map(|at| closes.is_locked(Timestamp(at))), [false, true]);
}

#[test]
fn hours_that_are_not_and_hours_that_are_twice() {
    let berlin: Tz = "Europe/Berlin".parse().unwrap();
    for (zone, shown, instant) in [
        ("Europe/Berlin", "2027-03-28T01:59:59", "2027-03-28T00:59:59Z"),
        // From 2 to 3 in the morning there is nothing; the clock jumps at 01:00 UTC.
        ("Europe/Berlin", "2027-03-28T02:30:00", "2027-03-28T01:00:00Z"),
        ("Europe/Berlin", "2027-10-31T02:30:00", "2027-10-31T00:30:00Z"),
        // Half an hour.
        ("Australia/Lord_Howe", "2026-10-04T02:15:30", "2026-10-03T15:30:00Z"),
        // A day that there was not.
        ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00Z"),
        ("America/St_Johns", "2026-07-01T23:59:00", "2026-07-02T02:29:00Z"),
    ] {
        assert_eq!(resolve(zone.parse().unwrap(), wall(shown)), Some(at(instant)), "{zone} {shown}");
    }
    assert_eq!(local(berlin, at("2027-03-28T01:00:00Z")), Some(wall("2027-03-28T03:00:00")));
}

#[test]
fn a_day_is_a_day_of_the_calendar() {
    let berlin: Tz = "Europe/Berlin".parse().unwrap();
    for (due, came, days) in [
        ("2026-07-01T21:59:00Z", "2026-07-01T21:59:00Z", 0),
        ("2026-07-01T21:59:00Z", "2026-07-01T21:59:01Z", 1),
        ("2026-07-01T21:59:00Z", "2026-07-02T21:59:00Z", 1),
        ("2026-07-01T21:59:00Z", "2026-07-02T21:59:01Z", 2),
        // The day before the clocks are set forward has 23 hours, the one before they are set back 25.
        ("2027-03-27T22:59:00Z", "2027-03-28T21:59:00Z", 1),
        ("2027-03-27T22:59:00Z", "2027-03-28T21:59:01Z", 2),
        ("2026-10-24T21:59:00Z", "2026-10-25T22:59:00Z", 1),
        ("2026-10-24T21:59:00Z", "2026-10-25T22:59:01Z", 2),
        ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", 365),
    ] {
        assert_eq!(days_late(berlin, at(due), at(came)), days, "{due} {came}");
    }
}

/// The instants, in these years, at which the clocks of a zone are changed; to the minute.
fn changes(zone: Tz) -> Vec<Timestamp> {
    let offset = |at: Timestamp| zone.offset_from_utc_datetime(&at.to_utc().unwrap().naive_utc()).fix();
    let year = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let (mut from, last) = (Timestamp::from(year(2024)), Timestamp::from(year(2029)));
    let mut found = Vec::new();
    while from < last {
        let next = Timestamp(from.0 + 6 * HOUR);
        if offset(from) != offset(next) {
            let (mut before, mut after) = (from.0, next.0);
            while after - before > 60_000_000 {
                let middle = before + (after - before) / 2;
                if offset(Timestamp(middle)) == offset(from) { before = middle } else { after = middle }
            }
            found.push(Timestamp(after));
        }
        from = next;
    }
    found
}

#[test]
fn every_change_of_every_clock() {
    let mut seen = 0;
    for zone in TZ_VARIANTS {
        for change in changes(zone) {
            seen += 1;
            for hours in [-25, -24, -2, -1, 0, 1, 2, 23, 24] {
                let due = Timestamp(change.0 + hours * HOUR);
                let shown = local(zone, due).unwrap();
                let (mut before, mut last) = (0, due);
                for days in 1..=3 {
                    let end = days_later(zone, due, days).unwrap();
                    let hours = (end.0 - last.0) / HOUR;
                    assert!((22..=26).contains(&hours), "{zone} {due}: day {days} has {hours} hours");
                    // The clock shows the same time again, unless that is an hour that there is not.
                    let again = local(zone, end).unwrap();
                    let meant = shown + TimeDelta::days(days.into());
                    assert!(
                        again == meant || zone.from_local_datetime(&meant).earliest().is_none(),
                        "{zone} {due} {days}"
                    );
                    assert_eq!(days_late(zone, due, end), days, "{zone} {due}");
                    assert_eq!(days_late(zone, due, Timestamp(end.0 + 1)), days + 1, "{zone} {due}");
                    assert!(days > before);
                    (before, last) = (days, end);
                }
            }
        }
    }
    assert!(seen > 500, "only {seen} changes were found");
}

proptest! {
    #[test]
    fn later_is_never_less_late(zone in sample::select(&TZ_VARIANTS[..]), due in 0i64..4_000_000_000, late in 0i64..40_000_000, more in 0i64..4_000_000) {
        let second = |seconds: i64| Timestamp(seconds * 1_000_000);
        let first = days_late(zone, second(due), second(due + late));
        let then = days_late(zone, second(due), second(due + late + more));
        prop_assert!(first <= then);
        prop_assert_eq!(first == 0, late == 0);
        prop_assert!(i64::from(first) <= late / 86_400 + 2);
    }

    #[test]
    fn what_the_wall_shows_is_resolved_to_about_that_instant(zone in sample::select(&TZ_VARIANTS[..]), at in 0i64..4_000_000_000, _ in any::<bool>()) {
        let instant = Timestamp(at * 1_000_000);
        let found = resolve(zone, local(zone, instant).unwrap()).unwrap();
        // Of an hour that is there twice, the earlier.
        prop_assert!(found <= instant && instant.0 - found.0 <= 24 * HOUR, "{} {}", instant, found);
    }
}
