//! SQLite: a template that is migrated once, and a copy of it for each test.

use std::path::Path;

use actors::database::Database;
use migration::{Migrator, MigratorTrait as _};
use tokio::sync::OnceCell;

static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();

/// A migrated database in that folder; its URL.
pub(crate) async fn clone_into(folder: &Path) -> String {
    let path = folder.join("lectern.db");
    std::fs::write(&path, TEMPLATE.get_or_init(template).await).expect("room for a database");
    url(&path)
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// The bytes of the file, which is whole when its last connection has closed.
async fn template() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("template.db");
    let db = Database::connect(&url(&path)).await.expect("a new database");
    Migrator::up(db.write_connection(), None).await.expect("the migrations run");
    db.close().await;
    std::fs::read(&path).expect("the template")
}
