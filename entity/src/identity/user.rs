//! A person with an account.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use crate::clock::Timestamp;
use crate::course::enrollment;
use crate::viewer::{Courses, Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, own, padded};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name to sign in with: an address in lower case.
    #[sea_orm(unique)]
    pub email: String,
    pub name: String,
    /// Argon2id in the PHC form; none for those who cannot sign in with a password.
    pub password_hash: Option<String>,
    /// Runs the site: may see and do everything.
    pub admin: bool,
    /// Moves with every change of this person's rights, in the transaction of that change.
    pub rights_version: i64,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What others see of a person. The password's hash and the rights are no part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: i64,
    pub email: String,
    pub name: String,
}

crate::row!(Person, { id: Id, email: Email, name: Name });

impl From<Model> for Person {
    fn from(row: Model) -> Self {
        Self { id: row.id, email: row.email, name: row.name }
    }
}

/// Oneself, and the people of the courses whose roster one may see.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [own(Column::Id, scope), classmates(scope.courses(Permission::SeeRoster))])
    }
}

fn classmates(courses: Courses<'_>) -> Option<Arm> {
    let Courses::These(courses) = courses else { return Some(Arm::everything()) };
    if courses.is_empty() {
        return None;
    }
    let theirs = Query::select()
        .expr(Expr::val(1))
        .from(enrollment::Entity)
        .and_where(enrollment::Column::UserId.into_expr().equals(Column::Id.as_column_ref()))
        .and_where(enrollment::Column::CourseId.is_in(padded(courses.iter().copied())))
        .to_owned();
    Some(Arm::exists(theirs))
}

/// An address as it is stored and compared: trimmed, in lower case; none if it cannot be one.
#[must_use]
pub fn normal_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (name, host) = email.split_once('@')?;
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
    (plain(name) && plain(host) && email.len() <= 254).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::normal_email;

    #[test]
    fn addresses() {
        assert_eq!(normal_email(" Ada@Example.org ").as_deref(), Some("ada@example.org"));
        for text in ["", "ada", "@x", "ada@", "a b@x", "a@b@c", "ada@x\ny"] {
            assert_eq!(normal_email(text), None, "{text}");
        }
    }
}
