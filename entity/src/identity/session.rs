//! A way in for one person: a sign-in, a program that they let in, or a token that they made. Ending it ends whatever was given for it.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait as _, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel,
    DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter as _, QuerySelect as _,
};

use super::scope::Scopes;
use crate::clock::Timestamp;
use crate::identity::user::Person;
use crate::viewer::{Grant, ViewerScope};
use crate::visible::{Arm, Viewable, arms, own};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub kind: SessionKind,
    /// The SHA-256 of the secret that its bearer shows: a cookie, or a token that somebody made. None where tokens are signed for it.
    #[sea_orm(unique)]
    pub digest: Option<Vec<u8>>,
    /// The digest before that one, which counts for [a moment](GRACE) longer: a browser asks several things at once.
    pub previous: Option<Vec<u8>>,
    /// When the secret was replaced.
    pub rotated_at: Option<Timestamp>,
    /// The version of its owner's rights when its secret was made. A cookie is replaced when they have changed.
    pub rights_version: i64,
    /// How its owner tells it from others: the program that signed in, or the name that they gave to a token.
    pub name: String,
    /// What it may be used for, as [`Scopes`] writes it; none for whatever its owner may.
    pub scopes: Option<String>,
    /// The keys of the courses that it is limited to, as JSON; none for no limit.
    pub courses: Option<String>,
    /// The program that was let in, by the name by which it asks.
    pub client: Option<String>,
    /// Who acts in its owner's name by it.
    pub impersonator_id: Option<i64>,
    pub created_at: Timestamp,
    /// About when it was used last: the row is not written for every request.
    pub last_used_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// For so long a secret counts that was replaced.
pub const GRACE: Duration = Duration::from_secs(60);

/// What is no secret of it: a digest lets nobody in, but it has no place in a log either.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What kind of way in it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum SessionKind {
    /// A browser with a cookie.
    #[sea_orm(string_value = "browser")]
    Browser,
    /// A program that has signed in with the person's password, and renews what it got.
    #[sea_orm(string_value = "script")]
    Script,
    /// A program that the person let in without giving it a password.
    #[sea_orm(string_value = "application")]
    Application,
    /// A token that the person has made for a program.
    #[sea_orm(string_value = "token")]
    Token,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether it is still a way in.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// What it may be used for. Something that cannot be read allows nothing.
    #[must_use]
    pub fn grant(&self) -> Option<Grant> {
        if self.scopes.is_none() && self.courses.is_none() {
            return None;
        }
        let scopes = self.scopes.as_deref().and_then(|scopes| Scopes::parse(scopes).ok());
        let courses = self.courses.as_deref().map(|courses| serde_json::from_str(courses).unwrap_or_default());
        Some(Grant { scopes, courses })
    }
}

/// What its owner sees of it: everything but the digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: i64,
    pub user_id: i64,
    pub kind: SessionKind,
    pub name: String,
    pub scopes: Option<String>,
    pub courses: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

crate::row!(Listed, {
    id: Id,
    user_id: UserId,
    kind: Kind,
    name: Name,
    scopes: Scopes,
    courses: Courses,
    created_at: CreatedAt,
    last_used_at: LastUsedAt,
    expires_at: ExpiresAt,
    revoked_at: RevokedAt,
});

impl From<Model> for Listed {
    fn from(row: Model) -> Self {
        let Model {
            id, user_id, kind, name, scopes, courses, created_at, last_used_at, expires_at, revoked_at, ..
        } = row;
        Self { id, user_id, kind, name, scopes, courses, created_at, last_used_at, expires_at, revoked_at }
    }
}

/// One's own; by a token, only itself, whoever's it is.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        match scope.session {
            Some(session) if !scope.is_unlimited() => vec![Arm::of(Column::Id.eq(session))],
            None if !scope.is_unlimited() => Vec::new(),
            _ => arms(scope, [own(Column::UserId, scope)]),
        }
    }
}

crate::to_one! {
    /// From a session to whose it is.
    Of: Listed => Person, UserId |row| Some(row.user_id)
}

/// Ends the sessions that were opened for a program, whoever let it in; how many were open.
///
/// # Errors
/// When the database does not answer.
pub async fn end_of_client(tx: &impl ConnectionTrait, client: &str, now: Timestamp) -> Result<u64, DbErr> {
    let ended = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .filter(Column::Client.eq(client))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now));
    Ok(ended.exec(tx).await?.rows_affected)
}

/// A session, which nobody ends before the transaction has.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(tx: &impl ConnectionTrait, session: i64) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(session).lock_exclusive().one(tx).await
}
