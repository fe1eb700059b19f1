//! Who takes part in a course, and as what.

use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelBehavior, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use crate::clock::Timestamp;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Viewable, arms, in_courses, own};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub course_id: i64,
    pub role: Role,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A role in a course; each allows what those before it allow, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Role {
    #[sea_orm(string_value = "student")]
    Student,
    #[sea_orm(string_value = "lab_assistant")]
    LabAssistant,
    #[sea_orm(string_value = "grader")]
    Grader,
    #[sea_orm(string_value = "teaching_assistant")]
    TeachingAssistant,
    #[sea_orm(string_value = "instructor")]
    Instructor,
}

impl Role {
    /// What the role allows.
    #[must_use]
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{Attend, ManageContent, Preview, ReviewWork, SeeRoster};
        match self {
            Self::Student => &[Attend],
            Self::LabAssistant => &[Attend, Preview],
            Self::Grader | Self::TeachingAssistant => &[Attend, Preview, ReviewWork, SeeRoster],
            Self::Instructor => &[Attend, Preview, ReviewWork, SeeRoster, ManageContent],
        }
    }
}

/// One's own enrollments, and the rosters that one may see.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Condition> {
        arms(scope, [own(Column::UserId, scope), in_courses(Column::CourseId, &scope.courses(Permission::SeeRoster))])
    }
}
