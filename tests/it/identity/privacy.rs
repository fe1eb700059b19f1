//! What the site holds about somebody: shown to them, and forgotten.

use std::collections::BTreeSet;

use entity::identity::held::HELD;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::json;
use tests::backend::Backend;
use tests::site::{PASSWORD, Plan, Site};
use tests::stories;

use super::{change, problem, refusal, sign_in};
use crate::keeping::program::{done, run};

stories![who_asks_is_given_all_and_can_be_forgotten, no_table_is_forgotten];

/// Every column that the database knows as the key of a person.
async fn no_table_is_forgotten(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let db = site.app.kernel.deps.db.read();
    let text = match backend {
        Backend::Sqlite => {
            "SELECT m.name || '.' || f.\"from\" AS place FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS f \
             WHERE m.type = 'table' AND f.\"table\" = 'user'"
        }
        Backend::Postgres => {
            "SELECT c.conrelid::regclass::text || '.' || a.attname AS place FROM pg_constraint AS c \
             JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] \
             WHERE c.contype = 'f' AND c.confrelid = '\"user\"'::regclass"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), text)).await.expect("it answers");
    let there: BTreeSet<String> = rows.iter().map(|row| row.try_get("", "place").expect("a text")).collect();
    let listed: BTreeSet<String> = HELD.iter().map(ToString::to_string).collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    assert!(missing.is_empty(), "say in entity/src/identity/held.rs what becomes of {missing:?}");
    for held in HELD {
        held.rows(db, 1).await.unwrap_or_else(|error| panic!("{held}: {error}"));
        held.count(db, 1).await.unwrap_or_else(|error| panic!("{held}: {error}"));
    }
    site.end().await;
}

async fn who_asks_is_given_all_and_can_be_forgotten(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    let input = json!({ "email": "greta@example.org", "name": "Greta Garbo" });
    change(&site, None, "register", input, "taken").await;
    let code = tests::mailbox::letter(&site, "greta@example.org", "register", 0).await.code();
    let accept = json!({ "code": code, "password": PASSWORD, "name": "Greta Garbo" });
    change(&site, None, "acceptInvitation", accept, "user { id }").await;
    let enroll = json!({ "email": "greta@example.org", "course": "data-in-the-wild", "role": "STUDENT" });
    change(&site, Some(&admin), "enroll", enroll, "enrolled").await;
    let greta = site.sign_in("greta@example.org").await;
    let made =
        change(&site, Some(&greta), "createToken", json!({ "name": "nightly", "scopes": ["ALL"] }), "token").await;
    let token = made["token"].as_str().expect("a token");
    let wrong = change(&site, Some(&greta), "exportAccount", json!({ "password": "x" }), "account").await;
    assert_eq!(problem(&wrong), "WRONG_PASSWORD");
    let by_token = change(&site, Some(token), "eraseAccount", json!({ "password": PASSWORD }), "erased").await;
    assert_eq!(problem(&by_token), "NOT_ALLOWED");
    let exported = change(&site, Some(&greta), "exportAccount", json!({ "password": PASSWORD }), "account").await;
    let tables = &exported["account"]["tables"];
    assert_eq!(tables["user.id"]["rows"][0]["email"], "greta@example.org", "{exported:#}");
    assert_eq!(tables["enrollment.user_id"]["rows"][0]["role"], "student");
    assert!(
        tables["session.user_id"]["rows"]
            .as_array()
            .is_some_and(|rows| rows.iter().any(|row| row["name"] == "nightly"))
    );
    for secret in ["argon2", "digest", token] {
        assert!(!exported.to_string().contains(secret), "{secret}: {exported}");
    }
    let erased = change(
        &site,
        Some(&greta),
        "eraseAccount",
        json!({ "password": PASSWORD }),
        "erased kept { what count reason }",
    )
    .await;
    assert_eq!(erased["erased"], true, "{erased}");
    let kept = erased["kept"].as_array().expect("a list");
    assert!(kept.iter().any(|kept| kept["what"] == "enrollment.user_id" && kept["count"] == 1), "{erased}");
    for token in [&greta, token] {
        assert!(refusal(&site, token).await.is_some());
    }
    assert_eq!(problem(&sign_in(&site, "greta@example.org", PASSWORD).await), "WRONG_CREDENTIALS");
    let needed = change(&site, Some(&admin), "eraseAccount", json!({ "password": PASSWORD }), "erased").await;
    assert_eq!(problem(&needed), "NEEDED");
    // No row knows them any more.
    let file = site.base.data().join("backup");
    let base = site.end().await;
    done(&run(&base.url, base.data(), &["backup", file.to_str().expect("letters")]).await);
    let rows = String::from_utf8_lossy(&std::fs::read(&file).expect("a backup")).to_lowercase();
    assert!(rows.contains("erased person"), "the backup is readable");
    for name in ["greta", "garbo"] {
        assert!(!rows.contains(name), "{name} is still there");
    }
}
