//! Tokens that look like ours and are none: each is refused, and none is taken for nobody.

use actors::identity::access_token::Claims;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::{self, Kind};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::{Plan, Site};
use tests::{client, stories};

use super::refusal;

stories![what_looks_like_a_token_and_is_none_is_refused];

/// What a good token of somebody says.
fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("base64")).expect("JSON")
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

async fn what_looks_like_a_token_and_is_none_is_refused(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let good = site.sign_in("admin@example.org").await;
    let (deps, said) = (&site.app.kernel.deps, claims(&good));
    assert_eq!(refusal(&site, &good).await, None);
    let signer = deps.site.keyring.signer(&deps.db).await.expect("a key");
    let signed = |claims: &Value| {
        let claims: Claims = serde_json::from_value(claims.clone()).expect("claims");
        let header = Header { kid: Some(signer.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &signer.key).expect("signed")
    };
    // The way in which all of them are made makes good ones too.
    assert_eq!(refusal(&site, &signed(&said)).await, None);
    let with = |name: &str, value: Value| {
        let mut claims = said.clone();
        claims[name] = value;
        signed(&claims)
    };
    let now = deps.clock.now().0 / 1_000_000;
    let [head, body, signature] = good.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let kid = json!(signer.kid);
    // The public key is known to everybody: it must not work as a shared secret.
    let published = client::send(site.address, hyper::Method::GET, "/.well-known/jwks.json", [], "").await.json();
    let public = URL_SAFE_NO_PAD.decode(published["keys"][0]["x"].as_str().expect("a key")).expect("base64");
    let confused = {
        let header = Header { kid: Some(signer.kid.clone()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &said, &EncodingKey::from_secret(&public)).expect("signed")
    };
    let other_site = Site::new(backend, Plan::default()).await;
    let elsewhere = other_site.sign_in("admin@example.org").await;
    let bare = json!({ "sub": said["sub"], "sid": said["sid"], "iat": now, "nbf": now, "exp": now + 60 });
    let unaddressed = {
        let header = Header { kid: Some(signer.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &bare, &signer.key).expect("signed")
    };
    for (what, token, told) in [
        ("no algorithm", format!("{}.{body}.", part(&json!({ "alg": "none", "kid": kid }))), "not one of this site's"),
        (
            "no algorithm, signed",
            format!("{}.{body}.{signature}", part(&json!({ "alg": "none", "kid": kid }))),
            "not one",
        ),
        ("the public key as a secret", confused, "not one of this site's"),
        (
            "another algorithm",
            format!("{}.{body}.{signature}", part(&json!({ "alg": "RS256", "kid": kid }))),
            "not one",
        ),
        (
            "a key that is not there",
            format!("{}.{body}.{signature}", part(&json!({ "alg": "EdDSA", "kid": "0" }))),
            "not one",
        ),
        ("no key", format!("{}.{body}.{signature}", part(&json!({ "alg": "EdDSA" }))), "not one"),
        (
            "a key in the token itself",
            format!("{}.{body}.{signature}", part(&json!({ "alg": "EdDSA", "jwk": published["keys"][0] }))),
            "not one",
        ),
        ("another person, not signed", format!("{head}.{}.{signature}", part(&json!({ "sub": "usr_x" }))), "not one"),
        ("another site", elsewhere, "not one of this site's"),
        ("for another site", with("aud", json!("https://other.example")), "not one of this site's"),
        ("by another site", with("iss", json!("https://other.example")), "not one of this site's"),
        ("for nobody in particular", unaddressed, "not one of this site's"),
        ("expired", with("exp", json!(now - 1)), "has expired"),
        ("good for longer than any of ours", with("exp", json!(now + 2 * 3600)), "not one of this site's"),
        ("not yet", with("nbf", json!(now + 60)), "not one of this site's"),
        ("a session that is not there", with("sid", json!(987_654)), "not good any more"),
        ("a session of somebody else", with("sub", json!(id::encode(Kind::User, 987_654))), "not good any more"),
        ("what is no person", with("sub", json!("job_lejRej")), "not one of this site's"),
        ("a key of the site", signer.kid.clone(), "not one of this site's"),
        ("a cookie's secret", format!("lcs_{}", "a".repeat(43)), "not one of this site's"),
        ("a refresh token", format!("lcr_{}", "a".repeat(43)), "not one of this site's"),
        ("a token that nobody made", format!("lct_{}", "a".repeat(43)), "not good any more"),
        ("a long one", format!("{head}.{}.{signature}", "a".repeat(30_000)), "not one of this site's"),
    ] {
        let refused = refusal(&site, &token).await;
        assert!(refused.as_ref().is_some_and(|words| words.contains(told)), "{what}: {refused:?}");
    }
    other_site.end().await;
    site.end().await;
}
