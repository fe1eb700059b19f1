//! Roles: named sets of permissions. The five kinds of taking part come with what they usually allow; a course, or the whole site, may say
//! otherwise, and a course may have roles of its own.
//!
//! What somebody may in a course is said by the first of these that there is: the course's own role that they were given; what the course says
//! of their kind; what the site says of it; what usually holds.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QueryOrder,
};

use super::enrollment::{self, Role};
use crate::clock::Timestamp;
use crate::identity::user;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// None for what holds in all courses that say nothing else.
    pub course_id: Option<i64>,
    /// The word for it, such as `head_ta`; of one that says what a kind allows, that kind's word.
    pub key: String,
    /// How people know it.
    pub name: String,
    /// As what somebody takes part who has it.
    pub kind: Role,
    /// The words of what it allows, as JSON.
    pub permissions: String,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What it allows. A word that this version does not know allows nothing.
    #[must_use]
    pub fn allows(&self) -> BTreeSet<Permission> {
        read(&self.permissions)
    }
}

crate::row!(Model, {
    id: Id,
    course_id: CourseId,
    key: Key,
    name: Name,
    kind: Kind,
    permissions: Permissions,
    created_at: CreatedAt,
});

/// Those of the courses that one attends: who has one sees what it is.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [in_courses(Column::CourseId, scope.courses(Permission::Attend))])
    }
}

/// The permissions that are listed so.
#[must_use]
pub fn read(words: &str) -> BTreeSet<Permission> {
    let words: Vec<String> = serde_json::from_str(words).unwrap_or_default();
    words.iter().filter_map(|word| Permission::read(word)).collect()
}

/// The list of permissions, as it is stored.
#[must_use]
pub fn write(permissions: &BTreeSet<Permission>) -> String {
    serde_json::json!(permissions.iter().map(|permission| permission.word()).collect::<Vec<_>>()).to_string()
}

/// Those of a course, and those of the site.
///
/// # Errors
/// When the database does not answer.
pub async fn of_course(db: &impl ConnectionTrait, course: i64) -> Result<Vec<Model>, DbErr> {
    let theirs = Column::CourseId.eq(course).or(Column::CourseId.is_null());
    Entity::find().filter(theirs).order_by_asc(Column::Id).all(db).await
}

/// What somebody with this kind, or this role of the course, may in the course.
#[must_use]
pub fn effective(roles: &[Model], kind: Role, role: Option<i64>) -> BTreeSet<Permission> {
    let of_kind =
        |of_course: bool| roles.iter().find(|row| row.course_id.is_some() == of_course && row.key == kind.word());
    let said = role.and_then(|role| roles.iter().find(|row| row.id == role)).or_else(|| of_kind(true));
    match said.or_else(|| of_kind(false)) {
        Some(role) => role.allows(),
        None => kind.permissions().iter().copied().collect(),
    }
}

/// Has everybody's rights looked at anew who takes part by that role: everybody of its kind, where it says what a kind allows.
///
/// # Errors
/// When the database does not answer.
pub async fn rights_changed(tx: &impl ConnectionTrait, role: &Model) -> Result<(), DbErr> {
    let mut whose = Query::select().column(enrollment::Column::UserId).from(enrollment::Entity).to_owned();
    if role.key == role.kind.word() {
        whose.and_where(enrollment::Column::Role.eq(role.kind));
        if let Some(course) = role.course_id {
            whose.and_where(enrollment::Column::CourseId.eq(course));
        }
    } else {
        whose.and_where(enrollment::Column::RoleId.eq(role.id));
    }
    let version = user::Column::RightsVersion;
    user::Entity::update_many()
        .col_expr(version, Expr::col(version).add(1))
        .filter(user::Column::Id.in_subquery(whose))
        .exec(tx)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Model, effective, read, write};
    use crate::clock::Timestamp;
    use crate::course::enrollment::Role;
    use crate::viewer::Permission;

    fn role(id: i64, course_id: Option<i64>, key: &str, kind: Role, permissions: &[Permission]) -> Model {
        let permissions = write(&permissions.iter().copied().collect());
        Model { id, course_id, key: key.to_owned(), name: key.to_owned(), kind, permissions, created_at: Timestamp(0) }
    }

    #[test]
    fn the_nearest_word_counts() {
        let of_site = role(1, None, "grader", Role::Grader, &[Permission::Attend]);
        let of_course = role(2, Some(7), "grader", Role::Grader, &[Permission::Attend, Permission::Preview]);
        let own = role(3, Some(7), "head", Role::Grader, &[Permission::SeeAudit]);
        let all = [of_site.clone(), of_course, own];
        let count = |roles: &[Model], kind, role| effective(roles, kind, role).len();
        assert_eq!(effective(&[], Role::Student, None), BTreeSet::from([Permission::Attend]));
        assert_eq!(count(&[], Role::Grader, None), Role::Grader.permissions().len());
        assert_eq!(count(&[of_site], Role::Grader, None), 1);
        assert_eq!((count(&all, Role::Grader, None), count(&all, Role::Grader, Some(3))), (2, 1));
        assert_eq!(count(&all, Role::Instructor, None), Role::Instructor.permissions().len());
    }

    #[test]
    fn a_list_is_read_as_it_is_written() {
        let all: BTreeSet<Permission> = Permission::ALL.into_iter().collect();
        assert_eq!(read(&write(&all)), all);
        assert_eq!(read("[\"attend\",\"fly\"]"), BTreeSet::from([Permission::Attend]));
        assert_eq!(read("nonsense"), BTreeSet::new());
    }
}
