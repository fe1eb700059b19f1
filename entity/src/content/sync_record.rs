//! Who has synchronised what, when, and from which commit. What was as it had been is not kept: nothing came of it.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use super::check::CheckOutcome;
use crate::clock::Timestamp;
use crate::identity::user::Person;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_sync")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The job that did it, which may be gone.
    pub job: i64,
    /// `mission/204` or `assignment/word-counts`.
    pub subject: String,
    /// None as long as it has never been stored in a course.
    pub course_id: Option<i64>,
    pub outcome: CheckOutcome,
    pub errors: i32,
    pub warnings: i32,
    /// None when the site itself did.
    pub requester_id: Option<i64>,
    /// Of the repository that the folder belongs to: 40 or 64 hexadecimal digits.
    pub commit_hash: Option<String>,
    pub done_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, {
    id: Id,
    job: Job,
    subject: Subject,
    course_id: CourseId,
    outcome: Outcome,
    errors: Errors,
    warnings: Warnings,
    requester_id: RequesterId,
    commit_hash: CommitHash,
    done_at: DoneAt,
});

/// Those who manage the content; of what was never stored, the site's staff.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [in_courses(Column::CourseId, scope.courses(Permission::ManageContent))])
    }
}

crate::to_one! {
    /// From a synchronisation to who had it done.
    By: Model => Person, RequesterId |row| row.requester_id
}
