//! Who is stuck: the same test fails again and again, for a while, and no more of it passes.
//!
//! A try is a run of the tests that somebody tells of (the `ok` client's with each backup) or that the platform makes of what is handed in. Of a
//! try counts the first test that fails, and how much of that passed. Where that is another test than before, or more of it passes, there is
//! progress, and counting begins anew; where nothing fails, it ends. What was done earlier than the last try and comes later says nothing.

use std::time::Duration;

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr};

use super::lock::{Whose, keep, look};
use super::{Column, Model};
use crate::clock::{Timestamp, micros};

/// So many tries in a row without progress, at least.
pub const TRIES: i32 = 5;
/// So long from the first of them to the last, at least.
pub const STRETCH: Duration = Duration::from_secs(20 * 60);
/// The longest name of a test that is kept, in characters.
const NAME: usize = 200;

/// How the tests went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Try {
    /// The first test that fails; none where all pass.
    pub failing: Option<Failing>,
}

/// A test that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub test: String,
    /// How much of it passed: cases, parts.
    pub passed: i32,
}

impl Model {
    /// Counts a try that was made then.
    pub(in crate::submission) fn tried(&mut self, how: &Try, at: Timestamp) {
        if at < self.tried_at {
            return;
        }
        self.tried_at = at;
        let Some(Failing { test, passed }) = &how.failing else {
            (self.failing_test, self.failing_best, self.failing_tries, self.failing_since) = (None, 0, 0, Timestamp(0));
            return;
        };
        let name: String = test.replace('\0', "\u{fffd}").chars().take(NAME).collect();
        if self.failing_test.as_deref() == Some(name.as_str()) && *passed <= self.failing_best {
            self.failing_tries = self.failing_tries.saturating_add(1);
            return;
        }
        (self.failing_test, self.failing_best, self.failing_tries, self.failing_since) = (Some(name), *passed, 1, at);
    }

    /// Whether its owner is stuck.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.failing_tries >= TRIES && self.tried_at.0 - self.failing_since.0 >= micros(STRETCH)
    }
}

/// The same for a statement.
pub(super) fn condition() -> Condition {
    let stretch = Expr::col(Column::TriedAt.as_column_ref()).sub(Expr::col(Column::FailingSince.as_column_ref()));
    Condition::all().add(Column::FailingTries.gte(TRIES)).add(stretch.gte(micros(STRETCH)))
}

/// Counts a try that was made of something handed in then, for all who share the work. It is locked: who notes several has locked it all at once.
///
/// # Errors
/// When the database does not answer.
pub async fn note(tx: &impl ConnectionTrait, whose: Whose, how: &Try, at: Timestamp) -> Result<(), DbErr> {
    let mut works = look(tx, &[whose].into()).await?;
    works.unit(whose.assignment, whose.owner).for_each(|row| row.tried(how, at));
    keep(tx, &works).await
}

#[cfg(test)]
mod tests {
    use super::{Failing, Model, STRETCH, TRIES, Try};
    use crate::clock::{Timestamp, micros};

    fn work() -> Model {
        Model {
            id: 1,
            assignment_id: 1,
            course_id: 1,
            owner_id: 1,
            group_id: None,
            group_size: 1,
            due_at: None,
            final_submission_id: None,
            flagged_submission_id: None,
            flagged_by: None,
            submissions: 0,
            last_backup_id: None,
            last_done_at: None,
            revision_id: None,
            failing_test: None,
            failing_best: 0,
            failing_tries: 0,
            failing_since: Timestamp(0),
            tried_at: Timestamp(0),
        }
    }

    fn failing(test: &str, passed: i32) -> Try {
        Try { failing: Some(Failing { test: test.to_owned(), passed }) }
    }

    /// The time of a try: the stretch is over with the last of as many as are needed.
    fn at(number: i32) -> Timestamp {
        Timestamp(1 + i64::from(number) * micros(STRETCH) / i64::from(TRIES - 1))
    }

    #[test]
    fn the_same_test_again_and_again_for_a_while() {
        let mut row = work();
        for number in 0..TRIES {
            assert!(!row.is_stuck(), "{number}");
            row.tried(&failing("q1", 2), at(number));
        }
        assert!(row.is_stuck());
        row.tried(&failing("q1", 3), at(TRIES));
        assert!(!row.is_stuck(), "more of it passes");
        row.tried(&Try::default(), at(TRIES + 1));
        assert_eq!((row.failing_test.as_deref(), row.failing_tries), (None, 0));
    }

    #[test]
    fn many_tries_in_a_minute_are_no_despair() {
        let mut row = work();
        (0..100).for_each(|number| row.tried(&failing("q1", 0), Timestamp(number)));
        assert!(!row.is_stuck());
    }

    #[test]
    fn another_test_begins_anew_and_what_comes_late_says_nothing() {
        let mut row = work();
        (0..TRIES).for_each(|number| row.tried(&failing(if number == 1 { "q2" } else { "q1" }, 0), at(number)));
        assert!(!row.is_stuck());
        let before = row.clone();
        row.tried(&Try::default(), at(0));
        assert_eq!(row, before);
    }
}
