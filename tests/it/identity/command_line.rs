//! Accounts and tokens by the operator at the machine.

use std::time::Duration;

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::mailbox::letter;
use tests::site::{Plan, Site};
use tests::stories;
use tokio::time::sleep;

use super::{refusal, sign_in};
use crate::keeping::program::{done, refused, run};

stories![an_operator_looks_after_accounts_and_tokens];

async fn an_operator_looks_after_accounts_and_tokens(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let (url, data) = (site.base.url.clone(), site.base.data().to_owned());
    let lectern = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let (url, data) = (url.clone(), data.clone());
        async move { run(&url, &data, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).await }
    };
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

/// A command that works beside the server tells it nothing, so there is no event: what is known of a token is looked at anew after a second.
async fn until_refused(site: &Site, token: &str) {
    while refusal(site, token).await.is_none() {
        sleep(Duration::from_millis(20)).await;
    }
}
