//! Giving somebody a copy of what the site holds about them (the right of access, Article 15 of the GDPR).

use entity::identity::audit::Action;
use entity::identity::held::{After, HELD};
use entity::submission::receipt;
use entity::viewer::ViewerScope;
use serde_json::{Map, Value, json};

use super::audit::{entry, note};
use super::change_password::{self, AccountCode};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Everything that the site holds about the viewer, by table, and for each what becomes of it when they are forgotten. The files of their work
/// are named; they have them by their submissions.
///
/// # Errors
/// When the password is not right, the viewer may not, or something breaks.
pub async fn export_account(
    deps: &Deps,
    viewer: &ViewerScope,
    password: String,
    address: u64,
) -> Result<Value, Problem<AccountCode>> {
    let user = change_password::confirm(deps, viewer, password, address).await?;
    let mut tables = Map::new();
    for held in HELD.iter().filter(|held| !held.shown.is_empty()) {
        let rows = held.rows(deps.db.read(), user.id).await?;
        let after = match held.after {
            After::Gone => "goes",
            After::Stays(why) => why,
        };
        tables.insert(held.to_string(), json!({ "rows": rows, "whenForgotten": after }));
    }
    let db = deps.db.read();
    let mut receipts =
        receipt::of_backups(db, &receipt::held_by(db, user.id).await?).await?.into_iter().collect::<Vec<_>>();
    receipts.sort_unstable_by_key(|(backup, _)| *backup);
    let receipts: Vec<String> = receipts.iter().map(|(_, receipt)| receipt.text()).collect();
    let write = Write::begin(deps).await?;
    note(&write, entry(viewer, Action::AccountExported, Some(user.id), json!({}))).await?;
    let at = write.now.to_string();
    write.commit().await?;
    Ok(json!({ "exportedAt": at, "timesAre": "microseconds since 1970", "tables": tables, "receipts": receipts }))
}
