//! How somebody gets an account, a new password and another address: by letter, each once, and nothing is told to who only asks.

use std::pin::pin;

use actors::identity::prune_sessions::PruneSessions;
use actors::job::Job as _;
use actors::live::follow;
use actors::write::Write;
use entity::identity::user;
use entity::job::event::Stream;
use futures_util::StreamExt as _;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::mailbox::{self, letter};
use tests::site::{PASSWORD, Plan, Site};
use tests::stories;

use super::{account, change, problem, refusal, sign_in};

stories![
    a_letter_names_nobody_as_a_stranger_likes,
    an_account_that_nobody_makes_theirs_goes,
    an_invitation_makes_an_account_somebodys_own_once,
    who_registers_learns_nothing_about_others,
    two_who_register_one_address_at_once_are_one,
    nobody_registers_where_that_is_closed,
    a_new_password_ends_whatever_there_was,
    an_account_moves_when_both_addresses_say_so,
    what_is_no_address_or_password_is_told_so,
    no_copy_of_a_code_is_kept
];

const NEW: &str = "another good one 42";

async fn invite(site: &Site, admin: &str, email: &str) -> Value {
    change(site, Some(admin), "inviteUser", json!({ "email": email, "name": "Ada" }), "user { email }").await
}

async fn accept(site: &Site, code: &str, password: &str) -> Value {
    let input = json!({ "code": code, "password": password, "name": "Ada Lovelace" });
    change(site, None, "acceptInvitation", input, "user { email name }").await
}

async fn an_invitation_makes_an_account_somebodys_own_once(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    assert_eq!(invite(&site, &admin, "Ada@Example.org").await["user"]["email"], "ada@example.org");
    let mail = letter(&site, "ada@example.org", "invite", 0).await;
    assert!(mail.to.contains("ada@example.org") && mail.subject == "Your account at lectern.example", "{mail:?}");
    let code = mail.code();
    assert!(mail.text.contains(&format!("http://lectern.example/account/welcome#{code}")), "{}", mail.text);
    // Until then it is nobody's.
    assert_eq!(problem(&sign_in(&site, "ada@example.org", NEW).await), "WRONG_CREDENTIALS");
    for (password, told) in
        [("short", "PASSWORD_LENGTH"), ("ada@example.org", "PASSWORD_COMMON"), ("qwertyuiop", "PASSWORD_COMMON")]
    {
        assert_eq!(problem(&accept(&site, &code, password).await), told);
    }
    // A second letter withdraws the first.
    invite(&site, &admin, "ada@example.org").await;
    let again = letter(&site, "ada@example.org", "invite", 1).await.code();
    assert_eq!(problem(&accept(&site, &code, NEW).await), "NOT_GOOD");
    let (one, other) = tokio::join!(accept(&site, &again, NEW), accept(&site, &again, "a third one, as good"));
    let made: Vec<_> = [&one, &other].into_iter().filter(|made| made["user"].is_object()).collect();
    assert_eq!(made.len(), 1, "{one} {other}");
    assert_eq!(made[0]["user"], json!({ "email": "ada@example.org", "name": "Ada Lovelace" }));
    assert_eq!(problem(&accept(&site, &again, NEW).await), "NOT_GOOD");
    let opened =
        [sign_in(&site, "ada@example.org", NEW).await, sign_in(&site, "ada@example.org", "a third one, as good").await];
    assert_eq!(opened.iter().filter(|opened| opened["token"].is_string()).count(), 1);
    assert_eq!(problem(&invite(&site, &admin, "ada@example.org").await), "EMAIL_TAKEN");
    let ada = opened.iter().find_map(|opened| opened["token"].as_str()).expect("a token");
    assert_eq!(problem(&invite(&site, ada, "eve@example.org").await), "NOT_ALLOWED");
    for code in ["", "x", &"A".repeat(43), &"A".repeat(100_000)] {
        assert_eq!(problem(&accept(&site, code, NEW).await), "NOT_GOOD");
    }
    site.end().await;
}

async fn register(site: &Site, email: &str) -> Value {
    change(site, None, "register", json!({ "email": email, "name": "Ada" }), "taken").await
}

