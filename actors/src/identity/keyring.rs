//! The keys of this site: kept in the database, sealed with its secret.
//!
//! So the secret signs nothing itself, keys can be replaced without a new secret, and a copy of the database alone signs nothing.
//!
//! | purpose | what it is | what for |
//! |---|---|---|
//! | `access` | the seed of an Ed25519 key | signs access tokens; the public half is told to everybody at `/.well-known/jwks.json` |
//! | `ticket` | 32 bytes | makes the codes of [tickets](entity::identity::ticket) |
//! | `receipt` | the seed of an Ed25519 key | signs [receipts](entity::submission::receipt); the public half is kept for ever, and told to everybody at `/.well-known/receipt-keys.json` |
//! | `seal` | 32 bytes | seals what must be kept for a while and read by nobody else: letters with a code in them |
//!
//! One key of each purpose is current. A retired one still verifies, until everything that it signed has expired. A process learns of
//! the keys that others make when it meets one that it does not know, and looks again after five minutes in any case.

mod sealer;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::clock::{Clock, Timestamp};
use entity::identity::signing_key;
use entity::submission::receipt;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel as _, QueryOrder, Set};
use serde_json::{Value, json};
use tokio::time::Instant;

use self::sealer::Sealer;
use crate::database::Database;
use crate::problem::Fault;

/// Bytes of a key.
const LENGTH: usize = 32;
/// After so long a process looks whether others have made keys.
pub(super) const FRESH: Duration = Duration::from_secs(300);
/// At most so often it looks for a key that it does not know.
const PAUSE: Duration = Duration::from_secs(1);
/// A retired key verifies for so long: longer than anything lives that it has signed.
pub const RETIRED_FOR: Duration = Duration::from_secs(48 * 3600);

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    Access,
    Ticket,
    Seal,
    Receipt,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::Access, Self::Ticket, Self::Seal, Self::Receipt];

    /// The word for it, as it is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Ticket => "ticket",
            Self::Seal => "seal",
            Self::Receipt => "receipt",
        }
    }
}

/// The opened keys of this site.
pub struct Keyring {
    sealer: Sealer,
    keys: RwLock<Arc<Keys>>,
}

struct Keys {
    read_at: Instant,
    signer: Signer,
    verifiers: BTreeMap<String, Verifier>,
    ticket: hmac::Key,
    /// The current one first.
    seals: Vec<Arc<Sealer>>,
    receipts: ReceiptSigner,
}

/// The key that signs access tokens now.
#[derive(Clone)]
pub struct Signer {
    pub kid: String,
    pub key: EncodingKey,
}

/// The key that signs receipts now.
#[derive(Clone)]
pub struct ReceiptSigner {
    pub kid: String,
    pair: Arc<Ed25519KeyPair>,
}

impl ReceiptSigner {
    /// Signs it.
    #[must_use]
    pub fn sign(&self, written: &[u8]) -> Vec<u8> {
        self.pair.sign(written).as_ref().to_vec()
    }
}

#[derive(Clone)]
struct Verifier {
    key: DecodingKey,
    public: Vec<u8>,
    retired_at: Option<Timestamp>,
}

