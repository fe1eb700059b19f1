//! A comment: what somebody says about a line of somebody's work.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::clock::Timestamp;
use crate::identity::user::Person;
use crate::submission;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, about_shared, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "comment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The work, handed in or not.
    pub backup_id: i64,
    pub course_id: i64,
    /// Whose work it is about.
    pub owner_id: i64,
    pub author_id: i64,
    /// The name of the file.
    pub filename: String,
    /// The line, from 1.
    pub line: i32,
    /// Markdown, as it came.
    pub message: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    backup_id: BackupId,
    course_id: CourseId,
    owner_id: OwnerId,
    author_id: AuthorId,
    filename: Filename,
    line: Line,
    message: Message,
    created_at: CreatedAt,
    updated_at: UpdatedAt,
});

/// Those on one's own work, on that of one's group, and on that of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::OwnerId, Column::CourseId, scope),
                about_shared(Column::BackupId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

crate::to_many! {
    /// From a submission to what was said about it.
    OfSubmission: submission::Model => Model, same_course, BackupId |row| row.backup_id, Id |row| row.id
}

crate::to_one! {
    /// From a comment to who wrote it.
    By: Model => Person, AuthorId |row| Some(row.author_id)
}

crate::to_one! {
    /// From a comment to the submission.
    Of: Model => submission::Model, BackupId |row| Some(row.backup_id)
}
