//! A person with an account.

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter as _, QuerySelect as _, Set, Statement,
};

use crate::clock::Timestamp;
use crate::course::enrollment;
use crate::submission::member;
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
    /// When they showed that letters to the address reach them; none before. Who has not cannot sign in.
    pub verified_at: Option<Timestamp>,
    /// Since when nobody can come in by this account.
    pub disabled_at: Option<Timestamp>,
}

impl Model {
    /// Whether its owner can come in.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.verified_at.is_some() && self.disabled_at.is_none()
    }
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

/// Oneself, those of the groups that one is in or invited to, and the people of the courses whose roster one may see.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [own(Column::Id, scope), mates(scope), classmates(scope.courses(Permission::SeeRoster))])
    }
}

fn mates(scope: &ViewerScope) -> Option<Arm> {
    let groups = padded(scope.groups());
    if groups.is_empty() {
        return None;
    }
    let theirs = Query::select()
        .expr(Expr::val(1))
        .from(member::Entity)
        .and_where(member::Column::UserId.into_expr().equals(Column::Id.as_column_ref()))
        .and_where(member::Column::GroupId.is_in(groups))
        .and_where_option(scope.limit().map(|limit| member::Column::CourseId.is_in(padded(limit.iter().copied()))))
        .to_owned();
    Some(Arm::exists(theirs))
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

/// The person with that address, which is as it is stored.
///
/// # Errors
/// When the database does not answer.
pub async fn by_email(db: &impl ConnectionTrait, email: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Email.eq(email)).one(db).await
}

/// A person, whom nobody else changes before the transaction has ended.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(tx: &impl ConnectionTrait, user: i64) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(user).lock_exclusive().one(tx).await
}

/// Has somebody's rights looked at anew.
///
/// # Errors
/// When the database does not answer.
pub async fn rights_changed(tx: &impl ConnectionTrait, user: i64) -> Result<(), DbErr> {
    let moved = Entity::update_many().col_expr(Column::RightsVersion, Expr::col(Column::RightsVersion).add(1));
    moved.filter(Column::Id.eq(user)).exec(tx).await.map(drop)
}

/// Has the rights of many looked at anew.
///
/// # Errors
/// When the database does not answer.
pub async fn rights_of_all_changed(tx: &impl ConnectionTrait, users: &[i64]) -> Result<(), DbErr> {
    let mut users = users.to_vec();
    users.sort_unstable();
    for users in users.chunks(AT_ONCE) {
        let moved = Entity::update_many().col_expr(Column::RightsVersion, Expr::col(Column::RightsVersion).add(1));
        moved.filter(Column::Id.is_in(users.to_vec())).exec(tx).await?;
    }
    Ok(())
}

/// How many rows a statement takes.
const AT_ONCE: usize = 1_000;

/// The people with these addresses, which are as they are stored.
///
/// # Errors
/// When the database does not answer.
pub async fn by_emails(db: &impl ConnectionTrait, emails: &[String]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for emails in emails.chunks(AT_ONCE) {
        found.extend(Entity::find().filter(Column::Email.is_in(emails)).all(db).await?);
    }
    Ok(found)
}

