//! How an assignment goes, in numbers: verdicts, points, attempts, and the tests that most do not pass. Of what counts, one for each student or
//! group.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};

use crate::assignment::test_case;
use crate::execution::verdict::Verdict;
use crate::points::Points;
use crate::visible::padded;

/// So many tests that are failed, at most.
pub const MOST_TESTS: usize = 10;
/// Into so many parts of the points that there are, what was earned is sorted.
pub const PARTS: i64 = 10;

/// What counts for a student or a group.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Counted {
    pub assignment: i64,
    /// How often something was handed in.
    pub submissions: i32,
    pub points: Option<Points>,
    pub verdict: Option<Verdict>,
    /// The tests that did not pass; none where nobody knows.
    pub failed: Option<String>,
}

/// The numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// What counts, one for each student or group that has handed in.
    pub works: usize,
    /// How many have which verdict, the most frequent first.
    pub verdicts: Vec<(Verdict, usize)>,
    /// How many have no points yet.
    pub unscored: usize,
    /// The most points that there are.
    pub maximum: Points,
    /// How many earned from so many up to fewer than so many points; in the last, up to all.
    pub points: Vec<(Points, Points, usize)>,
    pub median_points: Option<Points>,
    pub median_attempts: Option<f64>,
    /// The tests that most do not pass: the name, how many do not, and of how many.
    pub failed: Vec<(String, usize, usize)>,
}

/// The numbers of what counts.
#[must_use]
pub fn statistics(maximum: Points, counted: &[Counted]) -> Statistics {
    let mut verdicts: Vec<(Verdict, usize)> = Vec::new();
    for verdict in counted.iter().filter_map(|work| work.verdict) {
        match verdicts.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, count)) => *count += 1,
            None => verdicts.push((verdict, 1)),
        }
    }
    verdicts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut points: Vec<Points> = counted.iter().filter_map(|work| work.points).collect();
    points.sort_unstable();
    let mut attempts: Vec<i32> = counted.iter().map(|work| work.submissions).collect();
    attempts.sort_unstable();
    Statistics {
        works: counted.len(),
        verdicts,
        unscored: counted.iter().filter(|work| work.points.is_none()).count(),
        maximum,
        points: parts(maximum, &points),
        median_points: median(&points).map(|(low, high)| Points(low.0 + (high.0 - low.0) / 2)),
        median_attempts: median(&attempts).map(|(low, high)| f64::from(low) / 2.0 + f64::from(high) / 2.0),
        failed: failed(counted),
    }
}

/// The two in the middle, which are one where their number is odd.
fn median<T: Copy>(sorted: &[T]) -> Option<(T, T)> {
    let middle = sorted.len() / 2;
    let high = sorted.get(middle).copied()?;
    let low = if sorted.len().is_multiple_of(2) { sorted.get(middle.checked_sub(1)?).copied()? } else { high };
    Some((low, high))
}

fn parts(maximum: Points, points: &[Points]) -> Vec<(Points, Points, usize)> {
    if maximum <= Points::ZERO {
        return Vec::new();
    }
    let edge = |part: i64| Points(maximum.0.saturating_mul(part) / PARTS);
    let count = |part: i64| {
        let above = |points: &&Points| part == 0 || **points >= edge(part);
        let below = |points: &&Points| part + 1 == PARTS || **points < edge(part + 1);
        points.iter().filter(above).filter(below).count()
    };
    (0..PARTS).map(|part| (edge(part), edge(part + 1), count(part))).collect()
}

fn failed(counted: &[Counted]) -> Vec<(String, usize, usize)> {
    let told = counted.iter().filter_map(|work| serde_json::from_str::<Vec<String>>(work.failed.as_deref()?).ok());
    let (mut of, mut tests) = (0, BTreeMap::<String, usize>::new());
    for names in told {
        of += 1;
        names.into_iter().for_each(|name| *tests.entry(name).or_default() += 1);
    }
    let mut tests: Vec<(String, usize, usize)> = tests.into_iter().map(|(name, count)| (name, count, of)).collect();
    tests.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    tests.truncate(MOST_TESTS);
    tests
}

