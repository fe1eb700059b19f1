//! The log of changes of rights, memberships, grades and deadlines: who did what, to whom, where, when. The database refuses to change or
//! remove a row. It holds keys and no names or addresses, so that it can stay when a person is forgotten.

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait as _, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, Set,
};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::identity::user::Person;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub at: Timestamp,
    /// What was done: `user.disabled`. See [`Action`].
    pub action: String,
    /// Who did it; none for the platform itself or its operator at the machine.
    pub actor_id: Option<i64>,
    /// By which session.
    pub session_id: Option<i64>,
    /// Whom it is about.
    pub user_id: Option<i64>,
    /// In which course; none for the site.
    pub course_id: Option<i64>,
    /// What it was before and is now, as JSON that we wrote.
    pub details: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, {
    id: Id,
    at: At,
    action: Action,
    actor_id: ActorId,
    session_id: SessionId,
    user_id: UserId,
    course_id: CourseId,
    details: Details,
});

/// For those who may see it in the course. What is of no course is for who sees everything.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [in_courses(Column::CourseId, scope.courses(Permission::SeeAudit))])
    }
}

/// What is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    UserInvited,
    UserCreated,
    UserVerified,
    UserDisabled,
    UserEnabled,
    PasswordChanged,
    PasswordReset,
    ResetSent,
    AddressChanged,
    SessionsEnded,
    TokenCreated,
    Enrolled,
    RoleChanged,
    KeysRotated,
    ProgramRegistered,
    ProgramAllowed,
    Unenrolled,
    RoleSet,
    CourseTransferred,
    Impersonated,
    AccountExported,
    AccountErased,
    IdentityConnected,
    IdentityDisconnected,
    UserPromoted,
    UserDemoted,
    ProgramRemoved,
    RoleRemoved,
    GroupInvited,
    GroupJoined,
    GroupDeclined,
    GroupLeft,
    GroupRemoved,
    GroupUninvited,
    GroupFormed,
    ExtensionRequested,
    ExtensionGranted,
    ExtensionDeclined,
    ExtensionWithdrawn,
    SubmissionFlagged,
    BackupPromoted,
    EnrollmentChanged,
    JoinCodeMade,
    JoinCodeRevoked,
    ScoreGiven,
    ProgramChanged,
    AssignmentCreated,
    AssignmentChanged,
    BackupTried,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 49] = [
        Self::UserInvited,
        Self::UserCreated,
        Self::UserVerified,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::ResetSent,
        Self::AddressChanged,
        Self::SessionsEnded,
        Self::TokenCreated,
        Self::Enrolled,
        Self::RoleChanged,
        Self::KeysRotated,
        Self::ProgramRegistered,
        Self::ProgramAllowed,
        Self::Unenrolled,
        Self::RoleSet,
        Self::CourseTransferred,
        Self::Impersonated,
        Self::AccountExported,
        Self::AccountErased,
        Self::IdentityConnected,
        Self::IdentityDisconnected,
        Self::RoleRemoved,
        Self::ProgramRemoved,
        Self::UserDemoted,
        Self::UserPromoted,
        Self::GroupInvited,
        Self::GroupJoined,
        Self::GroupDeclined,
        Self::GroupLeft,
        Self::GroupRemoved,
        Self::GroupUninvited,
        Self::GroupFormed,
        Self::ExtensionRequested,
        Self::ExtensionGranted,
        Self::ExtensionDeclined,
        Self::ExtensionWithdrawn,
        Self::SubmissionFlagged,
        Self::BackupPromoted,
        Self::EnrollmentChanged,
        Self::JoinCodeMade,
        Self::JoinCodeRevoked,
        Self::ScoreGiven,
        Self::ProgramChanged,
        Self::AssignmentCreated,
        Self::AssignmentChanged,
        Self::BackupTried,
    ];

    /// The word for it, as it is stored and searched for.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UserInvited => "user.invited",
            Self::UserCreated => "user.created",
            Self::UserVerified => "user.verified",
            Self::UserDisabled => "user.disabled",
            Self::UserEnabled => "user.enabled",
            Self::PasswordChanged => "password.changed",
            Self::PasswordReset => "password.reset",
            Self::ResetSent => "password.reset_sent",
            Self::AddressChanged => "address.changed",
            Self::SessionsEnded => "sessions.ended",
            Self::TokenCreated => "token.created",
            Self::Enrolled => "enrollment.created",
            Self::RoleChanged => "enrollment.role_changed",
            Self::KeysRotated => "keys.rotated",
            Self::ProgramRegistered => "program.registered",
            Self::ProgramAllowed => "program.allowed",
            Self::Unenrolled => "enrollment.removed",
            Self::RoleSet => "role.set",
            Self::CourseTransferred => "course.transferred",
            Self::Impersonated => "user.impersonated",
            Self::AccountExported => "account.exported",
            Self::AccountErased => "account.erased",
            Self::IdentityConnected => "identity.connected",
            Self::IdentityDisconnected => "identity.disconnected",
            Self::RoleRemoved => "role.removed",
            Self::GroupInvited => "group.invited",
            Self::GroupJoined => "group.joined",
            Self::GroupDeclined => "group.declined",
            Self::GroupLeft => "group.left",
            Self::GroupRemoved => "group.removed",
            Self::GroupUninvited => "group.uninvited",
            Self::GroupFormed => "group.formed",
            Self::ExtensionRequested => "extension.requested",
            Self::ExtensionGranted => "extension.granted",
            Self::ExtensionDeclined => "extension.declined",
            Self::ExtensionWithdrawn => "extension.withdrawn",
            Self::SubmissionFlagged => "submission.flagged",
            Self::BackupPromoted => "backup.promoted",
            Self::EnrollmentChanged => "enrollment.changed",
            Self::JoinCodeMade => "join_code.created",
            Self::JoinCodeRevoked => "join_code.revoked",
            Self::ScoreGiven => "score.given",
            Self::ProgramChanged => "program.changed",
            Self::AssignmentCreated => "assignment.created",
            Self::AssignmentChanged => "assignment.changed",
            Self::BackupTried => "backup.tried",
            Self::ProgramRemoved => "program.removed",
            Self::UserDemoted => "user.demoted",
            Self::UserPromoted => "user.promoted",
        }
    }
}

