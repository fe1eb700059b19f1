//! A program gives back what it got (RFC 7009).

use entity::identity::{refresh_token, session};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::OAuthCode;
use super::exchange::{Shown, known};
use crate::deps::Deps;
use crate::identity::authenticate;
use crate::identity::secret::{self, SecretKind};
use crate::identity::sessions::{self, Which};
use crate::problem::Problem;
use crate::write::Write;

/// Ends the session of a token, be it an access token or a refresh token, if it is this program's. Of one that is not good nothing is said.
///
/// # Errors
/// When the program is not the one that it says it is, or something breaks.
pub async fn revoke(deps: &Deps, shown: &Shown, token: &str) -> Result<(), Problem<OAuthCode>> {
    let client = known(deps, shown).await?;
    let session = if SecretKind::Refresh.fits(token) {
        let digest = secret::digest(token).to_vec();
        let found = refresh_token::Entity::find().filter(refresh_token::Column::Digest.eq(digest));
        found.one(deps.db.read()).await?.map(|found| found.session_id)
    } else {
        match authenticate::authenticate(deps, token).await {
            Ok(who) => Some(who.session),
            Err(Problem::Refused(_)) => None,
            Err(Problem::Fault(fault)) => return Err(fault.into()),
        }
    };
    let Some(session) = session else { return Ok(()) };
    let mut write = Write::begin(deps).await?;
    let row = session::Entity::find_by_id(session).one(write.tx()).await?;
    let Some(row) = row.filter(|row| row.client.as_deref() == Some(client.key.as_str())) else { return Ok(()) };
    sessions::end(&mut write, row.user_id, Which::One(row.id)).await?;
    write.commit().await?;
    Ok(())
}