/// The numbers of these assignments. Whether somebody may know, who asks knows.
///
/// # Errors
/// When the database does not answer.
pub async fn of_assignments(db: &impl ConnectionTrait, assignments: &[i64]) -> Result<HashMap<i64, Statistics>, DbErr> {
    if assignments.is_empty() {
        return Ok(HashMap::new());
    }
    // As a list, and not as rows: PostgreSQL then knows that it is about a few works, and looks up what belongs to each.
    let keys = padded(assignments.iter().copied());
    let places: Vec<String> = (1..=keys.len()).map(|place| format!("${place}")).collect();
    // The works of those who share one say the same, and count once.
    let text = format!(
        "WITH f AS (SELECT DISTINCT w.assignment_id, w.final_submission_id, w.submissions FROM work AS w \
           WHERE w.assignment_id IN ({}) AND w.final_submission_id IS NOT NULL) \
         SELECT f.assignment_id AS assignment, f.submissions, s.points, r.verdict, r.failed FROM f \
         JOIN submission AS s ON s.id = f.final_submission_id \
         LEFT JOIN run AS r ON r.id = (SELECT max(l.id) FROM run AS l WHERE l.submission_id = f.final_submission_id)",
        places.join(", ")
    );
    let backend = db.get_database_backend();
    let values = keys.into_iter().map(Value::from);
    let found = Counted::find_by_statement(Statement::from_sql_and_values(backend, text, values)).all(db).await?;
    let mut maxima: HashMap<i64, Points> = HashMap::new();
    for row in db.query_all_raw(backend.build(&test_case::maxima(assignments.iter().copied()))).await? {
        maxima.insert(row.try_get("", "assignment_id")?, row.try_get("", "maximum")?);
    }
    let mut counted: HashMap<i64, Vec<Counted>> = assignments.iter().map(|key| (*key, Vec::new())).collect();
    for row in found {
        counted.entry(row.assignment).or_default().push(row);
    }
    let numbers =
        |(key, rows): (i64, Vec<Counted>)| (key, statistics(maxima.get(&key).copied().unwrap_or_default(), &rows));
    Ok(counted.into_iter().map(numbers).collect())
}

#[cfg(test)]
mod tests {
    use super::{Counted, statistics};
    use crate::execution::verdict::Verdict;
    use crate::points::Points;

    fn counted(submissions: i32, points: i64, failed: &[&str]) -> Counted {
        Counted {
            assignment: 1,
            submissions,
            points: Some(Points::whole(points)),
            verdict: Some(if failed.is_empty() { Verdict::Passed } else { Verdict::Failed }),
            failed: Some(serde_json::json!(failed).to_string()),
        }
    }

    #[test]
    fn the_numbers_of_a_few() {
        let ungraded = Counted { points: None, verdict: None, failed: None, ..counted(9, 0, &[]) };
        let all = [counted(1, 10, &[]), counted(2, 9, &["b"]), counted(4, 0, &["a", "b"]), ungraded];
        let found = statistics(Points::whole(10), &all);
        assert_eq!((found.works, found.unscored), (4, 1));
        assert_eq!(found.verdicts, [(Verdict::Failed, 2), (Verdict::Passed, 1)]);
        assert_eq!((found.median_points, found.median_attempts), (Some(Points::whole(9)), Some(3.0)));
        let parts: Vec<usize> = found.points.iter().map(|(_, _, count)| *count).collect();
        assert_eq!(parts, [1, 0, 0, 0, 0, 0, 0, 0, 0, 2], "all points are in the last part");
        assert_eq!(found.points[9].0, Points::whole(9));
        assert_eq!(found.failed, [("b".to_owned(), 2, 3), ("a".to_owned(), 1, 3)]);
    }

    #[test]
    fn there_may_be_nothing_to_count() {
        let found = statistics(Points::ZERO, &[]);
        assert_eq!((found.works, found.median_points, found.median_attempts), (0, None, None));
        assert!(found.points.is_empty() && found.failed.is_empty());
    }
}
