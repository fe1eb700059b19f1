//! Making a token for a program: shown once, kept as a digest.

use std::collections::BTreeSet;
use std::time::Duration;

use entity::course;
use entity::identity::audit::Action;
use entity::identity::scope::{Scope, Scopes};
use entity::identity::session::{self, SessionKind};
use entity::identity::user;
use entity::viewer::{Viewer, ViewerScope};
use entity::visible::Viewable as _;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait as _, QueryFilter};
use serde_json::json;

use super::audit::{entry, note};
use super::secret::{self, SecretKind};
use super::sessions::{self, NewSession};
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// The longest life of a token, in days.
pub const MOST_DAYS: i32 = 366;
/// Tokens that somebody may have at once.
const MOST: u64 = 50;
const NAME: usize = 100;
/// Courses that one may be limited to.
const COURSES: usize = 100;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub scopes: Vec<Scope>,
    /// The keys of the only courses; none for no limit.
    pub courses: Option<BTreeSet<i64>>,
    pub days: i32,
}

/// A token as it is shown this once, and its session.
pub struct MadeToken {
    pub token: String,
    pub session: session::Model,
}

/// Why none was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateTokenCode {
    NotAllowed,
    NameInvalid,
    ScopeMissing,
    CourseUnknown,
    DaysInvalid,
    UserUnknown,
    TooMany,
}

/// Makes a token for the viewer; the site's operator makes one for whom they name.
///
/// # Errors
/// When the viewer may not, the input is not good, or something breaks.
pub async fn create_token(
    deps: &Deps,
    viewer: &ViewerScope,
    email: Option<&str>,
    new: NewToken,
) -> Result<MadeToken, Problem<CreateTokenCode>> {
    let write = Write::begin(deps).await?;
    if !sessions::still_open(&write, viewer).await? {
        return Err(may_not());
    }
    let owner = owner(&write, viewer, email).await?;
    let (name, scopes) = check(&new)?;
    if let Some(courses) = &new.courses {
        let seen = course::Entity::visible(viewer).filter(course::Column::Id.is_in(courses.iter().copied()));
        let few = (1..=COURSES).contains(&courses.len());
        if !few || seen.count(write.tx()).await? != courses.len() as u64 {
            let message = format!("A token is limited to 1 to {COURSES} courses that there are.");
            return Err(Problem::refused_at(CreateTokenCode::CourseUnknown, message, &["courses"]));
        }
    }
    let open = session::Entity::find()
        .filter(session::Column::UserId.eq(owner.id))
        .filter(session::Column::Kind.eq(SessionKind::Token))
        .filter(session::Column::ImpersonatorId.is_null())
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(write.now));
    if open.count(write.tx()).await? >= MOST {
        let message = format!("There are {MOST} tokens already. End one that is not needed any more.");
        return Err(Problem::refused(CreateTokenCode::TooMany, message));
    }
    let token = SecretKind::Token.make()?;
    let lifetime = DAY * new.days.unsigned_abs();
    let details = json!({ "scopes": scopes.to_string(), "courses": new.courses, "days": new.days });
    let session = NewSession {
        kind: SessionKind::Token,
        name,
        scopes: Some(scopes),
        courses: new.courses,
        client: None,
        impersonator: None,
        lifetime,
    };
    let session = sessions::open(&write, &owner, session, Some(secret::digest(&token))).await?;
    note(&write, entry(viewer, Action::TokenCreated, Some(owner.id), details)).await?;
    write.commit().await?;
    Ok(MadeToken { token, session })
}

/// Whose token it will be. A token cannot make tokens, so that one that leaks does not outlive its end.
async fn owner(
    write: &Write,
    viewer: &ViewerScope,
    email: Option<&str>,
) -> Result<user::Model, Problem<CreateTokenCode>> {
    let unknown = |email: &str| {
        let message = format!("There is no account for `{email}`.");
        Problem::refused_at(CreateTokenCode::UserUnknown, message, &["email"])
    };
    match (&viewer.viewer, email) {
        (Viewer::Person(person), None) if viewer.is_unlimited() => {
            let user = user::Entity::find_by_id(*person).one(write.tx()).await?;
            user.ok_or_else(|| Fault::Internal("a viewer without an account".into()).into())
        }
        (Viewer::System(_), Some(email)) => {
            let address = user::normal_email(email).ok_or_else(|| unknown(email))?;
            let user = user::by_email(write.tx(), &address).await?;
            user.ok_or_else(|| unknown(email))
        }
        _ => Err(may_not()),
    }
}

fn may_not() -> Problem<CreateTokenCode> {
    let message = "A token is made by its owner after a sign-in that has not ended, and not with a token; for others, by the site's operator.";
    Problem::refused(CreateTokenCode::NotAllowed, message)
}

fn check(new: &NewToken) -> Result<(String, Scopes), Problem<CreateTokenCode>> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME || name.contains(char::is_control) {
        let message = format!("A token needs a name of 1 to {NAME} characters, by which you will know it.");
        return Err(Problem::refused_at(CreateTokenCode::NameInvalid, message, &["name"]));
    }
    if !(1..=MOST_DAYS).contains(&new.days) {
        let message = format!("A token ends after 1 to {MOST_DAYS} days.");
        return Err(Problem::refused_at(CreateTokenCode::DaysInvalid, message, &["days"]));
    }
    let scopes = Scopes::of(new.scopes.iter().copied());
    let scopes =
        scopes.map_err(|fault| Problem::refused_at(CreateTokenCode::ScopeMissing, fault.to_string(), &["scopes"]))?;
    Ok((name.to_owned(), scopes))
}