async fn who_registers_learns_nothing_about_others(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let known = register(&site, "admin@example.org").await;
    let unknown = register(&site, "ada@example.org").await;
    assert_eq!((&known, &known["taken"]), (&unknown, &json!(true)));
    let told = letter(&site, "admin@example.org", "registered", 0).await;
    assert!(told.text.contains("You have one already") && !told.text.contains('#'), "{}", told.text);
    let code = letter(&site, "ada@example.org", "register", 0).await.code();
    assert_eq!(accept(&site, &code, NEW).await["user"]["email"], "ada@example.org");
    assert!(sign_in(&site, "ada@example.org", NEW).await["token"].is_string());
    assert_eq!(problem(&sign_in(&site, "admin@example.org", NEW).await), "WRONG_CREDENTIALS");
    // The same of a new password.
    let ask = |email: &str| {
        let input = json!({ "email": email });
        change(&site, None, "requestPassword", input, "taken")
    };
    let (known, unknown) = (ask("admin@example.org").await, ask("nobody@example.org").await);
    assert_eq!((&known, &known["taken"]), (&unknown, &json!(true)));
    letter(&site, "admin@example.org", "reset", 0).await;
    assert_eq!(mailbox::count(&site, "nobody@example.org").await, 0);
    site.end().await;
}

async fn two_who_register_one_address_at_once_are_one(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let (one, other, twin) = tokio::join!(
        register(&site, "ada@example.org"),
        register(&site, "ADA@example.org"),
        register(&site, "ada@ｅxample.org")
    );
    assert_eq!([&one["taken"], &other["taken"], &twin["taken"]], [true; 3]);
    let last = letter(&site, "ada@example.org", "register", 2).await.code();
    let db = site.app.kernel.deps.db.read();
    let count = Statement::from_string(
        db.get_database_backend(),
        "SELECT count(*) AS n FROM \"user\" WHERE email LIKE 'ada@%'",
    );
    let count: i64 =
        db.query_one_raw(count).await.expect("it answers").expect("a row").try_get("", "n").expect("a number");
    assert_eq!(count, 1);
    // Of the letters only the newest opens anything; and no more come than somebody can want.
    assert_eq!(accept(&site, &last, NEW).await["user"]["email"], "ada@example.org");
    site.end().await;
}

async fn nobody_registers_where_that_is_closed(backend: Backend) {
    let site = Site::new(backend, Plan { registration: false, ..Plan::default() }).await;
    assert_eq!(problem(&register(&site, "ada@example.org").await), "REGISTRATION_CLOSED");
    site.end().await;
}

async fn a_new_password_ends_whatever_there_was(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    account(&site, &admin, "ada@example.org").await;
    let ada = site.sign_in("ada@example.org").await;
    let made = change(&site, Some(&ada), "createToken", json!({ "name": "x", "scopes": ["READ"] }), "token").await;
    let script = made["token"].as_str().expect("a token").to_owned();
    let sent =
        change(&site, Some(&admin), "sendNewPassword", json!({ "email": "ada@example.org" }), "user { id }").await;
    assert_eq!(sent["problems"], json!([]));
    let older = letter(&site, "ada@example.org", "reset", 0).await.code();
    change(&site, None, "requestPassword", json!({ "email": "ada@example.org" }), "taken").await;
    let code = letter(&site, "ada@example.org", "reset", 1).await.code();
    let reset = |code: &str, password: &str| {
        let input = json!({ "code": code, "password": password });
        change(&site, None, "resetPassword", input, "changed")
    };
    assert_eq!(problem(&reset(&older, NEW).await), "NOT_GOOD", "the older letter opens nothing");
    assert_eq!(problem(&reset(&code, "password123").await), "PASSWORD_COMMON");
    // An invitation's code is no reset's, and the other way round.
    assert_eq!(problem(&accept(&site, &code, NEW).await), "NOT_GOOD");
    assert_eq!(reset(&code, NEW).await["changed"], true);
    assert_eq!(problem(&reset(&code, NEW).await), "NOT_GOOD");
    for token in [&ada, &script] {
        assert!(refusal(&site, token).await.is_some());
    }
    assert_eq!(refusal(&site, &admin).await, None);
    assert_eq!(problem(&sign_in(&site, "ada@example.org", PASSWORD).await), "WRONG_CREDENTIALS");
    let ada = sign_in(&site, "ada@example.org", NEW).await["token"].as_str().expect("a token").to_owned();
    letter(&site, "ada@example.org", "password_changed", 0).await;
    // By oneself: this sign-in stays, the others end.
    let phone = sign_in(&site, "ada@example.org", NEW).await["token"].as_str().expect("a token").to_owned();
    let choose = |present: &str, new: &str| json!({ "password": present, "newPassword": new });
    let wrong = change(&site, Some(&ada), "changePassword", choose(PASSWORD, "one more, as good"), "changed").await;
    assert_eq!(problem(&wrong), "WRONG_PASSWORD");
    let common = change(&site, Some(&ada), "changePassword", choose(NEW, "1234567890"), "changed").await;
    assert_eq!(problem(&common), "PASSWORD_COMMON");
    let done = change(&site, Some(&ada), "changePassword", choose(NEW, "one more, as good"), "changed").await;
    assert_eq!(done["changed"], true, "{done}");
    assert_eq!(refusal(&site, &ada).await, None);
    assert!(refusal(&site, &phone).await.is_some());
    letter(&site, "ada@example.org", "password_changed", 1).await;
    site.end().await;
}

