//! What somebody's work on an assignment is worth in the end: the points of the submission that counts, less what lateness costs. Worked out from
//! the rows each time it is asked for, so that it is right whatever was changed.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};

use super::late::{Late, LatePolicy, slip_days};
use crate::assignment::deadline::Deadline;
use crate::clock::Timestamp;
use crate::points::Points;
use crate::statement::Rows;

/// What a grade is worked out from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub assignment: i64,
    pub owner: i64,
    /// The deadline that all have.
    pub due_at: Timestamp,
    pub lock_at: Option<Timestamp>,
    /// More time that somebody was given.
    pub extension: Option<Timestamp>,
    pub zone: chrono_tz::Tz,
    pub policy: LatePolicy,
    /// The submission that counts.
    pub submission: i64,
    pub submitted_at: Timestamp,
    /// What it was given, once it was.
    pub points: Option<Points>,
    /// What it could have been given.
    pub maximum: Option<Points>,
}

/// What somebody's work is worth, and what gave or took which part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grade {
    pub assignment: i64,
    pub owner: i64,
    pub submission: i64,
    /// What the submission was given; none while it was not.
    pub earned: Option<Points>,
    pub maximum: Option<Points>,
    /// Seconds after the deadline that holds for them; 0 when it is on time.
    pub lateness_s: i64,
    /// Days that are late, each begun one as a whole.
    pub days_late: u32,
    /// How many of these were paid with slip days.
    pub slip_days: u32,
    /// What the others cost.
    pub deduction: Points,
}

impl Grade {
    /// What is left.
    #[must_use]
    pub fn points(&self) -> Option<Points> {
        self.earned.map(|earned| earned - self.deduction)
    }
}

/// The grades of one person in one course, which gives everybody so many slip days.
#[must_use]
pub fn grades(all_slip_days: u32, works: &[Facts]) -> Vec<Grade> {
    let deadline =
        |facts: &Facts| Deadline::new(facts.due_at, facts.lock_at, facts.extension).forgiving(facts.policy.grace());
    let late = |facts: &Facts| Late {
        assignment: facts.assignment,
        due_at: facts.due_at,
        days: facts.policy.days(facts.zone, &deadline(facts), facts.submitted_at),
        costs: facts.policy.costs(),
    };
    let lates: Vec<Late> = works.iter().map(late).collect();
    let spent: HashMap<i64, u32> = slip_days(all_slip_days, &lates).into_iter().collect();
    let grade = |(facts, late): (&Facts, &Late)| {
        let slip_days = spent.get(&facts.assignment).copied().unwrap_or(0);
        let earned = facts.points.unwrap_or_default();
        // Where people give points out of nothing in particular, what was earned is all that there is to take from.
        let maximum = facts.maximum.unwrap_or(earned);
        Grade {
            assignment: facts.assignment,
            owner: facts.owner,
            submission: facts.submission,
            earned: facts.points,
            maximum: facts.maximum,
            lateness_s: deadline(facts).lateness(facts.submitted_at).div_euclid(1_000_000),
            days_late: late.days,
            slip_days,
            deduction: facts.policy.cost(late.days - slip_days, earned, maximum),
        }
    };
    works.iter().zip(&lates).map(grade).collect()
}