/// A key that verifies access tokens.
#[derive(Clone)]
pub struct Known {
    pub key: DecodingKey,
    /// Since when it does not sign any more.
    pub retired_at: Option<Timestamp>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

impl Keyring {
    /// Opens the keys with the site's secret; makes the first ones. Of two processes that do so at once, the first wins. Keys that only
    /// the previous secret opens are sealed anew.
    ///
    /// # Errors
    /// When the database does not answer, or the keys were sealed with another secret.
    pub async fn open(db: &Database, clock: &Clock, secret: &str, previous: Option<&str>) -> Result<Self, Fault> {
        let sealer = Sealer::of_secret(secret)?;
        let mut rows = find(db).await?;
        for purpose in Purpose::ALL {
            if !rows.iter().any(|row| row.purpose == purpose.word()) {
                let first_wins = OnConflict::new().do_nothing().to_owned();
                let key = make(purpose, clock.now(), &sealer)?.into_active_model();
                let key = signing_key::ActiveModel { id: sea_orm::NotSet, ..key };
                let made = signing_key::Entity::insert(key).on_conflict(first_wins);
                made.exec_without_returning(db.write_connection()).await?;
            }
        }
        if let Some(previous) = previous {
            reseal(db, &rows, &Sealer::of_secret(previous)?, &sealer).await?;
        }
        rows = find(db).await?;
        let publics = rows.iter().filter_map(|row| public_half(row, &sealer).transpose()).collect::<Result<_, _>>()?;
        receipt::key::keep(db.write_connection(), publics).await?;
        let keys = Arc::new(Keys::read(rows, &sealer)?);
        Ok(Self { sealer, keys: RwLock::new(keys) })
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the rows again, unless that was done within such a time.
    ///
    /// # Errors
    /// When the database does not answer, or a key cannot be opened.
    async fn look(&self, db: &Database, within: Duration) -> Result<(), Fault> {
        if self.keys().read_at.elapsed() >= within {
            let keys = Keys::read(find(db).await?, &self.sealer)?;
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        }
        Ok(())
    }

    /// The key that signs access tokens now, with its name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn signer(&self, db: &Database) -> Result<Signer, Fault> {
        self.look(db, FRESH).await?;
        Ok(self.keys().signer.clone())
    }

    /// The key of that name that verifies access tokens, retired or not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn verifier(&self, db: &Database, kid: &str) -> Result<Option<Known>, Fault> {
        let known = |keys: Arc<Keys>| {
            let verifier = keys.verifiers.get(kid)?;
            Some(Known { key: verifier.key.clone(), retired_at: verifier.retired_at })
        };
        if let Some(key) = known(self.keys()) {
            return Ok(Some(key));
        }
        self.look(db, PAUSE).await?;
        Ok(known(self.keys()))
    }

    /// The public halves of the keys that verify access tokens, as a JSON Web Key Set (RFC 7517, RFC 8037).
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn public(&self, db: &Database) -> Result<Value, Fault> {
        self.look(db, PAUSE).await?;
        let key = |(kid, verifier): (&String, &Verifier)| {
            let x = URL_SAFE_NO_PAD.encode(&verifier.public);
            json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x })
        };
        Ok(json!({ "keys": self.keys().verifiers.iter().map(key).collect::<Vec<_>>() }))
    }

    /// The key that signs receipts now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn receipt_signer(&self, db: &Database) -> Result<ReceiptSigner, Fault> {
        self.look(db, FRESH).await?;
        Ok(self.keys().receipts.clone())
    }

    /// The code of the ticket that has this seed.
    #[must_use]
    pub fn code(&self, seed: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.keys().ticket, seed))
    }

    /// Seals something that is kept under this name.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, name: &str, plain: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let keys = self.keys();
        let seal = keys.seals.first().ok_or_else(|| Fault::Internal("there is no key to seal with".into()))?;
        seal.seal(name, plain)
    }

    /// Opens what was sealed under this name; none when it cannot be opened.
    #[must_use]
    pub fn unseal(&self, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.keys().seals.iter().find_map(|seal| seal.open(name, sealed))
    }

    /// A new key, sealed, to be written in the place of the current one; with its public half, if that is to be kept.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn successor(
        &self,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(signing_key::Model, Option<receipt::key::Model>), Fault> {
        let key = make(purpose, now, &self.sealer)?;
        let public = public_half(&key, &self.sealer)?;
        Ok((key, public))
    }

    /// Reads the keys again: they are others now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn renew(&self, db: &Database) -> Result<(), Fault> {
        self.look(db, Duration::ZERO).await
    }
}