async fn an_account_moves_when_both_addresses_say_so(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    account(&site, &admin, "ada@example.org").await;
    let ada = site.sign_in("ada@example.org").await;
    let ask = |email: &str, password: &str| {
        let input = json!({ "email": email, "password": password });
        change(&site, Some(&ada), "requestEmailChange", input, "taken")
    };
    let confirm = |code: String| change(&site, None, "confirmEmail", json!({ "code": code }), "moved");
    assert_eq!(problem(&ask("new@example.org", "not the password").await), "WRONG_PASSWORD");
    assert_eq!(problem(&ask("nonsense", PASSWORD).await), "EMAIL_INVALID");
    assert_eq!(ask("new@example.org", PASSWORD).await["taken"], true);
    let leave = letter(&site, "ada@example.org", "leave_address", 0).await;
    let take = letter(&site, "ada@example.org", "take_address", 0).await;
    assert!(leave.to.contains("ada@example.org") && take.to.contains("new@example.org"), "{leave:?} {take:?}");
    assert_eq!(confirm(take.code()).await["moved"], "HALF");
    assert_eq!(problem(&confirm(take.code()).await), "NOT_GOOD");
    assert_eq!(refusal(&site, &ada).await, None);
    assert_eq!(confirm(leave.code()).await["moved"], "WHOLE");
    assert_eq!(problem(&sign_in(&site, "ada@example.org", PASSWORD).await), "WRONG_CREDENTIALS");
    assert!(sign_in(&site, "new@example.org", PASSWORD).await["token"].is_string());
    let told = letter(&site, "new@example.org", "address_changed", 0).await;
    assert!(told.to.contains("ada@example.org"), "the one before hears of it: {told:?}");
    // Nobody takes an address that somebody has: nothing to confirm comes to its owner.
    assert_eq!(ask("admin@example.org", PASSWORD).await["taken"], true);
    let leave = letter(&site, "new@example.org", "leave_address", 1).await;
    assert_eq!(confirm(leave.code()).await["moved"], "HALF");
    assert_eq!(mailbox::count(&site, "admin@example.org").await, 0);
    // A half of an older change is none of a newer one.
    assert_eq!(ask("third@example.org", PASSWORD).await["taken"], true);
    let take = letter(&site, "new@example.org", "take_address", 1).await;
    assert_eq!(confirm(take.code()).await["moved"], "HALF");
    site.end().await;
}

async fn what_is_no_address_or_password_is_told_so(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    // The first letter of the first is Cyrillic.
    for email in ["аda@example.org", "ada", "ada@", "a b@example.org", "ada@exa mple.org", ""] {
        assert_eq!(problem(&register(&site, email).await), "EMAIL_INVALID", "{email}");
        assert_eq!(problem(&invite(&site, &admin, email).await), "EMAIL_INVALID", "{email}");
        assert_eq!(problem(&sign_in(&site, email, PASSWORD).await), "WRONG_CREDENTIALS", "{email}");
    }
    for name in ["", " ", "Ada\nBcc: eve@example.org"] {
        let input = json!({ "email": "ada@example.org", "name": name });
        assert_eq!(problem(&change(&site, None, "register", input, "taken").await), "NAME_INVALID", "{name}");
    }
    let megabyte = "x".repeat(1 << 20);
    assert_eq!(problem(&sign_in(&site, "admin@example.org", &megabyte).await), "WRONG_CREDENTIALS");
    let input = json!({ "email": "ada@example.org", "name": "Ada", "password": megabyte });
    assert_eq!(problem(&change(&site, Some(&admin), "createUser", input, "user { id }").await), "PASSWORD_LENGTH");
    assert!(sign_in(&site, " Admin@EXAMPLE.org ", PASSWORD).await["token"].is_string());
    site.end().await;
}

