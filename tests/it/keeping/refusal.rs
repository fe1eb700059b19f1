//! What is refused, and that nothing has changed then.

use std::path::PathBuf;

use actors::database::Database;
use server::data_folder::DataFolder;
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::world::numbers;
use tests::{postgres, stories};

use super::program::{done, refused, run, run_without_secret, text, told};
use super::restore::execute;
use super::rows::fill;

stories![a_damaged_backup_is_refused, a_database_with_rows_is_refused, a_backup_of_a_newer_version_is_refused];

/// A base with rows, and its backup.
async fn backed_up(backend: Backend) -> (Base, PathBuf) {
    let base = Base::new(backend).await;
    let db = base.open().await;
    fill(&db).await;
    db.close().await;
    let file = base.data().join("site.backup");
    told(&base, &["backup", text(&file)]).await;
    (base, file)
}

/// A new database without tables.
async fn empty(backend: Backend, base: &Base) -> String {
    match backend {
        Backend::Sqlite => format!("sqlite:{}", base.data().join("restored.db").display()),
        Backend::Postgres => postgres::empty().await,
    }
}

async fn tables(url: &str) -> i64 {
    let db = Database::connect(url).await.expect("the database answers");
    let text = match db.is_embedded() {
        true => "SELECT count(*) FROM sqlite_master",
        false => "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'",
    };
    let counted = numbers(&db, text).await.expect("a count");
    db.close().await;
    counted[0]
}

async fn a_damaged_backup_is_refused(backend: Backend) {
    let (base, file) = backed_up(backend).await;
    let whole = std::fs::read(&file).expect("the backup");
    let lines = whole.split_inclusive(|byte| *byte == b'\n');
    let places: Vec<usize> = lines.scan(0, |at, line| std::mem::replace(at, *at + line.len()).into()).collect();
    let url = empty(backend, &base).await;
    let (first_row, last_table, end) = (places[2], places[places.len() - 3], places[places.len() - 1]);
    let mut damages = Vec::new();
    for (what, place) in [("a row", first_row + 2), ("a table", last_table + 3), ("the end", end + 12)] {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        damages.push((format!("a flipped bit in {what}"), flipped));
    }
    for (what, length) in [("a line", first_row + 5), ("a row", places[3]), ("the end", end), ("all", 0)] {
        damages.push((format!("cut off before {what}"), whole[..length].to_vec()));
    }
    damages.push(("a line too many".to_owned(), [&whole[..], b"[]\n"].concat()));
    let lost = [&whole[..first_row], &whole[places[3]..]].concat();
    damages.push(("a row that is not there".to_owned(), lost));
    for (what, bytes) in damages {
        let damaged = base.data().join("damaged.backup");
        std::fs::write(&damaged, bytes).expect("room");
        for command in [&["restore", text(&damaged)][..], &["backup", "--verify", text(&damaged)]] {
            let why = refused(&run(&url, base.data(), command).await);
            assert!(why.contains("is damaged") || why.contains("is not a backup"), "{what}: {why}");
        }
        assert_eq!(tables(&url).await, 0, "{what}: something has changed");
    }
    // And the whole one is taken.
    done(&run(&url, base.data(), &["restore", text(&file)]).await);
}

async fn a_database_with_rows_is_refused(backend: Backend) {
    let (base, file) = backed_up(backend).await;
    let other = Base::new(backend).await;
    let db = other.open().await;
    execute(&db, "INSERT INTO concept (name, title, summary, related) VALUES ('theirs', '', '', '[]')").await;
    let why = refused(&run(&other.url, other.data(), &["restore", text(&file)]).await);
    assert!(why.contains("not empty: the table `concept` has rows") && why.contains("LECTERN_DATABASE_URL"), "{why}");
    let counts = "SELECT count(*) FROM concept UNION ALL SELECT count(*) FROM \"user\"";
    assert_eq!(numbers(&db, counts).await.expect("counts"), [1, 0]);
    execute(&db, "DROP TABLE score").await;
    let why = refused(&run(&other.url, other.data(), &["restore", text(&file)]).await);
    assert!(why.contains("the tables do not fit") && why.contains("score"), "{why}");
    db.close().await;
    let why = refused(&run(&base.url, base.data(), &["backup", text(&file)]).await);
    assert!(why.contains("exists already and is not overwritten"), "{why}");
}

