//! Backups of a site that is being written to, and backups that are cut off.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use actors::database::Database;
use tests::backend::Backend;
use tests::base::Base;
use tests::stories;
use tests::world::numbers;

use super::program::{done, run, start, text, told};
use super::restore::execute;

stories![
    what_was_acknowledged_before_is_in_it,
    one_that_is_killed_leaves_no_file_of_that_name,
    only_its_owner_may_read_it
];

/// Rows of some size, for a backup to be busy with.
pub async fn bulk(db: &Database, rows: u32) {
    let zeros = if db.is_embedded() { "zeroblob(8192)" } else { "decode(repeat('00', 8192), 'hex')" };
    let text = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
         INSERT INTO blob (digest, size, bytes) SELECT CAST(i AS TEXT), 8192, {zeros} FROM n"
    );
    execute(db, &text).await;
}

/// Somebody who writes one pair of rows after the other, each in a transaction.
struct Scribe {
    acknowledged: Arc<AtomicI64>,
    stop: Arc<AtomicBool>,
    writing: tokio::task::JoinHandle<()>,
}

impl Scribe {
    fn start(db: Database) -> Self {
        let (acknowledged, stop) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, stopped) = (Arc::clone(&acknowledged), Arc::clone(&stop));
        let writing = tokio::spawn(async move {
            while !stopped.load(Ordering::SeqCst) {
                let email = format!("{}@example.org", count.load(Ordering::SeqCst) + 1);
                let pair = format!(
                    "BEGIN; INSERT INTO \"user\" (email, name, created_at) VALUES ('{email}', 'x', 1); \
                     INSERT INTO session (user_id, created_at, expires_at) SELECT id, 1, 2 FROM \"user\" WHERE email = '{email}'; \
                     COMMIT"
                );
                execute(&db, &pair).await;
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { acknowledged, stop, writing }
    }

    fn acknowledged(&self) -> i64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    async fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.writing.await.expect("all was written");
    }
}

async fn what_was_acknowledged_before_is_in_it(backend: Backend) {
    let base = Base::new(backend).await;
    let db = base.open().await;
    bulk(&db, 2000).await;
    let scribe = Scribe::start(db.clone());
    while scribe.acknowledged() < 20 {
        tokio::task::yield_now().await;
    }
    let file = base.data().join("site.backup");
    let before = scribe.acknowledged();
    told(&base, &["backup", text(&file)]).await;
    let after = scribe.acknowledged();
    assert!(after > before, "writers stood still while the backup was made");
    scribe.end().await;
    db.close().await;

    let url = format!("sqlite:{}", base.data().join("restored.db").display());
    done(&run(&url, base.data(), &["restore", text(&file)]).await);
    let restored = Database::connect(&url).await.expect("the database answers");
    let counts = "SELECT count(*) FROM \"user\" UNION ALL SELECT count(*) FROM session JOIN \"user\" ON session.user_id = \"user\".id";
    let counts = numbers(&restored, counts).await.expect("counts");
    assert_eq!(counts[0], counts[1], "half of a transaction is in the backup");
    assert!((before..=after).contains(&counts[0]), "{before} {counts:?} {after}");
    assert_eq!(numbers(&restored, "SELECT count(*) FROM blob").await.expect("a count"), [2000]);
    restored.close().await;
}

async fn one_that_is_killed_leaves_no_file_of_that_name(backend: Backend) {
    let base = Base::new(backend).await;
    let db = base.open().await;
    // Enough for seconds; it is killed with its first bytes.
    bulk(&db, 10_000).await;
    let folder = base.data().join("backups");
    std::fs::create_dir(&folder).expect("a folder");
    let file = folder.join("site.backup");
    let mut child = start(&base, &["backup", text(&file)]);
    let part = loop {
        if let Some(part) = files(&folder).into_iter().find(|path| size(path) > 0) {
            break part;
        }
        assert!(child.try_wait().expect("it can be asked").is_none(), "it ended before it was killed");
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    child.kill().await.expect("killed");
    assert_eq!(files(&folder), std::slice::from_ref(&part), "nothing but the part");
    assert!(part != file && text(&part).ends_with(".part"), "{part:?}");
    // What is left is no backup, and is not in the way of the next one.
    let verified = run(&base.url, base.data(), &["backup", "--verify", text(&part)]).await;
    assert!(super::program::refused(&verified).contains("is damaged"), "{verified:?}");
    told(&base, &["backup", text(&file)]).await;
    assert_eq!(files(&folder).len(), 2);
    db.close().await;
}

async fn only_its_owner_may_read_it(backend: Backend) {
    let base = Base::new(backend).await;
    let folder = base.data().join("backups");
    std::fs::create_dir(&folder).expect("a folder");
    let said = told(&base, &["backup", text(&folder)]).await;
    let [file] = files(&folder).try_into().expect("one file, with a name of its own");
    assert!(said.starts_with(text(&file)), "{said}");
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let head = std::fs::read_to_string(&file).expect("a text").lines().next().expect("a line").to_owned();
    assert!(!head.contains("secret"), "{head}");
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}
