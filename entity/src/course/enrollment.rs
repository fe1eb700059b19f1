//! Who takes part in a course, and as what.

use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::clock::Timestamp;
use crate::course;
use crate::edge::{ToMany, ToOne};
use crate::identity::user::Person;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own};

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

crate::row!(Model, course CourseId, {
    id: Id,
    user_id: UserId,
    course_id: CourseId,
    role: Role,
    created_at: CreatedAt,
});

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
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [own(Column::UserId, scope), in_courses(Column::CourseId, &scope.courses(Permission::SeeRoster))])
    }
}

/// Whom of a roster somebody wants to see; everybody when nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choice {
    /// Only those with this role.
    pub role: Option<Role>,
    /// Only this person.
    pub person: Option<i64>,
}

/// From a course to its roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OfCourse;

impl ToMany for OfCourse {
    type Parent = course::Model;
    type Child = Model;
    type Choice = Choice;
    const PARENT: Column = Column::CourseId;
    const PLACE: Column = Column::Id;
    const SAME_COURSE: bool = true;

    fn parent(row: &Model) -> i64 {
        row.course_id
    }

    fn place(row: &Model) -> i64 {
        row.id
    }

    fn meant(choice: &Choice, _: &ViewerScope) -> Condition {
        Condition::all()
            .add_option(choice.role.map(|role| Column::Role.eq(role)))
            .add_option(choice.person.map(|person| Column::UserId.eq(person)))
    }
}

/// From a person to their enrollments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OfPerson;

impl ToMany for OfPerson {
    type Parent = Person;
    type Child = Model;
    type Choice = ();
    const PARENT: Column = Column::UserId;
    const PLACE: Column = Column::Id;

    fn parent(row: &Model) -> i64 {
        row.user_id
    }

    fn place(row: &Model) -> i64 {
        row.id
    }
}

/// From an enrollment to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Of;

impl ToOne for Of {
    type Parent = Model;
    type Child = Person;
    const CHILD: Column = Column::UserId;

    fn child(row: &Model) -> Option<i64> {
        Some(row.user_id)
    }
}

/// From an enrollment to the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct In;

impl ToOne for In {
    type Parent = Model;
    type Child = course::Model;
    const CHILD: Column = Column::CourseId;

    fn child(row: &Model) -> Option<i64> {
        Some(row.course_id)
    }
}

/// From a course to the viewer's own enrollment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnOfCourse;

impl ToMany for OwnOfCourse {
    type Parent = course::Model;
    type Child = Model;
    type Choice = ();
    const PARENT: Column = Column::CourseId;
    const PLACE: Column = Column::Id;
    const SAME_COURSE: bool = true;

    fn parent(row: &Model) -> i64 {
        row.course_id
    }

    fn place(row: &Model) -> i64 {
        row.id
    }

    fn meant(_: &(), scope: &ViewerScope) -> Condition {
        Condition::all().add(Column::UserId.eq(scope.user().unwrap_or_default()))
    }
}
