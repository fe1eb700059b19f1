//! Accounts and tokens by the operator at the machine.

use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::mailbox::letter;
use tests::site::{Plan, Site};
use tests::stories;
use tokio::time::sleep;

use super::{refusal, sign_in};
use crate::keeping::program::{done, refused, run};

stories![an_operator_looks_after_accounts_and_tokens, an_operator_says_who_runs_the_site_and_what_is_let_in];

async fn an_operator_looks_after_accounts_and_tokens(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let lectern = async |arguments: &[&str]| lectern(&site, arguments).await;
    done(&lectern(&["user", "invite", "ada@example.org", "--name", "Ada"]).await);
    letter(&site, "ada@example.org", "invite", 0).await;
    done(&lectern(&["user", "reset", "ada@example.org"]).await);
    letter(&site, "ada@example.org", "invite", 1).await;
    done(&lectern(&["user", "reset", "admin@example.org"]).await);
    letter(&site, "admin@example.org", "reset", 0).await;
    let made = done(
        &lectern(&["token", "create", "--user", "admin@example.org", "--scope", "all", "--name", "nightly"]).await,
    );
    let token = made.trim();
    assert!(token.starts_with("lct_") && !token.contains('\n'), "{made}");
    assert_eq!(refusal(&site, token).await, None);
    let json = done(
        &lectern(&["token", "create", "--user", "admin@example.org", "--scope", "read", "--days", "1", "--json"]).await,
    );
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert!(json["token"].is_string() && json["session"]["id"].is_string(), "{json}");
    let listed = done(&lectern(&["token", "list", "--user", "admin@example.org", "--json"]).await);
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    let nightly = listed.iter().find(|session| session["name"] == "nightly").expect("it is listed");
    assert_eq!((&nightly["kind"], &nightly["scopes"]), (&json!("TOKEN"), &json!(["ALL"])));
    let table = done(&lectern(&["token", "list", "--user", "admin@example.org"]).await);
    assert!(table.starts_with("SESSION") && table.contains("nightly") && !table.contains("lct_"), "{table}");
    done(&lectern(&["token", "revoke", nightly["id"].as_str().expect("an id")]).await);
    until_refused(&site, token).await;
    let before = site.sign_in("admin@example.org").await;
    done(&lectern(&["keys", "rotate"]).await);
    let after = site.sign_in("admin@example.org").await;
    assert_eq!((refusal(&site, &before).await, refusal(&site, &after).await), (None, None));
    done(&lectern(&["user", "disable", "admin@example.org"]).await);
    until_refused(&site, &after).await;
    done(&lectern(&["user", "enable", "admin@example.org"]).await);
    assert_eq!(sign_in(&site, "admin@example.org", tests::site::PASSWORD).await["problems"], json!([]));
    let log = done(&lectern(&["audit", "--json"]).await);
    let log: Vec<Value> = serde_json::from_str(&log).expect("JSON");
    let actions: Vec<&str> = log.iter().filter_map(|entry| entry["action"].as_str()).collect();
    for action in
        ["user.enabled", "user.disabled", "keys.rotated", "token.created", "password.reset_sent", "user.invited"]
    {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    let about = done(&lectern(&["audit", "--user", "ada@example.org", "--action", "user."]).await);
    assert!(about.lines().count() == 2 && about.contains("user.invited"), "{about}");
    for (arguments, told) in [
        (vec!["user", "disable", "nobody@example.org"], "There is no account"),
        (vec!["token", "create", "--user", "nobody@example.org", "--scope", "read"], "There is no account"),
        (
            vec!["token", "create", "--user", "admin@example.org", "--scope", "read", "--course", "x"],
            "there is no course x",
        ),
        (vec!["token", "revoke", "nonsense"], "There is no such session"),
        (vec!["audit", "--user", "nobody@example.org"], "there is no account"),
    ] {
        let why = refused(&lectern(&arguments).await);
        assert!(why.contains(told), "{arguments:?}: {why}");
    }
    site.end().await;
}

async fn an_operator_says_who_runs_the_site_and_what_is_let_in(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let lectern = async |arguments: &[&str]| lectern(&site, arguments).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    super::account(&site, &admin, "ada@example.org").await;
    done(&lectern(&["user", "promote", "ada@example.org"]).await);
    let ada = site.sign_in("ada@example.org").await;
    let runs = async || site.ask(&ada, "{ viewer { isAdmin } }", json!({})).await["viewer"]["isAdmin"] == true;
    assert!(runs().await);
    done(&lectern(&["user", "demote", "ada@example.org"]).await);
    while runs().await {
        // As above: looked at anew after a second.
        sleep(Duration::from_millis(20)).await;
    }
    let register =
        ["program", "register", "tracker", "--name", "Tracker", "--redirect", "https://tracker.example/back"];
    let made = done(&lectern(&[&register[..], &["--scope", "read", "--confidential"]].concat()).await);
    assert_eq!(made.trim().len(), 64, "its secret: {made}");
    let listed = done(&lectern(&["program", "list"]).await);
    assert!(listed.starts_with("CLIENT_ID") && listed.contains("https://tracker.example/back"), "{listed}");
    let listed = done(&lectern(&["program", "list", "--json"]).await);
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    assert_eq!((&listed[0]["clientId"], &listed[0]["isConfidential"]), (&json!("tracker"), &json!(true)));
    done(&lectern(&["program", "remove", "tracker"]).await);
    let set = ["role", "set", "head_ta", "--course", "data-in-the-wild", "--name", "Head", "--kind", "grader"];
    done(&lectern(&[&set[..], &["--allow", "attend"]].concat()).await);
    done(&lectern(&["role", "unset", "head_ta", "--course", "data-in-the-wild"]).await);
    for (arguments, told) in [
        (vec!["user", "promote", "nobody@example.org"], "There is no account"),
        (vec!["program", "remove", "tracker"], "No program `tracker` is registered"),
        (vec!["program", "remove", "ok-client"], "comes with Lectern"),
        (vec!["role", "unset", "head_ta", "--course", "data-in-the-wild"], "Nothing is said about a role"),
    ] {
        let why = refused(&lectern(&arguments).await);
        assert!(why.contains(told), "{arguments:?}: {why}");
    }
    site.end().await;
}

/// Runs a command beside the site.
async fn lectern(site: &Site, arguments: &[&str]) -> Output {
    run(&site.base.url, site.base.data(), arguments).await
}

/// A command that works beside the server tells it nothing, so there is no event: what is known of a token is looked at anew after a second.
async fn until_refused(site: &Site, token: &str) {
    while refusal(site, token).await.is_none() {
        sleep(Duration::from_millis(20)).await;
    }
}
