//! Who takes part in a course, and as what.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveEnum, ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel,
    DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter as _,
};

use crate::clock::Timestamp;
use crate::course;
use crate::course::role;
use crate::identity::user::Person;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub course_id: i64,
    /// As what they take part.
    pub role: Role,
    /// The course's own role that they were given, which says what they may.
    pub role_id: Option<i64>,
    /// Whether the course is theirs: they may everything in it, and nobody takes that from them.
    pub owner: bool,
    pub created_at: Timestamp,
}

impl Model {
    /// What they may in the course, which has these roles.
    #[must_use]
    pub fn allows(&self, roles: &[role::Model]) -> BTreeSet<Permission> {
        if self.owner { Permission::ALL.into_iter().collect() } else { role::effective(roles, self.role, self.role_id) }
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    user_id: UserId,
    course_id: CourseId,
    role: Role,
    role_id: RoleId,
    owner: Owner,
    created_at: CreatedAt,
});

/// As what somebody takes part in a course. What it allows usually is here; a course may [say otherwise](super::role).
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
    /// The word for it, as it is stored.
    #[must_use]
    pub fn word(self) -> String {
        ActiveEnum::to_value(&self)
    }

    /// What it usually allows.
    #[must_use]
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{Attend, GrantExtensions, Preview, ReviewWork, SeeRoster};
        match self {
            Self::Student => &[Attend],
            Self::LabAssistant => &[Attend, Preview],
            Self::Grader => &[Attend, Preview, ReviewWork, SeeRoster],
            Self::TeachingAssistant => &[Attend, Preview, ReviewWork, SeeRoster, GrantExtensions],
            Self::Instructor => &Permission::ALL,
        }
    }
}

/// One's own enrollments, and the rosters that one may see.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::UserId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::SeeRoster)),
            ],
        )
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

crate::to_many! {
    /// From a course to its roster.
    OfCourse: course::Model => Model, same_course, CourseId |row| row.course_id, Id |row| row.id; {
        type Choice = Choice;

        fn meant(choice: &Choice, _: &ViewerScope) -> Condition {
            Condition::all()
                .add_option(choice.role.map(|role| Column::Role.eq(role)))
                .add_option(choice.person.map(|person| Column::UserId.eq(person)))
        }
    }
}

crate::to_many! {
    /// From a person to their enrollments.
    OfPerson: Person => Model, any_course, UserId |row| row.user_id, Id |row| row.id
}

/// Leaves everybody with their kind who was given that role of a course's own; how many they were.
///
/// # Errors
/// When the database does not answer.
pub async fn without_role(tx: &impl ConnectionTrait, role: i64) -> Result<u64, DbErr> {
    let theirs = Entity::update_many().col_expr(Column::RoleId, Expr::value(None::<i64>));
    Ok(theirs.filter(Column::RoleId.eq(role)).exec(tx).await?.rows_affected)
}

crate::to_one! {
    /// From a part in a course to the course's own role that was given for it.
    OwnRole: Model => role::Model, RoleId |row| row.role_id
}

crate::to_one! {
    /// From an enrollment to the person.
    Of: Model => Person, UserId |row| Some(row.user_id)
}

crate::to_one! {
    /// From an enrollment to the course.
    In: Model => course::Model, CourseId |row| Some(row.course_id)
}

crate::to_many! {
    /// From a course to the viewer's own enrollment.
    OwnOfCourse: course::Model => Model, same_course, CourseId |row| row.course_id, Id |row| row.id; {
        type Choice = ();

        fn meant(_: &(), scope: &ViewerScope) -> Condition {
            Condition::all().add(Column::UserId.eq(scope.user().unwrap_or_default()))
        }
    }
}
