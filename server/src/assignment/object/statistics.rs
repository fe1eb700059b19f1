//! How an assignment goes, in numbers, as the schema shows it.

use async_graphql::{Description, Object, SimpleObject};
use entity::grading::statistics::Statistics;
use entity::submission::work::standing;

use crate::execution::object::Verdict;
use crate::graphql::scalar::Decimal;

/// How many students of a course stand how with an assignment. Each is one of `notBegun`, `started` and `submitted`; the others come in
/// addition.
#[derive(SimpleObject)]
pub struct Standings {
    /// All students on the roster.
    students: i32,
    /// From whom nothing has come.
    not_begun: i32,
    /// From whom something has come, and who have handed in nothing.
    started: i32,
    /// Who have handed in something.
    submitted: i32,
    /// Whose work that counts came after the deadline that holds for them.
    late: i32,
    /// Who have handed in nothing, and whose deadline is over.
    overdue: i32,
    /// Whose last 5 tries or more fail the same test, over at least 20 minutes, without more of it passing.
    stuck: i32,
}

impl From<standing::Standings> for Standings {
    fn from(found: standing::Standings) -> Self {
        Self {
            students: int(found.students),
            not_begun: int(found.not_begun),
            started: int(found.started),
            submitted: int(found.submitted),
            late: int(found.late),
            overdue: int(found.overdue),
            stuck: int(found.stuck),
        }
    }
}

fn int(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

/// How an assignment goes. Of what counts, one for each student or group.
#[derive(Description)]
pub struct AssignmentStatistics(pub Statistics);

#[Object(use_type_description)]
impl AssignmentStatistics {
    /// What counts: of so many students and groups.
    async fn works(&self) -> i32 {
        int(self.0.works)
    }

    /// Of how many there are no points yet.
    async fn unscored(&self) -> i32 {
        int(self.0.unscored)
    }

    /// How many have which verdict, the most frequent first; at most one for each verdict.
    async fn verdicts(&self) -> Vec<VerdictCount> {
        let shown = |(verdict, count): &_| VerdictCount { verdict: Verdict::from(*verdict), count: int(*count) };
        self.0.verdicts.iter().map(shown).collect()
    }

    /// The most points that its tests give.
    async fn maximum(&self) -> Decimal {
        Decimal(self.0.maximum)
    }

    /// How the points are distributed, from none to all: at most 10 parts, each a tenth of `maximum`; none while that is 0.
    async fn distribution(&self) -> Vec<PointsPart> {
        let shown =
            |(from, to, count): &_| PointsPart { lowest: Decimal(*from), highest: Decimal(*to), count: int(*count) };
        self.0.points.iter().map(shown).collect()
    }

    /// The points in the middle; null while there are none.
    async fn median_points(&self) -> Option<Decimal> {
        self.0.median_points.map(Decimal)
    }

    /// How often something is handed in, in the middle; null while nothing was.
    async fn median_attempts(&self) -> Option<f64> {
        self.0.median_attempts
    }

    /// The tests that most do not pass, those of which it is most first; at most 10.
    async fn failed_tests(&self) -> Vec<FailedTest> {
        let shown = |(name, failed, of): &(String, usize, usize)| FailedTest {
            name: name.clone(),
            failed: int(*failed),
            of: int(*of),
        };
        self.0.failed.iter().map(shown).collect()
    }
}

/// A verdict, and how many have it.
#[derive(SimpleObject)]
pub struct VerdictCount {
    /// Which.
    verdict: Verdict,
    /// How many.
    count: i32,
}

/// How many earned about so many points.
#[derive(SimpleObject)]
pub struct PointsPart {
    /// At least so many.
    lowest: Decimal,
    /// Fewer than so many; in the last part, up to all.
    highest: Decimal,
    /// How many.
    count: i32,
}

/// A test that is not passed.
#[derive(SimpleObject)]
pub struct FailedTest {
    /// What it is called.
    name: String,
    /// How many do not pass it.
    failed: i32,
    /// Of how many.
    of: i32,
}
