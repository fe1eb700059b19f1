//! How many points the tests of a submission add up to.

use entity::points::Points;

/// Points earned and points that could have been earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub earned: Points,
    pub maximum: Points,
}

/// The sum over tests, each given as (what it gave, what it is worth).
#[must_use]
pub fn score(tests: impl IntoIterator<Item = (Points, Points)>) -> Score {
    tests
        .into_iter()
        .fold(Score::default(), |sum, (gave, worth)| Score { earned: sum.earned + gave, maximum: sum.maximum + worth })
}

#[cfg(test)]
mod tests {
    use super::{Score, score};
    use entity::points::Points;

    #[test]
    fn adds_up_what_was_given() {
        let half = Points(5_000);
        let tests = [(Points::whole(2), Points::whole(2)), (Points::ZERO, Points::whole(3)), (half, half)];
        assert_eq!(score(tests), Score { earned: Points(25_000), maximum: Points(55_000) });
        assert_eq!(score([]), Score { earned: Points::ZERO, maximum: Points::ZERO });
    }
}