async fn a_backup_of_a_newer_version_is_refused(backend: Backend) {
    let (base, file) = backed_up(backend).await;
    let url = empty(backend, &base).await;
    let whole = std::fs::read_to_string(&file).expect("the backup");
    for (known, unknown, why) in [
        ("\"lectern_backup\":1", "\"lectern_backup\":2", "the backup has the format 2"),
        ("{\"lectern_backup\"", "{\"backup\"", "is not a backup of Lectern"),
    ] {
        std::fs::write(&file, whole.replacen(known, unknown, 1)).expect("room");
        let told = refused(&run(&url, base.data(), &["restore", text(&file)]).await);
        assert!(told.contains(why), "{told}");
        assert_eq!(tables(&url).await, 0);
    }
    // One that has taken a step which this version does not know: as its maker would have written it.
    let base = Base::new(backend).await;
    let db = base.open().await;
    let file = base.data().join("site.backup");
    let mut steps = server::migrate::steps();
    steps.push("m9999_tomorrow".to_owned());
    let order = actors::keeping::backup::Order { version: "9.0.0".to_owned(), steps, secret_key: None };
    let clock = entity::clock::Clock::System;
    actors::keeping::backup::backup(&db, &clock, &file, order, &mut |_, _| {}).await.expect("written");
    db.close().await;
    let told = refused(&run(&url, base.data(), &["restore", text(&file)]).await);
    assert!(told.contains("made by a newer version"), "{told}");
    assert_eq!(tables(&url).await, 0);
}

/// The secret of the embedded default: it goes with a backup only if asked, and a site is not restored without one.
#[test]
fn a_site_needs_its_secret() {
    tell(Backend::Sqlite, |_| async {
        let folder = tempfile::tempdir().expect("a folder");
        let [old, bare, whole] = ["old", "bare", "whole"].map(|name| folder.path().join(name));
        for data in [&old, &bare, &whole] {
            std::fs::create_dir(data).expect("a folder");
        }
        let url = |data: &PathBuf| format!("sqlite:{}", data.join("lectern.db").display());
        // A site makes its secret and keys when it first does something.
        done(&run_without_secret(&url(&old), &old, &["migrate"]).await);
        let secret = DataFolder::take(&old).expect("nobody has it").secret().expect("it is made");
        let db = Database::connect(&url(&old)).await.expect("the database answers");
        let clock = entity::clock::Clock::System;
        actors::identity::keyring::Keyring::open(&db, &clock, secret.reveal(), None).await.expect("keys are made");
        db.close().await;
        let [without, with] = ["without", "with"].map(|name| folder.path().join(name));
        done(&run_without_secret(&url(&old), &old, &["backup", text(&without)]).await);
        done(&run_without_secret(&url(&old), &old, &["backup", "--with-secrets", text(&with)]).await);

        let why = refused(&run_without_secret(&url(&bare), &bare, &["restore", text(&without)]).await);
        assert!(why.contains("without the site's secret") && why.contains("--forget-keys"), "{why}");
        // The one of the environment is another.
        let why = refused(&run(&url(&bare), &bare, &["restore", text(&without)]).await);
        assert!(why.contains("sealed with another secret"), "{why}");
        done(&run_without_secret(&url(&bare), &bare, &["restore", "--forget-keys", text(&without)]).await);
        assert_eq!(keys(&url(&bare)).await, [0]);

        done(&run_without_secret(&url(&whole), &whole, &["restore", text(&with)]).await);
        assert_eq!(keys(&url(&whole)).await, [4]);
        let kept = std::fs::read_to_string(whole.join("secret.key")).expect("the secret is there");
        assert_eq!(kept, secret.reveal());
    });
}

async fn keys(url: &str) -> Vec<i64> {
    let db = Database::connect(url).await.expect("the database answers");
    let counted = numbers(&db, "SELECT count(*) FROM signing_key").await.expect("a count");
    db.close().await;
    counted
}
