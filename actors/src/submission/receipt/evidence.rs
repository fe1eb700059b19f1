//! What there is beside a receipt, read so that one row which cannot be read keeps no other from being looked at.

use std::collections::HashMap;

use entity::file::Digest;
use entity::submission::receipt::walk::{self, Evidence};
use sea_orm::{DatabaseTransaction, DbErr};

use crate::cause;
use crate::database::{Trouble, trouble};

/// What is there of these backups; and why of those nothing can be read of which nothing can.
pub(super) async fn read(
    tx: &DatabaseTransaction,
    backups: &[i64],
) -> Result<(HashMap<i64, Evidence>, HashMap<i64, String>), DbErr> {
    let is_away = |error: &DbErr| trouble(error) == Trouble::Away;
    match walk::evidence(tx, backups).await {
        Ok(found) => return Ok((found, HashMap::new())),
        Err(error) if is_away(&error) => return Err(error),
        Err(_) => {}
    }
    let (mut found, mut unreadable) = (HashMap::new(), HashMap::new());
    for backup in backups {
        match walk::evidence(tx, &[*backup]).await {
            Ok(one) => found.extend(one),
            Err(error) if is_away(&error) => return Err(error),
            Err(error) => drop(unreadable.insert(*backup, cause::chain(&error))),
        }
    }
    Ok((found, unreadable))
}

/// The names of all bytes of a backup.
pub(super) fn names(evidence: &Evidence) -> impl Iterator<Item = &Digest> {
    let files = evidence.backup.iter().flat_map(|backup| &backup.files.0).map(|entry| &entry.digest);
    files.chain(evidence.messages.iter().map(|(_, digest)| digest))
}
