//! A student's work on an assignment as a whole: what counts and why, how often something was handed in, how long there is time. One row for
//! each student who has begun; the rows of a group's members say the same, so that a student's grade is one look at one row.
//!
//! Whoever changes what a row says has [locked](lock()) it, and those of the whole group with it, in the order of their keys: so nothing is
//! lost when two hand in at once, or one leaves while another hands in.

mod lock;
mod recount;
pub mod standing;
pub mod stuck;

use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter,
};

use super::{backup, group};
use crate::assignment::Brief;
use crate::clock::Timestamp;
use crate::course;
use crate::identity::user::Person;
use crate::submission;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own_in, reviewed};

use self::standing::Standing;
pub(super) use lock::keep;
pub use lock::{Whose, Works, graded, hand_in, lock};
pub use recount::{recount, retime, revised};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub assignment_id: i64,
    pub course_id: i64,
    pub owner_id: i64,
    /// The group with which it is shared.
    pub group_id: Option<i64>,
    /// How many share it; 1 without a group.
    pub group_size: i32,
    /// Until when it is on time, where somebody was given more time: the owner, or another of the group.
    pub due_at: Option<Timestamp>,
    /// The submission that counts: the one that was chosen, or the latest.
    pub final_submission_id: Option<i64>,
    /// The one that was chosen.
    pub flagged_submission_id: Option<i64>,
    /// Who chose it.
    pub flagged_by: Option<i64>,
    /// How often something was handed in, by anybody of the group.
    pub submissions: i32,
    /// The last that came of the owner's own.
    pub last_backup_id: Option<i64>,
    /// When the latest of what has come was done, by the owner's clock.
    pub last_done_at: Option<Timestamp>,
    /// What was sent last to revise what was handed in.
    pub revision_id: Option<i64>,
    /// The test that the last tries fail; none where the last try failed none, and before the first.
    pub failing_test: Option<String>,
    /// How much of that test passed at best.
    pub failing_best: i32,
    /// How many tries in a row fail it, and no more of it passes.
    pub failing_tries: i32,
    /// When the first of these was, and when the last try of all was.
    pub failing_since: Timestamp,
    pub tried_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    assignment_id: AssignmentId,
    course_id: CourseId,
    owner_id: OwnerId,
    group_id: GroupId,
    group_size: GroupSize,
    due_at: DueAt,
    final_submission_id: FinalSubmissionId,
    flagged_submission_id: FlaggedSubmissionId,
    flagged_by: FlaggedBy,
    submissions: Submissions,
    last_backup_id: LastBackupId,
    last_done_at: LastDoneAt,
    revision_id: RevisionId,
    failing_test: FailingTest,
    failing_best: FailingBest,
    failing_tries: FailingTries,
    failing_since: FailingSince,
    tried_at: TriedAt,
});

/// One's own, and that of one's students. What a group shares is in one's own row.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::OwnerId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

/// Why a submission is the one that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It came last, of so many.
    Latest { of: i32 },
    /// Somebody chose it.
    Chosen { by: Option<i64> },
}

impl Model {
    /// Why the one that counts does; none when there is none.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        let counts = self.final_submission_id?;
        Some(if self.flagged_submission_id == Some(counts) {
            Reason::Chosen { by: self.flagged_by }
        } else {
            Reason::Latest { of: self.submissions }
        })
    }
}

/// Whose work somebody wants to see; everybody's when nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choice {
    /// Only this person's.
    pub owner: Option<i64>,
    /// Only where something was handed in, or only where nothing was yet.
    pub submitted: Option<bool>,
    /// Only what stands so, at that time.
    pub standing: Option<(Standing, Timestamp)>,
}

crate::to_many! {
    /// From an assignment to the work of those who have begun.
    OfAssignment: Brief => Model, same_course, AssignmentId |row| row.assignment_id, Id |row| row.id; {
        type Choice = Choice;

        fn meant(choice: &Choice, scope: &ViewerScope) -> Condition {
            let is = Column::FinalSubmissionId;
            let submitted = choice.submitted.map(|yes| if yes { is.is_not_null() } else { is.is_null() });
            let standing = choice.standing.map(|(standing, now)| standing.of_work(now).add(reviewed(Column::CourseId, scope)));
            Condition::all().add_option(choice.owner.map(|owner| Column::OwnerId.eq(owner))).add_option(submitted).add_option(standing)
        }
    }
}

crate::to_many! {
    /// From an assignment to the viewer's own work.
    OwnOf: Brief => Model, same_course, AssignmentId |row| row.assignment_id, Id |row| row.id; {
        type Choice = ();

        fn meant(_: &(), scope: &ViewerScope) -> Condition {
            Condition::all().add(Column::OwnerId.eq(scope.user().unwrap_or_default()))
        }
    }
}

crate::to_one! {
    /// From work to whose it is.
    By: Model => Person, OwnerId |row| Some(row.owner_id)
}

crate::to_one! {
    /// From work to the assignment.
    On: Model => Brief, AssignmentId |row| Some(row.assignment_id)
}

crate::to_one! {
    /// From work to the submission that counts.
    Final: Model => submission::Model, FinalSubmissionId |row| row.final_submission_id
}

crate::to_one! {
    /// From work to the last that its owner has sent.
    Last: Model => backup::Model, LastBackupId |row| row.last_backup_id
}

crate::to_one! {
    /// From work to what was sent to revise it.
    Revision: Model => backup::Model, RevisionId |row| row.revision_id
}

crate::to_one! {
    /// From work to the group that shares it.
    SharedBy: Model => group::Model, GroupId |row| row.group_id
}

crate::to_one! {
    /// From work to its course.
    In: Model => course::Model, CourseId |row| Some(row.course_id)
}

/// Somebody's work on an assignment, if they have begun.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, assignment: i64, owner: i64) -> Result<Option<Model>, DbErr> {
    let theirs = Entity::find().filter(Column::AssignmentId.eq(assignment)).filter(Column::OwnerId.eq(owner));
    theirs.one(db).await
}
