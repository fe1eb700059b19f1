//! Whether the database's clock goes evenly. Pure.
//!
//! Leases end by the database's clock. If that steps, by an hour for example, every lease in the site looks over at once, while its
//! holders are alive and renew it within a third of its length. So whoever sees a step waits for one whole lease before it takes
//! any away.

use std::time::Duration;

use entity::clock::{Timestamp, micros};

/// By how much the two clocks may differ between two looks: answers of the database take their time.
const TOLERANCE: Duration = Duration::from_secs(1);

/// What was seen of the database's clock, beside one that only goes forward.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steadiness {
    last: Option<(Timestamp, Duration)>,
    stepped: Option<Duration>,
}

impl Steadiness {
    /// Whether the clock was not looked at yet.
    pub(super) fn is_new(&self) -> bool {
        self.last.is_none()
    }

    /// Looks at the clock, which showed `shown` when the even one showed `even`: by how many microseconds it has stepped since the
    /// last look, if it has.
    pub(super) fn look(&mut self, shown: Timestamp, even: Duration) -> Option<i64> {
        let (last, before) = self.last.replace((shown, even))?;
        let expected = last + even.saturating_sub(before);
        let step = shown.0.saturating_sub(expected.0);
        let stepped = step.unsigned_abs() > micros(TOLERANCE).unsigned_abs();
        if stepped {
            self.stepped = Some(even);
        }
        stepped.then_some(step)
    }

    /// Whether the last step, if there was one, is longer ago than that.
    pub(super) fn for_at_least(&self, span: Duration, even: Duration) -> bool {
        self.stepped.is_none_or(|stepped| even.saturating_sub(stepped) > span)
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Steadiness, Timestamp};

    const LEASE: Duration = Duration::from_secs(15);

    fn at(seconds: i64) -> Timestamp {
        Timestamp(1_800_000_000_000_000 + seconds * 1_000_000)
    }

    fn even(seconds: u64) -> Duration {
        Duration::from_secs(1_000 + seconds)
    }

    #[test]
    fn an_even_clock_is_steady() {
        let mut steadiness = Steadiness::default();
        for second in 0..100 {
            assert_eq!(steadiness.look(at(second), even(second as u64)), None);
            assert!(steadiness.for_at_least(LEASE, even(second as u64)));
        }
    }

    #[test]
    fn a_long_pause_is_no_step() {
        let mut steadiness = Steadiness::default();
        assert_eq!(steadiness.look(at(0), even(0)), None);
        assert_eq!(steadiness.look(at(5_000), even(5_000)), None);
        assert!(steadiness.for_at_least(LEASE, even(5_000)));
    }

    #[test]
    fn after_a_step_one_waits_for_a_whole_lease() {
        for step in [3_600, -3_600, 2] {
            let mut steadiness = Steadiness::default();
            assert_eq!(steadiness.look(at(0), even(0)), None);
            assert_eq!(steadiness.look(at(1 + step), even(1)), Some(step * 1_000_000));
            assert!(!steadiness.for_at_least(LEASE, even(1)));
            assert_eq!(steadiness.look(at(16 + step), even(16)), None);
            assert!(!steadiness.for_at_least(LEASE, even(16)));
            assert!(steadiness.for_at_least(LEASE, even(17)));
        }
    }
}
