//! How many points the tests of a submission add up to.

use entity::points::Points;

/// Points earned and points that could have been earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub earned: Points,
    pub maximum: Points,
}

/// The sum over tests, each given as (passed, what it is worth). A test gives all of its points or none.
#[must_use]
pub fn score(tests: impl IntoIterator<Item = (bool, Points)>) -> Score {
    tests.into_iter().fold(Score::default(), |sum, (passed, worth)| Score {
        earned: if passed { sum.earned + worth } else { sum.earned },
        maximum: sum.maximum + worth,
    })
}

#[cfg(test)]
mod tests {
    use super::{Score, score};
    use entity::points::Points;

    #[test]
    fn adds_up_what_passed() {
        let half = Points(5_000);
        let tests = [(true, Points::whole(2)), (false, Points::whole(3)), (true, half)];
        assert_eq!(score(tests), Score { earned: Points(25_000), maximum: Points(55_000) });
        assert_eq!(score([]), Score { earned: Points::ZERO, maximum: Points::ZERO });
    }
}
