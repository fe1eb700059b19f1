//! Receipts for rows that nobody has handed in.

use entity::submission::backup;
use entity::submission::receipt::issue::{Fresh, Issuer, append, plant};
use sea_orm::{EntityTrait as _, TransactionTrait as _};
use tests::world::World;

/// A receipt of another site, which everybody may have looked at.
pub const ELSEWHERE: &str = include_str!("../../../docs/api/receipts/example.json");

/// Issues the receipt of a backup.
pub async fn issue(world: &World, backup: i64) {
    let deps = world.deps();
    let signer = deps.site.keyring.receipt_signer(&deps.db).await.expect("a key");
    let tx = deps.db.write_connection().begin().await.expect("a transaction");
    let row = backup::Entity::find_by_id(backup).one(&tx).await.expect("an answer").expect("the backup");
    let fresh = Fresh {
        backup,
        course: row.course_id,
        assignment: row.assignment_id,
        submitter: row.submitter_id,
        handed_in: true,
        received_at: row.received_at,
        files: [1; 32],
        messages: [2; 32],
    };
    let issuer = Issuer {
        site: &deps.site.public_url,
        incarnation: &deps.site.incarnation,
        clock: &deps.clock,
        kid: &signer.kid,
        sign: &|written| signer.sign(written),
    };
    let planted = plant(&tx, &[fresh], &[[3; 32]]).await.expect("its tree");
    append(&tx, planted, issuer).await.expect("a receipt");
    tx.commit().await.expect("committed");
}