/// Something to be noted.
#[derive(Clone, Debug)]
pub struct Entry {
    pub action: Action,
    /// Who did it; none for the platform or its operator.
    pub actor: Option<i64>,
    /// By which session.
    pub session: Option<i64>,
    /// Whom it is about.
    pub user: Option<i64>,
    pub course: Option<i64>,
    /// What it was before and is now: keys and words, never names, addresses or secrets.
    pub details: Value,
}

impl Entry {
    fn row(self, now: Timestamp) -> ActiveModel {
        ActiveModel {
            at: Set(now),
            action: Set(self.action.word().to_owned()),
            actor_id: Set(self.actor),
            session_id: Set(self.session),
            user_id: Set(self.user),
            course_id: Set(self.course),
            details: Set(self.details.to_string()),
            ..Default::default()
        }
    }
}

/// Notes it; answers its key.
///
/// # Errors
/// When the database does not answer.
pub async fn note(tx: &impl ConnectionTrait, entry: Entry, now: Timestamp) -> Result<i64, DbErr> {
    entry.row(now).insert(tx).await.map(|row| row.id)
}

/// Notes many at once.
///
/// # Errors
/// When the database does not answer.
pub async fn note_all(tx: &impl ConnectionTrait, entries: Vec<Entry>, now: Timestamp) -> Result<(), DbErr> {
    const AT_ONCE: usize = 500;
    let mut entries = entries.into_iter().map(|entry| entry.row(now)).peekable();
    while entries.peek().is_some() {
        Entity::insert_many(entries.by_ref().take(AT_ONCE)).exec_without_returning(tx).await?;
    }
    Ok(())
}

crate::to_one! {
    /// From an entry to who did it.
    By: Model => Person, ActorId |row| row.actor_id
}

crate::to_one! {
    /// From an entry to whom it is about.
    About: Model => Person, UserId |row| row.user_id
}
