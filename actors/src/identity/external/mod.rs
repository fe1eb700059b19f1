//! Signing in at a provider (OpenID Connect): who somebody is there is connected with one account here, once.
//!
//! | what the provider says | there is here | what follows |
//! |---|---|---|
//! | somebody who is connected | an open account | they are in |
//! | an address that counts | nobody's yet: invited, or asked for | it is theirs from now on, and connected |
//! | an address that counts | somebody's | it is connected, and its owner has a letter |
//! | an address that counts | somebody's who runs the site, or who is or was somebody at this provider | they show their password once |
//! | an address that counts | none | where the site makes accounts, they get one; else they show the password of another account |
//! | no address that counts | | they show the password of their account once |
//! | any of these | a closed account | they are told so |
//!
//! What the provider says has been verified before it comes here; that is the door's. A connection ends when its owner ends it, with another
//! password, and when they become one who runs the site; from then on an address alone opens the account to nobody of that provider.

pub mod connect;
pub mod disconnect;
pub mod enter;

use entity::identity::audit::Action;
use entity::identity::external_identity;
use entity::identity::user;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit::{by_oneself, note};
use super::redeem;
use crate::mail::letters;
use crate::write::Write;

/// What a provider says of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The provider, by its address.
    pub issuer: String,
    /// What it calls them.
    pub subject: String,
    pub email: Option<String>,
    /// Whether it has verified the address; none when it does not say.
    pub email_verified: Option<bool>,
    pub name: Option<String>,
}

/// What a provider is believed.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Whether whoever it knows gets an account.
    pub makes_accounts: bool,
    /// Whether an address counts of which it does not say whether it has verified it.
    pub believes_addresses: bool,
}

impl Told {
    /// The address, as it is stored, if it counts.
    fn address(&self, terms: Terms) -> Option<String> {
        let counts = self.email_verified.unwrap_or(terms.believes_addresses);
        self.email.as_deref().filter(|_| counts).and_then(user::normal_email)
    }
}

/// With which account somebody of a provider is connected.
enum Connected {
    /// With this one, from now on: the entry that notes it.
    Now(i64),
    /// With this one, since a moment ago.
    Already,
    /// With another one, or with none any more.
    Elsewhere(external_identity::Model),
}

/// Connects it with an account, if it has never been connected, and notes that.
async fn connect_with(write: &Write, account: i64, told: &Told) -> Result<Connected, DbErr> {
    let (row, now) = external_identity::connect(write.tx(), account, &told.issuer, &told.subject, write.now).await?;
    match row {
        _ if now => noted(write, account, told).await.map(Connected::Now),
        row if row.user_id == account && row.ended_at.is_none() => Ok(Connected::Already),
        row => Ok(Connected::Elsewhere(row)),
    }
}

/// Notes that it was connected; the entry.
async fn noted(write: &Write, account: i64, told: &Told) -> Result<i64, DbErr> {
    note(write, by_oneself(account, Action::IdentityConnected, json!({ "issuer": told.issuer }))).await
}

/// Tells the owner of an account that there is another way into it.
async fn tell(write: &mut Write, account: i64, entry: i64) -> Result<(), DbErr> {
    redeem::tell(write, account, entry, letters::IDENTITY_CONNECTED, None).await
}
