//! The keys that sign what people carry: kept in the database, sealed with the site's secret.
//!
//! So the secret signs nothing itself, keys can be replaced without a new secret, and a copy of the database alone signs
//! nothing. AES-256-GCM; the key's name is bound to its sealed bytes, so that rows cannot be swapped.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use entity::clock::Clock;
use entity::identity::signing_key;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, QueryOrder, Set};
use sha2::{Digest, Sha256};

use crate::database::Database;
use crate::problem::Fault;

const SESSION: &str = "session";
/// Bytes of a key.
const LENGTH: usize = 32;

/// The opened keys of this site.
pub struct Keyring {
    current: String,
    session: BTreeMap<String, [u8; LENGTH]>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("current", &self.current).finish_non_exhaustive()
    }
}

impl Keyring {
    /// Opens the keys with the site's secret; makes the first one. Of two processes that do so at once, the first wins.
    ///
    /// # Errors
    /// When the database does not answer, or the keys were sealed with another secret.
    pub async fn open(db: &Database, clock: &Clock, secret: &str) -> Result<Self, Fault> {
        let sealer = Sealer::new(secret)?;
        let mut rows = find(db).await?;
        if rows.is_empty() {
            make(db, clock, &sealer).await?;
            rows = find(db).await?;
        }
        let current = rows.iter().find(|row| row.retired_at.is_none()).or(rows.first());
        let current = current.ok_or_else(|| Fault::Internal("there is no signing key".into()))?.kid.clone();
        let open = |row: signing_key::Model| Ok((row.kid.clone(), sealer.open(&row)?));
        let session = rows.into_iter().map(open).collect::<Result<_, Fault>>()?;
        Ok(Self { current, session })
    }

    /// The key that signs sessions now, with its name.
    #[must_use]
    pub fn current(&self) -> (&str, &[u8]) {
        (&self.current, self.session.get(&self.current).map_or(&[], |key| key.as_slice()))
    }

    /// The key of sessions with that name, retired or not.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&[u8]> {
        self.session.get(kid).map(<[u8; LENGTH]>::as_slice)
    }
}

/// Whether the secret opens these keys.
///
/// # Errors
/// When no key can be made of the secret.
pub(crate) fn opens(secret: &str, keys: &[signing_key::Model]) -> Result<bool, Fault> {
    let sealer = Sealer::new(secret)?;
    Ok(keys.iter().all(|key| sealer.open(key).is_ok()))
}

async fn find(db: &Database) -> Result<Vec<signing_key::Model>, Fault> {
    Ok(signing_key::Entity::find().order_by_desc(signing_key::Column::Id).all(db.read()).await?)
}

async fn make(db: &Database, clock: &Clock, sealer: &Sealer) -> Result<(), Fault> {
    let kid = hex::encode(random::<8>()?);
    let row = signing_key::ActiveModel {
        kid: Set(kid.clone()),
        purpose: Set(SESSION.to_owned()),
        sealed: Set(sealer.seal(&kid, random::<LENGTH>()?)?),
        created_at: Set(clock.now()),
        retired_at: Set(None),
        ..Default::default()
    };
    let first_wins = OnConflict::new().do_nothing().to_owned();
    signing_key::Entity::insert(row).on_conflict(first_wins).exec_without_returning(db.write_connection()).await?;
    Ok(())
}

fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Internal(format!("no randomness: {error}")))?;
    Ok(bytes)
}

struct Sealer(LessSafeKey);

impl Sealer {
    fn new(secret: &str) -> Result<Self, Fault> {
        let mut key = Sha256::new();
        key.update(b"lectern signing keys 1\0");
        key.update(secret.as_bytes());
        let key = UnboundKey::new(&AES_256_GCM, &key.finalize());
        Ok(Self(LessSafeKey::new(key.map_err(|_| Fault::Internal("the secret makes no key".into()))?)))
    }

    fn seal(&self, kid: &str, key: [u8; LENGTH]) -> Result<Vec<u8>, Fault> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut sealed = key.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(kid.as_bytes()), &mut sealed)
            .map_err(|_| Fault::Internal("a key cannot be sealed".into()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, row: &signing_key::Model) -> Result<[u8; LENGTH], Fault> {
        let other = || {
            Fault::Internal(
                "LECTERN_SECRET_KEY does not open the keys in this database: give the secret that it was set up with"
                    .into(),
            )
        };
        let (nonce, sealed) = row.sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(other)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let key = self.0.open_in_place(nonce, Aad::from(row.kid.as_bytes()), &mut sealed).map_err(|_| other())?;
        (&*key).try_into().map_err(|_| other())
    }
}