/// The grades of these people in these courses, each given as (course, person). Who asks must have been allowed to see them.
///
/// # Errors
/// When the database does not answer.
pub async fn of_people(
    db: &impl ConnectionTrait,
    whose: &[(i64, i64)],
) -> Result<HashMap<(i64, i64), Vec<Grade>>, DbErr> {
    let rows: Rows = whose.iter().map(|(course, person)| [Value::from(*course), (*person).into()]).collect();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "SELECT w.assignment_id, w.course_id, w.owner_id, w.due_at AS extension, a.due_at, a.lock_at, a.time_zone, a.late_policy, \
           c.slip_days, s.id AS submission, s.submitted_at, s.points, \
           (SELECT g.maximum FROM score AS g WHERE g.submission_id = s.id AND g.kind = 'total' AND g.maximum IS NOT NULL ORDER BY g.id DESC LIMIT 1) AS maximum \
         FROM {rows} AS v \
         INNER JOIN work AS w ON w.course_id = v.column1 AND w.owner_id = v.column2 \
         INNER JOIN assignment AS a ON a.id = w.assignment_id \
         INNER JOIN course AS c ON c.id = w.course_id \
         INNER JOIN submission AS s ON s.id = w.final_submission_id \
         ORDER BY w.owner_id, w.assignment_id";
    let found = db.query_all_raw(rows.statement(db.get_database_backend(), text)).await?;
    let mut works: HashMap<(i64, i64), (u32, Vec<Facts>)> = HashMap::new();
    for row in found {
        let key = (row.try_get("", "course_id")?, row.try_get("", "owner_id")?);
        let slip_days: i32 = row.try_get("", "slip_days")?;
        let of_one = works.entry(key).or_default();
        of_one.0 = u32::try_from(slip_days).unwrap_or(0);
        of_one.1.push(facts(&row)?);
    }
    Ok(works.into_iter().map(|(key, (slip_days, works))| (key, grades(slip_days, &works))).collect())
}

fn facts(row: &QueryResult) -> Result<Facts, DbErr> {
    let (zone, policy): (String, String) = (row.try_get("", "time_zone")?, row.try_get("", "late_policy")?);
    Ok(Facts {
        assignment: row.try_get("", "assignment_id")?,
        owner: row.try_get("", "owner_id")?,
        due_at: row.try_get("", "due_at")?,
        lock_at: row.try_get("", "lock_at")?,
        extension: row.try_get("", "extension")?,
        zone: zone.parse().unwrap_or(chrono_tz::UTC),
        policy: LatePolicy::read(&policy),
        submission: row.try_get("", "submission")?,
        submitted_at: row.try_get("", "submitted_at")?,
        points: row.try_get("", "points")?,
        maximum: row.try_get("", "maximum")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Facts, grades};
    use crate::clock::Timestamp;
    use crate::grading::late::LatePolicy;
    use crate::points::Points;

    const DAY: i64 = 86_400_000_000;

    fn facts(assignment: i64, due: i64, submitted: i64) -> Facts {
        Facts {
            assignment,
            owner: 1,
            due_at: Timestamp(due * DAY),
            lock_at: None,
            extension: None,
            zone: chrono_tz::UTC,
            policy: LatePolicy { percent_per_day: Points::whole(10), ..LatePolicy::default() },
            submission: assignment,
            submitted_at: Timestamp(submitted * DAY),
            points: Some(Points::whole(8)),
            maximum: Some(Points::whole(10)),
        }
    }

    #[test]
    fn slip_days_pay_for_the_first_deadlines() {
        let works = [facts(2, 20, 22), facts(1, 10, 12), facts(3, 30, 30)];
        let found = grades(3, &works);
        let told: Vec<_> =
            found.iter().map(|it| (it.days_late, it.slip_days, it.points().unwrap().to_string())).collect();
        assert_eq!(told, [(2, 1, "7.2".to_owned()), (2, 2, "8".to_owned()), (0, 0, "8".to_owned())]);
    }

    #[test]
    fn an_extension_moves_the_deadline_and_what_has_no_points_loses_none() {
        let given = Facts { extension: Some(Timestamp(12 * DAY)), ..facts(1, 10, 12) };
        let ungraded = Facts { points: None, maximum: None, ..facts(2, 10, 12) };
        let found = grades(0, &[given, ungraded]);
        assert_eq!((found[0].days_late, found[0].lateness_s, found[0].points()), (0, 0, Some(Points::whole(8))));
        assert_eq!((found[1].days_late, found[1].lateness_s, found[1].points()), (2, 2 * 86_400, None));
        assert_eq!(found[1].deduction, Points::ZERO);
    }
}
