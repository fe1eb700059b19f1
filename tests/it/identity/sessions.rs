//! Sign-ins: renewed by tokens that are good once, seen and ended by their owner.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::{PASSWORD, Plan, Site};
use tests::stories;

use super::{account, change, problem, refusal, sign_in};

stories![
    a_refresh_token_is_good_once_and_a_copy_ends_the_sign_in,
    of_two_that_renew_at_once_one_is_a_copy,
    sign_ins_are_seen_and_ended_by_their_owner_alone,
    who_has_no_account_any_more_is_out_at_once
];

const SESSIONS: &str =
    "{ viewer { user { sessions { nodes { id kind name isCurrent scopes expiresAt lastUsedAt } } } } }";

async fn renew(site: &Site, refresh: &Value) -> Value {
    let input = json!({ "refreshToken": refresh });
    change(site, None, "renewSignIn", input, "token refreshToken user { email }").await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

async fn a_refresh_token_is_good_once_and_a_copy_ends_the_sign_in(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let first = sign_in(&site, "admin@example.org", PASSWORD).await;
    let second = renew(&site, &first["refreshToken"]).await;
    assert_eq!(second["user"]["email"], "admin@example.org");
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    // The one before is signed, and its sign-in is open.
    for token in [&first["token"], &second["token"]] {
        assert_eq!(refusal(&site, text(token)).await, None);
    }
    let other = sign_in(&site, "admin@example.org", PASSWORD).await;
    let copied = renew(&site, &first["refreshToken"]).await;
    assert_eq!((problem(&copied), &copied["token"]), ("REUSED", &Value::Null));
    // Whoever has the newer one is out too: one of the two has stolen it.
    let late = renew(&site, &second["refreshToken"]).await;
    assert_eq!(problem(&late), "NOT_GOOD");
    for token in [&first["token"], &second["token"]] {
        assert!(refusal(&site, text(token)).await.is_some_and(|why| why.contains("not good any more")));
    }
    assert_eq!(refusal(&site, text(&other["token"])).await, None, "another sign-in has nothing to do with it");
    for nonsense in ["", "x", "lcr_short", text(&other["token"])] {
        assert_eq!(problem(&renew(&site, &json!(nonsense)).await), "NOT_GOOD");
    }
    site.end().await;
}

async fn of_two_that_renew_at_once_one_is_a_copy(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let signed_in = sign_in(&site, "admin@example.org", PASSWORD).await;
    let refresh = &signed_in["refreshToken"];
    let (one, other) = tokio::join!(renew(&site, refresh), renew(&site, refresh));
    let renewed = [&one, &other].into_iter().filter(|answer| answer["token"].is_string()).count();
    assert!(renewed <= 1, "{one} {other}");
    assert!([&one, &other].into_iter().any(|answer| answer["problems"][0]["code"] == "REUSED"), "{one} {other}");
    assert!(refusal(&site, text(&signed_in["token"])).await.is_some());
    site.end().await;
}

async fn sign_ins_are_seen_and_ended_by_their_owner_alone(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    account(&site, &admin, "ada@example.org").await;
    account(&site, &admin, "eve@example.org").await;
    let (ada, phone) = (site.sign_in("ada@example.org").await, site.sign_in("ada@example.org").await);
    let eve = site.sign_in("eve@example.org").await;
    let listed = site.ask(&ada, SESSIONS, json!({})).await["viewer"]["user"]["sessions"]["nodes"].take();
    let listed = listed.as_array().expect("a list");
    let current: Vec<_> = listed.iter().map(|session| session["isCurrent"] == true).collect();
    assert_eq!(current, [false, true], "the newest first: {listed:#?}");
    let theirs = json!({ "session": listed[0]["id"] });
    let by_eve = change(&site, Some(&eve), "endSession", theirs.clone(), "ended").await;
    assert_eq!((problem(&by_eve), &by_eve["ended"]), ("NOT_FOUND", &json!(false)));
    let seen = site.ask(&eve, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": listed[0]["id"] })).await;
    assert_eq!(seen["node"], Value::Null, "what is somebody else's does not exist");
    assert_eq!(change(&site, Some(&ada), "endSession", theirs, "ended").await["ended"], true);
    assert!(refusal(&site, &phone).await.is_some());
    for nonsense in ["ses_lejRejX", "usr_lejRej", ""] {
        let none = change(&site, Some(&ada), "endSession", json!({ "session": nonsense }), "ended").await;
        assert_eq!(problem(&none), "NOT_FOUND", "{nonsense}");
    }
    let (tablet, again) = (site.sign_in("ada@example.org").await, site.sign_in("ada@example.org").await);
    let ended = site.ask(&ada, "mutation { endOtherSessions { ended } }", json!({})).await;
    assert_eq!(ended["endOtherSessions"]["ended"], 2);
    for token in [&tablet, &again] {
        assert!(refusal(&site, token).await.is_some());
    }
    assert_eq!((refusal(&site, &ada).await, refusal(&site, &eve).await), (None, None));
    site.end().await;
}

async fn who_has_no_account_any_more_is_out_at_once(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    account(&site, &admin, "ada@example.org").await;
    let signed_in = sign_in(&site, "ada@example.org", PASSWORD).await;
    let token = text(&signed_in["token"]);
    let mut socket = site.follow(token, "subscription { lanes { name } }", json!({})).await;
    let close = |disabled: bool| json!({ "email": "Ada@Example.org", "disabled": disabled });
    let closed = change(&site, Some(&admin), "disableUser", close(true), "user { email }").await;
    assert_eq!(closed["user"]["email"], "ada@example.org");
    loop {
        match socket.said().await {
            Said::Closed { code, .. } => break assert_eq!(code, Some(4403)),
            Said::Complete | Said::Errors(_) => {}
            Said::Next(news) => panic!("{news}"),
        }
    }
    assert!(refusal(&site, token).await.is_some());
    assert_eq!(problem(&renew(&site, &signed_in["refreshToken"]).await), "NOT_GOOD");
    assert_eq!(problem(&sign_in(&site, "ada@example.org", PASSWORD).await), "WRONG_CREDENTIALS");
    change(&site, Some(&admin), "disableUser", close(false), "user { email }").await;
    assert!(refusal(&site, token).await.is_some(), "what has ended stays ended");
    assert_eq!(sign_in(&site, "ada@example.org", PASSWORD).await["problems"], json!([]));
    let own = json!({ "email": "admin@example.org" });
    assert_eq!(problem(&change(&site, Some(&admin), "disableUser", own, "user { id }").await), "ONESELF");
    let nobody = json!({ "email": "nobody@example.org" });
    assert_eq!(problem(&change(&site, Some(&admin), "disableUser", nobody, "user { id }").await), "USER_UNKNOWN");
    site.end().await;
}
