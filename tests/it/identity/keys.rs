//! The keys that sign access tokens, replaced while people are signed in; and the secret that seals them.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::{Plan, Site};
use tests::{client, stories};

use super::refusal;

stories![a_key_is_replaced_and_nobody_notices, a_new_secret_opens_what_the_one_before_has_sealed];

async fn published(site: &Site) -> Value {
    let answer = client::send(site.address, hyper::Method::GET, "/.well-known/jwks.json", [], "").await;
    assert!(answer.header("content-type").starts_with("application/json"), "{:?}", answer.headers);
    answer.json()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).expect("a token").kid.expect("it names its key")
}

async fn a_key_is_replaced_and_nobody_notices(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let before = site.sign_in("admin@example.org").await;
    let rotated = site.ask(&before, "mutation { rotateKeys { keyId problems { code } } }", json!({})).await;
    let after = site.sign_in("admin@example.org").await;
    assert_eq!(rotated["rotateKeys"]["keyId"], kid(&after));
    assert_ne!(kid(&before), kid(&after));
    assert_eq!((refusal(&site, &before).await, refusal(&site, &after).await), (None, None));
    // Others see by the published keys that both are ours.
    let keys: JwkSet = serde_json::from_value(published(&site).await).expect("a set of keys");
    assert_eq!(keys.keys.len(), 2);
    for token in [&before, &after] {
        let key = DecodingKey::from_jwk(keys.find(&kid(token)).expect("its key")).expect("a key");
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_audience(&["http://lectern.example"]);
        rules.set_issuer(&["http://lectern.example"]);
        let claims = jsonwebtoken::decode::<Value>(token, &key, &rules).expect("it is good").claims;
        assert_eq!(claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time"), 3600);
        assert!(claims.get("admin").is_none() && claims.get("email").is_none(), "rights and names have no place in it");
    }
    // The private half is told to nobody.
    let seed = published(&site).await.to_string();
    assert!(!seed.contains("\"d\""), "{seed}");
    site.end().await;
}

async fn a_new_secret_opens_what_the_one_before_has_sealed(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let token = site.sign_in("admin@example.org").await;
    let base = site.end().await;
    let other = "another secret of the stories, longer";
    let with = |secret: &str, previous: Option<&str>| Plan {
        secret: secret.to_owned(),
        previous_secret: previous.map(str::to_owned),
        ..Plan::default()
    };
    let refused = Site::try_on(&base, with(other, None)).await;
    assert!(refused.contains("LECTERN_SECRET_KEY does not open the keys"), "{refused}");
    let site = Site::on(base, with(other, Some(&Plan::default().secret))).await;
    assert_eq!(refusal(&site, &token).await, None);
    // From then on the new one is enough.
    let site = Site::on(site.end().await, with(other, None)).await;
    assert_eq!(refusal(&site, &token).await, None);
    site.end().await;
}
