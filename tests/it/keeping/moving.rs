//! Moving from the embedded database to PostgreSQL: everything is there, the same life goes on, and the old place is closed.

use actors::database::Database;
use server::data_folder::DataFolder;
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::postgres;
use tests::world::numbers;

use super::program::{done, refused, run, run_with, start, text};
use super::restore::execute;
use super::rows::{ROWS, contents, fill};

#[test]
fn a_site_moves_with_everything() {
    tell(Backend::Sqlite, |backend| async move {
        let base = Base::new(backend).await;
        let source = base.open().await;
        fill(&source).await;
        let before = contents(&source).await;
        let url = postgres::empty().await;
        let said = done(&run(&base.url, base.data(), &["copy-to", &url]).await);
        assert!(said.contains("This site has moved"), "{said}");
        let target = Database::connect(&url).await.expect("the database answers");
        let after = contents(&target).await;
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
        for (table, rows) in &before {
            assert_eq!(&after[table], rows, "{table}");
        }
        execute(&target, "INSERT INTO section (key, title, description, position) VALUES ('new', '', '', 1)").await;
        assert_eq!(numbers(&target, "SELECT max(id) FROM section").await.expect("a key"), [ROWS + 1]);
        target.close().await;
        source.close().await;

        // Nobody goes on in the old place.
        for command in [&["serve"][..], &["copy-to", &url]] {
            let why = refused(&run(&base.url, base.data(), command).await);
            assert!(why.contains("has moved to postgres://lectern@localhost/") && !why.contains("panicked"), "{why}");
        }
    });
}

#[test]
fn a_password_is_no_argument() {
    tell(Backend::Sqlite, |backend| async move {
        let url = postgres::empty().await;
        let secret = url.replace("lectern@", "lectern:hunter2@");
        assert_ne!(url, secret);
        let none = ("LECTERN_LOG", "warn");
        let base = Base::new(backend).await;
        let why = refused(&run(&base.url, base.data(), &["copy-to", &secret]).await);
        assert!(why.contains("LECTERN_COPY_TO_URL_FILE") && !why.contains("hunter2"), "{why}");
        let why = refused(&run(&base.url, base.data(), &["copy-to"]).await);
        assert!(why.contains("is missing") && why.contains("LECTERN_COPY_TO_URL"), "{why}");
        let why = refused(&run_with(&base, none, "mysql://hunter2\n", &["copy-to", "-"]).await);
        assert!(why.contains("must begin with postgres://") && !why.contains("hunter2"), "{why}");
        assert_eq!(tables(&url).await, [0], "nothing has happened so far");

        let said = done(&run_with(&base, none, &format!("{secret}\n"), &["copy-to", "-"]).await);
        assert!(said.contains("This site has moved") && !said.contains("hunter2"), "{said}");
        let base = Base::new(backend).await;
        let (file, url) = (base.data().join("url"), postgres::empty().await);
        std::fs::write(&file, format!("{}\n", url.replace("lectern@", "lectern:hunter2@"))).expect("written");
        let said = done(&run_with(&base, ("LECTERN_COPY_TO_URL_FILE", text(&file)), "", &["copy-to"]).await);
        assert!(said.contains("This site has moved") && !said.contains("hunter2"), "{said}");
    });
}

#[test]
fn a_site_that_is_served_does_not_move() {
    tell(Backend::Sqlite, |backend| async move {
        let base = Base::new(backend).await;
        let _serving = DataFolder::take(base.data()).expect("nobody else has it");
        let url = postgres::empty().await;
        let why = refused(&run(&base.url, base.data(), &["copy-to", &url]).await);
        assert!(why.contains("another Lectern process works in") && why.contains("stop it"), "{why}");
        assert_eq!(tables(&url).await, [0]);
    });
}

#[test]
fn a_text_that_postgresql_refuses_is_named_first() {
    tell(Backend::Sqlite, |backend| async move {
        let base = Base::new(backend).await;
        let db = base.open().await;
        let url = postgres::empty().await;
        let text = "INSERT INTO section (id, key, title, description, position) \
             VALUES (41, 'fine', '', '', 1), (42, 'other', 'a' || char(0), '', 1)";
        execute(&db, text).await;
        let why = refused(&run(&base.url, base.data(), &["copy-to", &url]).await);
        assert!(why.contains("the column `title` of the table `section` in the row with id 42 holds U+0000"), "{why}");
        // Corrected, it moves.
        execute(&db, "UPDATE section SET title = 'a' WHERE id = 42").await;
        db.close().await;
        done(&run(&base.url, base.data(), &["copy-to", &url]).await);
    });
}

#[test]
fn a_database_that_is_in_use_is_left_alone() {
    tell(Backend::Sqlite, |backend| async move {
        let (base, other) = (Base::new(backend).await, Base::new(Backend::Postgres).await);
        let target = other.open().await;
        execute(&target, "INSERT INTO section (key, title, description, position) VALUES ('theirs', '', '', 1)").await;
        let why = refused(&run(&base.url, base.data(), &["copy-to", &other.url]).await);
        assert!(why.contains("not empty: the table `section` has rows"), "{why}");
        assert_eq!(numbers(&target, "SELECT count(*) FROM section").await.expect("a count"), [1]);
        target.close().await;
        // And the site is where it was.
        let mut served = start(&base, &["migrate"]);
        assert!(served.wait().await.expect("it ends").success());
        let db = base.open().await;
        assert_eq!(entity::site::find(db.read()).await.expect("a site").moved_at, None);
        db.close().await;
    });
}

/// How many tables a database has.
async fn tables(url: &str) -> Vec<i64> {
    let db = Database::connect(url).await.expect("the database answers");
    let counted = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    let count = numbers(&db, counted).await.expect("a count");
    db.close().await;
    count
}