async fn no_copy_of_a_code_is_kept(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    invite(&site, &admin, "ada@example.org").await;
    let mail = letter(&site, "ada@example.org", "invite", 0).await;
    assert_eq!(mail.row.message, None, "the letter is on its way, and its copy is gone");
    let backup = site.base.data().join("backup");
    let code = mail.code();
    let base = site.end().await;
    let output =
        crate::keeping::program::run(&base.url, base.data(), &["backup", backup.to_str().expect("letters")]).await;
    crate::keeping::program::done(&output);
    let rows = std::fs::read(&backup).expect("a backup");
    let rows = String::from_utf8_lossy(&rows);
    assert!(rows.contains("ada@example.org"), "the backup is readable");
    assert!(!rows.contains(&code), "the code of a letter is in the backup");
}

async fn a_letter_names_nobody_as_a_stranger_likes(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    let evil = "you have won, see https://evil.example";
    change(&site, None, "register", json!({ "email": "ada@example.org", "name": evil }), "taken").await;
    let asked = letter(&site, "ada@example.org", "register", 0).await;
    assert!(!asked.text.contains("evil") && !asked.to.contains("evil"), "{asked:?}");
    assert_eq!(invite(&site, &admin, "ada@example.org").await["problems"], json!([]));
    let invited = letter(&site, "ada@example.org", "invite", 0).await;
    assert!(invited.text.starts_with("Hello Ada,") && !invited.text.contains("evil"), "{}", invited.text);
    // Who has registered says their name themselves.
    let input = json!({ "code": asked.code(), "password": NEW });
    assert_eq!(problem(&change(&site, None, "acceptInvitation", input, "user { name }").await), "NAME_INVALID");
    let input = json!({ "code": invited.code(), "password": NEW });
    let accepted = change(&site, None, "acceptInvitation", input, "user { name }").await;
    assert_eq!(accepted["user"]["name"], "Ada", "{accepted}");
    // And an address that somebody has asked for is not theirs yet.
    change(&site, None, "register", json!({ "email": "ben@example.org", "name": "x" }), "taken").await;
    letter(&site, "ben@example.org", "register", 0).await;
    account(&site, &admin, "ben@example.org").await;
    assert!(sign_in(&site, "ben@example.org", PASSWORD).await["token"].is_string());
    site.end().await;
}

async fn an_account_that_nobody_makes_theirs_goes(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    for email in ["ada@example.org", "new@example.org"] {
        register(&site, email).await;
        letter(&site, email, "register", 0).await;
    }
    let deps = &site.app.kernel.deps;
    let run = async |text: &str| {
        let db = deps.db.write_connection();
        db.execute_raw(Statement::from_string(db.get_database_backend(), text)).await.expect("it answers");
    };
    run("UPDATE \"user\" SET created_at = 1 WHERE email <> 'new@example.org'").await;
    run("DELETE FROM ticket").await;
    let mut write = Write::begin(deps).await.expect("a transaction");
    let job = write.enqueue(PruneSessions.new()).await.expect("enqueued");
    write.commit().await.expect("committed");
    let mut events = pin!(follow::stream(deps.clone(), Stream::Job(job), 0));
    while events.next().await.expect("it goes on").expect("it can be read").kind != "done" {}
    let db = deps.db.read();
    assert_eq!(user::by_email(db, "ada@example.org").await.expect("it answers"), None);
    // Who has just come, and who uses their account, stay.
    assert_eq!(mailbox::count(&site, "new@example.org").await, 1);
    assert!(sign_in(&site, "admin@example.org", PASSWORD).await["token"].is_string());
    site.end().await;
}
