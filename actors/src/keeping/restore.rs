//! A site from its backup: in an empty database, with the same keys, in a new life.

use std::path::Path;

use entity::clock::Clock;
use entity::identity::{refresh_token, session, signing_key, ticket};
use entity::job::{control, lease, worker};
use entity::site;
use sea_orm::{DbErr, EntityTrait as _};

use super::dump::Origin;
use super::dump::read::Reader;
use super::load::{Loader, is_strict};
use super::portable::Portable;
use super::pour::Tell;
use super::table::tables;
use super::{KeepingError, Tally};
use crate::database::Database;
use crate::database::Transaction;
use crate::identity::keyring;
use crate::lanes;

/// By how much counters skip ahead, so that keys which were given after the backup are not given again.
const SKIP: i64 = 10_000_000;

/// How the new life begins.
#[derive(Clone, Debug)]
pub struct NewLife {
    /// The secret of the site; none: the signing keys of the backup are forgotten, and everybody signs in again.
    pub secret: Option<String>,
    pub clock: Clock,
}

/// Loads a backup into a database that has the shape of the backup and is empty; all of it, or nothing.
///
/// # Errors
/// When the file is damaged, the database is not empty or of another shape or does not take a row, or the secret is another.
pub async fn restore(db: &Database, path: &Path, life: &NewLife, tell: Tell<'_>) -> Result<Tally, KeepingError> {
    let turn = db.begin_unhurried().await?;
    let tx = &turn.tx;
    // First all of it is read and looked at, so that what cannot be loaded is told before anything is.
    let (reader, _) = Reader::open(path)?;
    let mut check = Portable::new(&tables(tx).await?, is_strict(tx));
    let promised = reader.pour(&mut check, &mut |_, _| {}).await?;
    let (reader, origin) = Reader::open(path)?;
    let mut loader = Loader::begin(tx, SKIP).await?;
    let tally = reader.pour(&mut loader, tell).await?;
    loader.finish()?;
    if tally != promised {
        let why = "it has changed while it was read".to_owned();
        return Err(KeepingError::Damaged { path: path.to_owned(), line: 0, why });
    }
    begin_life(tx, &origin, life).await?;
    turn.commit().await?;
    Ok(tally)
}

async fn begin_life(tx: &Transaction, origin: &Origin, life: &NewLife) -> Result<(), KeepingError> {
    let now = life.clock.now();
    let mut incarnation = [0; 8];
    getrandom::fill(&mut incarnation).map_err(|error| DbErr::Custom(format!("no randomness: {error}")))?;
    site::begin(tx, hex::encode(incarnation), now).await?;
    match &life.secret {
        Some(secret) => {
            let keys = signing_key::Entity::find().all(tx).await?;
            if !keyring::opens(secret, &keys)? {
                return Err(KeepingError::OtherSecret);
            }
        }
        // Whoever has a way in shows it anew: nothing that was given before is believed.
        None => {
            signing_key::Entity::delete_many().exec(tx).await?;
            ticket::Entity::delete_many().exec(tx).await?;
            refresh_token::Entity::delete_many().exec(tx).await?;
            session::Entity::delete_many().exec(tx).await.map(drop)?;
        }
    }
    pause_mail(tx, origin).await?;
    free_leases(tx).await?;
    Ok(())
}

/// What has been sent since the backup is not known here, and would be sent again.
async fn pause_mail(tx: &Transaction, origin: &Origin) -> Result<(), DbErr> {
    let reason = format!(
        "restored from a backup of {}; letters that it knows as unsent may have been sent since; to send them: lectern jobs resume {}",
        origin.created_at,
        lanes::MAIL
    );
    control::pause(tx, lanes::MAIL, None, &reason).await
}

/// The processes of the old life are nobody here. Their leases have run out, to be rescued by the first that works; that does not
/// count against the jobs.
async fn free_leases(tx: &Transaction) -> Result<(), DbErr> {
    lease::end_all(tx).await?;
    worker::forget_all(tx).await
}
