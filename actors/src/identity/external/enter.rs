//! Coming in as who a provider says that one is.

use entity::identity::audit::Action;
use entity::identity::external_identity;
use entity::identity::ticket::{self, Purpose};
use entity::identity::user;
use sea_orm::{ActiveModelTrait as _, DbErr, Set, Unchanged};
use serde_json::json;

use super::{Connected, Terms, Told, connect_with, tell};
use crate::deps::Deps;
use crate::identity::audit::{by_oneself, note};
use crate::identity::requests;
use crate::problem::Problem;
use crate::write::Write;

/// What came of it.
#[derive(Debug)]
pub enum Entered {
    /// Their account.
    Known(Box<user::Model>),
    /// They must [show a password](super::connect) once.
    Stranger(Why),
}

/// Why nobody is known by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The provider says no address that counts.
    NoAddress,
    /// There is no account with the address.
    NoAccount,
    /// There is one, which is not given to somebody by an address alone.
    NeedsPassword,
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnterCode {
    /// The account is closed.
    Closed,
}

/// Whose account it is; connected now, if it was not.
///
/// # Errors
/// When the account is closed, or something breaks.
pub async fn enter(deps: &Deps, told: &Told, terms: Terms) -> Result<Entered, Problem<EnterCode>> {
    let mut write = Write::begin(deps).await?;
    let known = external_identity::find(write.tx(), &told.issuer, &told.subject).await?;
    if let Some(known) = known.filter(|known| known.ended_at.is_none()) {
        let user = user::lock(write.tx(), known.user_id).await?.filter(user::Model::is_open).ok_or_else(closed)?;
        if !external_identity::touch(write.tx(), known.id, write.now).await? {
            // A new password has ended it at this moment.
            return Ok(Entered::Stranger(Why::NeedsPassword));
        }
        write.commit().await?;
        return Ok(Entered::Known(Box::new(user)));
    }
    let Some(email) = told.address(terms) else { return Ok(Entered::Stranger(Why::NoAddress)) };
    let account = match user::by_email(write.tx(), &email).await? {
        Some(there) => there.id,
        None if terms.makes_accounts => requests::begin(&write, &email, &name(told, &email)).await?,
        None => return Ok(Entered::Stranger(Why::NoAccount)),
    };
    let user = user::lock(write.tx(), account).await?.filter(|user| user.email == email);
    let Some(user) = user else {
        // It got another address at this moment.
        return Ok(Entered::Stranger(Why::NoAccount));
    };
    if user.disabled_at.is_some() {
        return Err(closed());
    }
    let others = external_identity::had_another(write.tx(), user.id, &told.issuer, &told.subject).await?;
    if others || user.admin && user.is_open() {
        // Somebody else may have been given the address since, or was shut out.
        return Ok(Entered::Stranger(Why::NeedsPassword));
    }
    let connected = connect_with(&write, user.id, told).await?;
    let user = match connected {
        Connected::Elsewhere(_) => return Ok(Entered::Stranger(Why::NeedsPassword)),
        Connected::Now(_) if user.verified_at.is_none() => claim(&write, user, told).await?,
        Connected::Now(entry) => {
            tell(&mut write, user.id, entry).await?;
            user
        }
        Connected::Already => user,
    };
    write.commit().await?;
    Ok(Entered::Known(Box::new(user)))
}

/// Makes an account that nobody has made theirs that of who has come. A stranger may have chosen its name.
async fn claim(write: &Write, user: user::Model, told: &Told) -> Result<user::Model, DbErr> {
    ticket::withdraw(write.tx(), user.id, [Purpose::Invite, Purpose::Register], write.now).await?;
    let row = user::ActiveModel {
        id: Unchanged(user.id),
        name: Set(name(told, &user.email)),
        verified_at: Set(Some(write.now)),
        ..Default::default()
    };
    let user = row.update(write.tx()).await?;
    note(write, by_oneself(user.id, Action::UserVerified, json!({}))).await?;
    Ok(user)
}

/// What the provider calls them for others to read; what stands before the `@` where it has no name that can be one.
fn name(told: &Told, email: &str) -> String {
    let said = told.name.as_deref().and_then(user::normal_name);
    said.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned())
}

fn closed() -> Problem<EnterCode> {
    Problem::refused(EnterCode::Closed, "Your account here is closed. Ask whoever runs the site.")
}
