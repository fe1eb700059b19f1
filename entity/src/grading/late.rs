//! What lateness costs: a policy as data, and pure rules that apply it. Each step says what it gave or took, and why.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::assignment::deadline::{self, Deadline};
use crate::clock::Timestamp;
use crate::points::Points;

/// What lateness costs on an assignment. Without one, nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LatePolicy {
    /// Seconds after the deadline that count as on time.
    pub grace_s: u32,
    /// Percent for each day that is begun; 0 to 100.
    pub percent_per_day: Points,
    /// Of what that is.
    pub of: Of,
    /// At most so many percent; none: all of it.
    pub cap_percent: Option<Points>,
}

/// What a percentage is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// Of the points that were earned.
    #[default]
    Earned,
    /// Of the points that could be earned.
    Maximum,
}

impl LatePolicy {
    /// The policy that is stored so. What a later version of this program wrote, and this one cannot read, costs nothing.
    #[must_use]
    pub fn read(stored: &str) -> Self {
        serde_json::from_str(stored).unwrap_or_default()
    }

    /// How much later than due is still on time, in microseconds.
    #[must_use]
    pub fn grace(&self) -> i64 {
        i64::from(self.grace_s) * 1_000_000
    }

    /// How many days are late of work that came then, grace considered.
    #[must_use]
    pub fn days(&self, zone: Tz, deadline: &Deadline, came: Timestamp) -> u32 {
        deadline::days_late(zone, deadline.due_at, Timestamp(came.0.saturating_sub(self.grace())))
    }

    /// Whether lateness costs anything.
    #[must_use]
    pub fn costs(&self) -> bool {
        self.percent_per_day > Points::ZERO && self.cap_percent != Some(Points::ZERO)
    }

    /// What so many days cost.
    #[must_use]
    pub fn cost(&self, days: u32, earned: Points, maximum: Points) -> Points {
        let percent = Points(self.percent_per_day.0.saturating_mul(i64::from(days)));
        let percent = percent.min(self.cap_percent.unwrap_or(Points::whole(100))).min(Points::whole(100));
        let base = match self.of {
            Of::Earned => earned,
            Of::Maximum => maximum,
        };
        base.percent(percent).min(earned).max(Points::ZERO)
    }
}

/// Work that counts, of somebody in a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    pub assignment: i64,
    /// The deadline that all have: slip days are spent in this order.
    pub due_at: Timestamp,
    /// Days that are late.
    pub days: u32,
    /// Whether lateness costs anything there; where it does not, no slip day is spent.
    pub costs: bool,
}

/// How many slip days are spent on each of somebody's works in a course, which has so many: the assignments in the order of their deadlines, as
/// long as there are days. It is worked out anew each time, so whatever changes, nobody has spent more or less than they had.
#[must_use]
pub fn slip_days(all: u32, works: &[Late]) -> Vec<(i64, u32)> {
    let mut order: Vec<&Late> = works.iter().filter(|work| work.costs && work.days > 0).collect();
    order.sort_by_key(|work| (work.due_at, work.assignment));
    let mut left = all;
    let spend = |work: &Late| {
        let spent = work.days.min(left);
        left -= spent;
        (work.assignment, spent)
    };
    order.into_iter().map(spend).filter(|(_, spent)| *spent > 0).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use proptest::{collection, prop_assert, prop_assert_eq};

    use super::{Late, LatePolicy, Of, slip_days};
    use crate::assignment::deadline::Deadline;
    use crate::clock::Timestamp;
    use crate::points::Points;

    fn policy(text: &str) -> LatePolicy {
        serde_json::from_str(text).unwrap()
    }

    fn points(text: &str) -> Points {
        text.parse().unwrap()
    }

    #[test]
    fn what_days_cost() {
        let tenth = r#"{"percent_per_day": "10"}"#;
        let capped = r#"{"percent_per_day": "10", "cap_percent": "25"}"#;
        let of_all = r#"{"percent_per_day": "10", "of": "maximum"}"#;
        for (text, days, earned, cost) in [
            ("{}", 9, "8", "0"),
            (tenth, 0, "8", "0"),
            (tenth, 1, "8", "0.8"),
            (tenth, 2, "7.5", "1.5"),
            (tenth, 11, "8", "8"),
            (capped, 2, "8", "1.6"),
            (capped, 3, "8", "2"),
            (of_all, 2, "8", "2"),
            (of_all, 9, "8", "8"),
            // A third of a part is rounded, half a part up.
            (r#"{"percent_per_day": "33.3333"}"#, 1, "0.0001", "0"),
            (r#"{"percent_per_day": "50"}"#, 1, "0.0001", "0.0001"),
        ] {
            assert_eq!(
                policy(text).cost(days, points(earned), Points::whole(10)),
                points(cost),
                "{text} {days} {earned}"
            );
        }
        assert_eq!(policy(of_all).of, Of::Maximum);
    }

    #[test]
    fn grace_moves_each_day() {
        let grace = policy(r#"{"grace_s": 600}"#);
        let deadline = Deadline::new(Timestamp(0), None, None);
        let minutes = |minutes: i64| Timestamp(minutes * 60_000_000);
        for (came, days) in [(0, 0), (10, 0), (11, 1), (24 * 60 + 10, 1), (24 * 60 + 11, 2)] {
            assert_eq!(grace.days(chrono_tz::UTC, &deadline, minutes(came)), days, "{came}");
        }
    }

    #[test]
    fn slip_days_go_by_deadlines() {
        let late = |assignment, due, days, costs| Late { assignment, due_at: Timestamp(due), days, costs };
        let works = [late(3, 30, 2, true), late(1, 10, 1, true), late(2, 20, 3, false), late(4, 40, 4, true)];
        assert_eq!(slip_days(5, &works), [(1, 1), (3, 2), (4, 2)]);
        assert_eq!(slip_days(0, &works), []);
        assert_eq!(slip_days(99, &works), [(1, 1), (3, 2), (4, 4)]);
    }

    proptest! {
        #[test]
        fn nobody_spends_more_than_there_is(all in 0u32..9, works in collection::vec((0i64..9, 0u32..5, any::<bool>()), 0..9)) {
            let works: Vec<Late> = (0..).zip(works).map(|(assignment, (due, days, costs))| Late { assignment, due_at: Timestamp(due), days, costs }).collect();
            let spent = slip_days(all, &works);
            let needed: u32 = works.iter().filter(|work| work.costs).map(|work| work.days).sum();
            prop_assert_eq!(spent.iter().map(|(_, days)| days).sum::<u32>(), needed.min(all));
            for (assignment, days) in spent {
                prop_assert!(works.iter().any(|work| work.assignment == assignment && work.costs && days <= work.days));
            }
        }

        #[test]
        fn more_days_never_cost_less_and_never_more_than_was_earned(percent in 0i64..1_200_000, days in 0u32..400, earned in 0i64..1_000_000, more in 0i64..1_000_000) {
            let policy = LatePolicy { percent_per_day: Points(percent), ..LatePolicy::default() };
            let (earned, maximum) = (Points(earned), Points(earned + more));
            let cost = policy.cost(days, earned, maximum);
            prop_assert!(cost <= policy.cost(days + 1, earned, maximum) && cost <= earned && cost >= Points::ZERO);
        }
    }
}
