//! Tickets: made with the letter that carries their code, and looked up by it.
//!
//! The code is made of the ticket's seed and a key of the site whenever the letter is written, and only its digest is kept. So whoever
//! reads the database, or a backup of it, can use none. The code stands behind the `#` of the letter's link: no server, proxy or log sees
//! it before its owner presses the button.

use entity::id::{self, Kind};
use entity::identity::ticket::{self, Purpose};
use entity::identity::user;
use sea_orm::{ActiveModelTrait as _, ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::keyring::{Keyring, random};
use super::secret;
use crate::deps::Deps;
use crate::mail::{self, NewLetter, letters};
use crate::problem::Fault;
use crate::write::Write;

/// What makes a ticket one of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed {
    seed: [u8; 16],
    digest: [u8; 32],
}

impl Seed {
    pub fn new(keyring: &Keyring) -> Result<Self, Fault> {
        let seed = random()?;
        Ok(Self { seed, digest: secret::digest(&keyring.code(&seed)) })
    }
}

/// Makes a ticket for somebody and posts it to them; those that they had for the same are withdrawn.
pub(super) async fn issue(
    write: &mut Write,
    seed: Seed,
    user: i64,
    purpose: Purpose,
    address: Option<String>,
) -> Result<(), DbErr> {
    ticket::withdraw(write.tx(), user, [purpose], write.now).await?;
    let row = ticket::ActiveModel {
        purpose: Set(purpose),
        user_id: Set(user),
        seed: Set(seed.seed.to_vec()),
        digest: Set(seed.digest.to_vec()),
        address: Set(address.clone()),
        created_at: Set(write.now),
        expires_at: Set(write.now + purpose.lifetime()),
        used_at: Set(None),
        ..Default::default()
    };
    let ticket = row.insert(write.tx()).await?;
    let address = address.filter(|_| purpose == Purpose::TakeAddress);
    let cause = id::encode(Kind::Ticket, ticket.id);
    mail::post(write, NewLetter { cause, recipient: user, kind: letters::of_ticket(purpose), course: None, address })
        .await
}

/// The ticket with that code and whose it is, if it can be used.
pub(super) async fn find(deps: &Deps, code: &str, purposes: &[Purpose]) -> Result<Option<Found>, DbErr> {
    let digest: Vec<u8> = secret::digest(code.trim()).into();
    let ticket = ticket::Entity::find().filter(ticket::Column::Digest.eq(digest)).one(deps.db.read()).await?;
    let Some(ticket) = ticket else { return Ok(None) };
    if !purposes.contains(&ticket.purpose) || !ticket.is_good(deps.clock.now()) {
        return Ok(None);
    }
    let user = user::Entity::find_by_id(ticket.user_id).one(deps.db.read()).await?;
    Ok(user.filter(|user| user.disabled_at.is_none()).map(|user| Found { ticket, user }))
}

/// A good ticket, and whose account it is about.
#[derive(Debug)]
pub(super) struct Found {
    pub ticket: ticket::Model,
    pub user: user::Model,
}