/// Makes accounts of these addresses and names, which nobody can use yet. Those that are there stay as they are.
///
/// # Errors
/// When the database does not answer.
pub async fn begin(tx: &impl ConnectionTrait, people: &[(String, String)], now: Timestamp) -> Result<(), DbErr> {
    let mut people: Vec<&(String, String)> = people.iter().collect();
    // In one order, so that two who make the same accounts wait for each other instead of deadlocking.
    people.sort();
    for people in people.chunks(AT_ONCE) {
        let rows = people.iter().map(|(email, name)| ActiveModel {
            email: Set(email.clone()),
            name: Set(name.clone()),
            admin: Set(false),
            rights_version: Set(0),
            created_at: Set(now),
            ..Default::default()
        });
        let first_wins = OnConflict::column(Column::Email).do_nothing().to_owned();
        Entity::insert_many(rows).on_conflict(first_wins).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Accounts that nobody has made theirs and that nothing else refers to but letters: people have asked for them, or somebody in their name.
const UNCLAIMED: &str = "SELECT u.id FROM \"user\" AS u WHERE u.verified_at IS NULL AND u.password_hash IS NULL AND u.disabled_at IS NULL \
     AND u.created_at < $1 AND NOT EXISTS (SELECT 1 FROM enrollment AS e WHERE e.user_id = u.id) \
     AND NOT EXISTS (SELECT 1 FROM ticket AS t WHERE t.user_id = u.id) \
     AND NOT EXISTS (SELECT 1 FROM audit_entry AS a WHERE a.user_id = u.id OR a.actor_id = u.id)";

/// Removes the accounts from before then that nobody has made theirs, with the letters to them.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_unclaimed(tx: &impl ConnectionTrait, before: Timestamp) -> Result<(), DbErr> {
    for delete in ["DELETE FROM letter WHERE recipient_id IN", "DELETE FROM \"user\" WHERE id IN"] {
        let text = format!("{delete} ({UNCLAIMED})");
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), text, [before.into()])).await?;
    }
    Ok(())
}

/// The longest name of a person, in characters.
pub const NAME_LENGTH: usize = 200;

/// A name as it is stored: trimmed, of 1 to [`NAME_LENGTH`] characters, none of which steers a terminal or a letter; none if it cannot be one.
#[must_use]
pub fn normal_name(text: &str) -> Option<String> {
    let name = text.trim();
    let good = !name.is_empty() && name.chars().count() <= NAME_LENGTH && !name.contains(char::is_control);
    good.then(|| name.to_owned())
}

/// An address as it is stored and compared: trimmed, in lower case, its host as DNS has it; none if it cannot be one.
///
/// Before the `@` only ASCII is taken: two addresses that look alike, one with a letter of another alphabet, would be two accounts. A host
/// in another alphabet is kept in the form that DNS uses (`xn--…`), which looks like nothing else.
#[must_use]
pub fn normal_email(text: &str) -> Option<String> {
    let (name, host) = text.trim().split_once('@')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let dots = !name.starts_with('.') && !name.ends_with('.') && !name.contains("..");
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) || !dots {
        return None;
    }
    let host = idna::domain_to_ascii_strict(host).ok().filter(|host| !host.is_empty() && !host.ends_with('.'))?;
    let email = format!("{}@{host}", name.to_ascii_lowercase());
    (email.len() <= 254).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::{normal_email, normal_name};

    #[test]
    fn addresses() {
        for (text, stored) in [
            (" Ada@Example.org ", "ada@example.org"),
            ("a.b+c@x", "a.b+c@x"),
            ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
            // Fullwidth letters are those letters to DNS.
            ("ada@ｅxample.org", "ada@example.org"),
            // The first letter is Cyrillic, which shows.
            ("ada@еxample.org", "ada@xn--xample-2of.org"),
        ] {
            assert_eq!(normal_email(text).as_deref(), Some(stored), "{text}");
        }
        let long = format!("ada@{}", "x.".repeat(130));
        // The first letter of the last two is Cyrillic, and the sign of the unit Kelvin.
        for text in [
            "",
            "ada",
            "@x",
            "ada@",
            "a b@x",
            "a@b@c",
            "ada@x\ny",
            ".a@x",
            "a..b@x",
            "a\"b@x",
            &long,
            "аda@x",
            "\u{212a}ada@x",
        ] {
            assert_eq!(normal_email(text), None, "{text}");
        }
    }

    #[test]
    fn names() {
        assert_eq!(normal_name(" Ada Lovelace ").as_deref(), Some("Ada Lovelace"));
        for text in ["", "  ", "Ada\nBcc: x", "\u{1b}[2J", &"x".repeat(201)] {
            assert_eq!(normal_name(text), None, "{text:?}");
        }
    }
}
