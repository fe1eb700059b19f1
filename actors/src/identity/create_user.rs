//! Making an account.

use entity::identity::user;
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use super::password;
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// An account to be made.
#[derive(Debug)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub password: String,
    pub admin: bool,
}

/// Why it was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateUserCode {
    NotAllowed,
    EmailInvalid,
    EmailTaken,
    NameEmpty,
    PasswordLength,
}

/// Makes the account. For the site's staff.
///
/// # Errors
/// When the viewer may not, the input is not good, or something breaks.
pub async fn create_user(
    deps: &Deps,
    viewer: &ViewerScope,
    new: NewUser,
) -> Result<user::Model, Problem<CreateUserCode>> {
    if !viewer.may_administer() {
        return Err(Problem::refused(CreateUserCode::NotAllowed, "Only the site's staff may make accounts."));
    }
    let email = user::normal_email(&new.email).ok_or_else(|| {
        let message = format!("`{}` is not an address such as ada@example.org.", new.email);
        Problem::refused_at(CreateUserCode::EmailInvalid, message, &["email"])
    })?;
    let name = new.name.trim();
    if name.is_empty() {
        return Err(Problem::refused_at(CreateUserCode::NameEmpty, "A person needs a name.", &["name"]));
    }
    if new.password.chars().count() < password::MIN_LENGTH || new.password.len() > password::MAX_LENGTH {
        let message = format!(
            "A password has at least {} characters and at most {} bytes.",
            password::MIN_LENGTH,
            password::MAX_LENGTH
        );
        return Err(Problem::refused_at(CreateUserCode::PasswordLength, message, &["password"]));
    }
    let hash = password::hash(new.password).await?;
    let write = Write::begin(deps).await?;
    if user::Entity::find().filter(user::Column::Email.eq(email.as_str())).one(write.tx()).await?.is_some() {
        let message = format!("There is an account for {email} already.");
        return Err(Problem::refused_at(CreateUserCode::EmailTaken, message, &["email"]));
    }
    let row = user::ActiveModel {
        email: Set(email),
        name: Set(name.to_owned()),
        password_hash: Set(Some(hash)),
        admin: Set(new.admin),
        rights_version: Set(0),
        created_at: Set(write.now),
        ..Default::default()
    };
    let user = row.insert(write.tx()).await?;
    write.commit().await?;
    Ok(user)
}
