//! The receipts of a batch of hand-ins: those of what is new are made, those of what came again are looked up.

use std::collections::HashMap;
use std::sync::Arc;

use entity::submission::accept::Accepted;
use entity::submission::receipt::issue::{Fresh, Issuer, Planted, append, plant};
use entity::submission::receipt::{self, Receipt};
use sea_orm::DbErr;

use crate::cause;
use crate::database::Transaction;
use crate::deps::Deps;
use crate::identity::keyring::{ReceiptSigner, random};
use crate::problem::Fault;

/// What signs.
pub(crate) type Signer = ReceiptSigner;

/// What was taken in, with its receipt. What was taken in before there were receipts has none.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub accepted: Accepted,
    pub receipt: Option<Arc<Receipt>>,
}

/// The key that signs now. Asked for before the transaction begins.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn signer(deps: &Deps) -> Result<Signer, DbErr> {
    deps.site.keyring.receipt_signer(&deps.db).await.map_err(|fault| match fault {
        Fault::Database(error) => error,
        other => DbErr::Custom(cause::chain(&other)),
    })
}

/// What is there of the receipts of a batch before anything is locked for them.
pub(crate) struct Prepared {
    /// Of what came again.
    before: HashMap<i64, Receipt>,
    planted: Planted,
}

/// Does for the receipts of a batch what needs no lock.
///
/// # Errors
/// When the database does not answer, or there is no randomness.
pub(crate) async fn prepare(tx: &Transaction, fresh: &[Fresh], repeated: &[i64]) -> Result<Prepared, DbErr> {
    let salts = fresh.iter().map(|_| random().map_err(|fault| DbErr::Custom(fault.to_string())));
    let planted = plant(tx, fresh, &salts.collect::<Result<Vec<_>, _>>()?).await?;
    Ok(Prepared { before: receipt::of_backups(tx, repeated).await?, planted })
}

/// The receipts of a batch, by backup. To be called last in its transaction.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn issue(
    deps: &Deps,
    tx: &Transaction,
    signer: &Signer,
    Prepared { before, planted }: Prepared,
) -> Result<HashMap<i64, Arc<Receipt>>, DbErr> {
    let issuer = Issuer {
        site: &deps.site.public_url,
        incarnation: &deps.site.incarnation,
        clock: &deps.clock,
        kid: &signer.kid,
        sign: &|written| signer.sign(written),
    };
    let made = append(tx, planted, issuer).await?;
    Ok(before.into_iter().chain(made).map(|(backup, receipt)| (backup, Arc::new(receipt))).collect())
}
