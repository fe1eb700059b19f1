//! How far somebody is with a screen, and where they go on.
//!
//! A screen is *seen* when it was opened, *tried* when code was run on it, and *passed* when its checks were met once; passing is never taken back by
//! a later attempt. What was seen of a text is done; a screen with an exercise is done when it is passed.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, Set,
};

use super::screen::ScreenKind;
use crate::clock::Timestamp;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "screen_progress")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub screen_id: i64,
    pub course_id: i64,
    pub attempts: i32,
    /// When it was passed first.
    pub passed_at: Option<Timestamp>,
    /// When it was opened first; 0 of what was tried before that was kept.
    pub seen_at: Timestamp,
    /// When it was opened or tried last.
    pub last_at: Timestamp,
    /// How many of its hints they have opened.
    pub hints: i32,
    /// When they were shown the answer before they had passed.
    pub answer_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One's own, and that of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::UserId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

/// Whose progress, with which screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    pub user: i64,
    pub screen: i64,
    pub course: i64,
}

/// What somebody did with a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Opened,
    /// Code was run, and it passed or it did not.
    Tried {
        passed: bool,
    },
    /// The hints up to this one were opened, counted from 1.
    OpenedHint(i32),
    ShownAnswer,
}

/// Keeps a step; whatever somebody does with a screen, they have seen it.
///
/// # Errors
/// When the database does not answer.
pub async fn record(tx: &impl ConnectionTrait, whose: Whose, step: Step, now: Timestamp) -> Result<(), DbErr> {
    let (attempts, passed_at) = match step {
        Step::Tried { passed } => (1, passed.then_some(now)),
        _ => (0, None),
    };
    let row = ActiveModel {
        user_id: Set(whose.user),
        screen_id: Set(whose.screen),
        course_id: Set(whose.course),
        attempts: Set(attempts),
        passed_at: Set(passed_at),
        seen_at: Set(now),
        last_at: Set(now),
        hints: Set(if let Step::OpenedHint(number) = step { number } else { 0 }),
        answer_at: Set((step == Step::ShownAnswer).then_some(now)),
        ..Default::default()
    };
    let first = |column: &str| Expr::cust(format!("coalesce(screen_progress.{column}, excluded.{column})"));
    let most = |column: &str| {
        let text = "CASE WHEN screen_progress.{c} < excluded.{c} THEN excluded.{c} ELSE screen_progress.{c} END";
        Expr::cust(text.replace("{c}", column))
    };
    let again = OnConflict::columns([Column::UserId, Column::ScreenId])
        .value(Column::Attempts, Expr::col((Entity, Column::Attempts)).add(attempts))
        .value(Column::PassedAt, first("passed_at"))
        .value(Column::LastAt, most("last_at"))
        .value(Column::Hints, most("hints"))
        .value(Column::AnswerAt, first("answer_at"))
        .to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(tx).await.map(drop)
}

/// What was passed on a screen is only seen from now on: it asks something else of its reader.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_passing(tx: &impl ConnectionTrait, screen: i64) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::PassedAt, Expr::value(None::<Timestamp>))
        .filter(Column::ScreenId.eq(screen))
        .filter(Column::PassedAt.is_not_null())
        .exec(tx)
        .await
        .map(drop)
}

/// A screen on somebody's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    pub mission: i64,
    pub screen: i64,
    pub kind: ScreenKind,
    /// None: they have never opened it.
    pub last_at: Option<Timestamp>,
    pub passed: bool,
}

impl Stop {
    /// Whether nothing is left to do on it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self.kind {
            ScreenKind::Text => self.last_at.is_some(),
            ScreenKind::Code => self.passed,
        }
    }
}

/// Where somebody goes on, on a way in its order: with the screen that they were on last if it is not done, else with the next one behind it
/// that is not done, else with the first that they have left out. None when all is done.
#[must_use]
pub fn next(way: &[Stop]) -> Option<i64> {
    let last = way.iter().enumerate().filter_map(|(place, stop)| Some((stop.last_at?, place))).max();
    let (before, behind) = way.split_at(last.map_or(0, |(_, place)| place));
    behind.iter().chain(before).find(|stop| !stop.is_done()).map(|stop| stop.screen)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `t` and `c` are texts and code nobody has opened; a digit behind is when they were opened last; capitals are passed.
    fn way(words: &str) -> Vec<Stop> {
        let stop = |(place, word): (i64, &str)| {
            let kind = if word.to_lowercase().starts_with('t') { ScreenKind::Text } else { ScreenKind::Code };
            let last_at = word[1..].parse().ok().map(Timestamp);
            Stop { mission: 1, screen: place, kind, last_at, passed: word.starts_with('C') }
        };
        (0..).zip(words.split(' ')).map(stop).collect()
    }

    #[test]
    fn one_goes_on_where_one_was() {
        for (stops, goes_on) in [
            ("t c t", Some(0)),
            ("t1 c t", Some(1)),
            ("t1 c2 t", Some(1)),
            ("t1 C2 t", Some(2)),
            ("t c C2 c", Some(3)),
            // Whoever has jumped ahead and finished there goes back to what they have left out.
            ("t1 c t2", Some(1)),
            ("t1 c c3 C4", Some(1)),
            ("t1 C2 t3", None),
            // Back to look something up: what was on the way stays the way.
            ("t1 C5 c4 t", Some(2)),
        ] {
            assert_eq!(next(&way(stops)), goes_on, "{stops}");
        }
        assert_eq!(next(&[]), None);
    }
}