impl Keys {
    fn read(rows: Vec<signing_key::Model>, sealer: &Sealer) -> Result<Self, Fault> {
        let (mut signer, mut verifiers, mut ticket, mut seals) = (None, BTreeMap::new(), None, Vec::new());
        let mut receipts = None;
        // The newest first, and so the current one.
        for row in rows {
            let key = open(&row, sealer)?;
            match row.purpose.as_str() {
                "access" => {
                    let pair = pair(&row.kid, &key)?;
                    let public = pair.public_key().as_ref().to_vec();
                    let private = pair.to_pkcs8().map_err(|_| broken(&row.kid))?;
                    let key = EncodingKey::from_ed_der(private.as_ref());
                    signer = signer.or_else(|| Some(Signer { kid: row.kid.clone(), key }));
                    verifiers.insert(
                        row.kid,
                        Verifier { key: DecodingKey::from_ed_der(&public), public, retired_at: row.retired_at },
                    );
                }
                "ticket" => ticket = ticket.or_else(|| Some(hmac::Key::new(hmac::HMAC_SHA256, &key))),
                "seal" => seals.push(Arc::new(Sealer::of_key(key)?)),
                "receipt" if receipts.is_none() => {
                    receipts = Some(ReceiptSigner { pair: Arc::new(pair(&row.kid, &key)?), kid: row.kid });
                }
                _ => {}
            }
        }
        let missing = || Fault::Internal("a key of this site is missing".into());
        let (signer, ticket) = (signer.ok_or_else(missing)?, ticket.ok_or_else(missing)?);
        let receipts = receipts.ok_or_else(missing)?;
        Ok(Self { read_at: Instant::now(), signer, verifiers, ticket, seals, receipts })
    }
}

/// Whether the secret opens these keys.
///
/// # Errors
/// When no key can be made of the secret.
pub(crate) fn opens(secret: &str, keys: &[signing_key::Model]) -> Result<bool, Fault> {
    let sealer = Sealer::of_secret(secret)?;
    Ok(keys.iter().all(|key| open(key, &sealer).is_ok()))
}

fn open(row: &signing_key::Model, sealer: &Sealer) -> Result<[u8; LENGTH], Fault> {
    let key = sealer.open(&row.kid, &row.sealed).and_then(|key| key.try_into().ok());
    key.ok_or_else(|| {
        Fault::Internal(
            "LECTERN_SECRET_KEY does not open the keys in this database: give the secret that it was set up with, or \
             that one as LECTERN_SECRET_KEY_PREVIOUS beside a new one"
                .into(),
        )
    })
}

fn pair(kid: &str, seed: &[u8]) -> Result<Ed25519KeyPair, Fault> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| broken(kid))
}

/// The public half of a key that signs receipts.
fn public_half(row: &signing_key::Model, sealer: &Sealer) -> Result<Option<receipt::key::Model>, Fault> {
    if row.purpose != Purpose::Receipt.word() {
        return Ok(None);
    }
    let public = pair(&row.kid, &open(row, sealer)?)?.public_key().as_ref().to_vec();
    Ok(Some(receipt::key::Model { kid: row.kid.clone(), public, created_at: row.created_at }))
}

fn broken(kid: &str) -> Fault {
    Fault::Internal(format!("the signing key {kid} cannot be used"))
}

async fn find(db: &Database) -> Result<Vec<signing_key::Model>, Fault> {
    Ok(signing_key::Entity::find().order_by_desc(signing_key::Column::Id).all(db.read()).await?)
}

/// A key of its own. The row has no number yet.
fn make(purpose: Purpose, now: Timestamp, sealer: &Sealer) -> Result<signing_key::Model, Fault> {
    let kid = hex::encode(random::<8>()?);
    let sealed = sealer.seal(&kid, random::<LENGTH>()?.to_vec())?;
    Ok(signing_key::Model { id: 0, kid, purpose: purpose.word().to_owned(), sealed, created_at: now, retired_at: None })
}

async fn reseal(db: &Database, rows: &[signing_key::Model], old: &Sealer, new: &Sealer) -> Result<(), Fault> {
    for row in rows.iter().filter(|row| open(row, new).is_err()) {
        let sealed = new.seal(&row.kid, open(row, old)?.to_vec())?;
        let row = signing_key::ActiveModel { id: Set(row.id), sealed: Set(sealed), ..Default::default() };
        signing_key::Entity::update(row).exec(db.write_connection()).await?;
    }
    Ok(())
}

/// Random bytes.
///
/// # Errors
/// When there is no randomness.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Internal(format!("no randomness: {error}")))?;
    Ok(bytes)
}
