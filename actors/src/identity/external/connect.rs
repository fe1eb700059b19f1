//! Showing once, by its password, which account belongs to somebody of a provider.

use entity::identity::{external_identity, user};

use super::{Connected, Told, connect_with, noted, tell};
use crate::deps::Deps;
use crate::identity::sign_in::{self, Credentials, SignInCode};
use crate::problem::Problem;
use crate::write::Write;

/// Why it is not connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectCode {
    /// The address and the password do not belong together.
    WrongCredentials,
    /// There were too many attempts that were wrong.
    TooManyAttempts,
    /// It belongs to another account meanwhile.
    Taken,
}

/// Connects somebody of a provider with the account whose password they show.
///
/// # Errors
/// When address and password are not right, there were too many attempts, it belongs to another account, or something breaks.
pub async fn connect(deps: &Deps, shown: Credentials, told: &Told) -> Result<user::Model, Problem<ConnectCode>> {
    let user = sign_in::check(deps, shown).await.map_err(as_own)?;
    let mut write = Write::begin(deps).await?;
    if !sign_in::is_same(&write, &user).await? {
        return Err(as_own(sign_in::wrong()));
    }
    match connect_with(&write, user.id, told).await? {
        Connected::Now(entry) => tell(&mut write, user.id, entry).await?,
        Connected::Already => {}
        Connected::Elsewhere(row) if external_identity::reconnect(write.tx(), row.id, user.id, write.now).await? => {
            let entry = noted(&write, user.id, told).await?;
            tell(&mut write, user.id, entry).await?;
        }
        Connected::Elsewhere(_) => {
            let message = "You are connected with another account already. Sign in once more.";
            return Err(Problem::refused(ConnectCode::Taken, message));
        }
    }
    write.commit().await?;
    Ok(user)
}

fn as_own(problem: Problem<SignInCode>) -> Problem<ConnectCode> {
    problem.map(|code| match code {
        SignInCode::WrongCredentials => ConnectCode::WrongCredentials,
        SignInCode::TooManyAttempts => ConnectCode::TooManyAttempts,
    })
}
