//! However many hand in at once, in however many processes, a course has one chain: no gap, no fork.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::{Plan, Site};
use tests::stories;
use tests::world::numbers;

use super::{Campus, outcome, verify_there};

stories![many_at_once_make_one_chain, a_key_is_replaced_and_all_receipts_stay_good];

/// Clients at the same time.
const CLIENTS: usize = 50;

async fn many_at_once_make_one_chain(backend: Backend) {
    let campus = Campus::new(backend).await;
    let mut sites = vec![&campus.site];
    // On the embedded database there is one process only.
    let beside = match backend {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Site::on(campus.site.base.beside(), Plan::default()).await),
    };
    sites.extend(&beside);
    let taken = (0..CLIENTS).map(|number| {
        let (site, text) = (sites[number % sites.len()], format!("print({number})\n"));
        let campus = &campus;
        async move { campus.submit(site, &campus.ada, &text, &text).await["receipt"].take() }
    });
    let receipts = join_all(taken).await;
    let places: BTreeSet<String> =
        receipts.iter().map(|it| format!("{} {}", it["block"]["position"], it["backupId"])).collect();
    assert_eq!(places.len(), CLIENTS);
    let db = &campus.site.app.kernel.deps.db;
    let positions = numbers(db, "SELECT position FROM receipt_block ORDER BY position").await.expect("positions");
    assert_eq!(positions, (1..=positions.len() as i64).collect::<Vec<_>>());
    let heads = numbers(db, "SELECT position FROM receipt_chain").await.expect("heads");
    assert_eq!(heads, [positions.len() as i64]);
    let keys = campus.keys().await;
    let (status, report) = campus.check(&["--keys", keys.to_str().expect("letters")]).await;
    assert_eq!((status, &report["faults"]), (Some(0), &json!([])), "{report}");
    assert_eq!(report["courses"][0]["receipts"], json!(CLIENTS));
    for receipt in receipts.iter().step_by(7) {
        let verified = verify_there(&campus.site, receipt["text"].as_str().expect("a text")).await;
        assert_eq!(verified["data"]["verifyReceipt"]["isGood"], true, "{verified}");
    }
    if let Some(beside) = beside {
        beside.end().await;
    }
    campus.site.end().await;
}

async fn a_key_is_replaced_and_all_receipts_stay_good(backend: Backend) {
    let mut campus = Campus::new(backend).await;
    let key = |payload: &Value| payload["receipt"]["block"]["keyId"].as_str().expect("a key").to_owned();
    let text = |payload: &Value| payload["receipt"]["text"].as_str().expect("a text").to_owned();
    let before = campus.submit(&campus.site, &campus.ada, "print(1)\n", "one").await;
    let keys_of_before = std::fs::read_to_string(campus.keys().await).expect("the keys");
    let query = "mutation { rotateKeys(input: { purpose: RECEIPT }) { keyId problems { code } } }";
    let rotated = campus.site.ask(&campus.admin, query, json!({})).await;
    let after = campus.submit(&campus.site, &campus.ada, "print(2)\n", "two").await;
    assert_eq!(rotated["rotateKeys"]["keyId"], json!(key(&after)));
    assert_ne!(key(&before), key(&after));
    // Those of access tokens are others, and stay.
    assert_eq!(
        super::get(&campus.site, "/.well-known/jwks.json").await.json()["keys"].as_array().map(Vec::len),
        Some(1)
    );
    // When the site has started anew, it goes on with the new one; the private half of the old one is gone in the end, the public one stays.
    campus.execute("DELETE FROM signing_key WHERE retired_at IS NOT NULL").await;
    let base = campus.site.end().await;
    campus.site = Site::on(base, Plan::default()).await;
    let later = campus.submit(&campus.site, &campus.ada, "print(3)\n", "three").await;
    assert_eq!(key(&later), key(&after));
    let keys = campus.keys().await;
    for payload in [&before, &after, &later] {
        let (status, verified) = campus.verify(&text(payload), Some(&keys), &[]).await;
        assert_eq!(status, Some(0), "{verified}");
        let verified = verify_there(&campus.site, &text(payload)).await;
        assert_eq!(verified["data"]["verifyReceipt"]["isGood"], true, "{verified}");
    }
    // Who has kept only the old keys is told what is missing, and what was not signed with them.
    let old = campus.site.base.data().join("old-keys.json");
    std::fs::write(&old, keys_of_before).expect("written");
    let (status, verified) = campus.verify(&text(&after), Some(&old), &[]).await;
    assert_eq!((status, outcome(&verified, "signature")), (Some(2), "unknown"), "{verified}");
    let (status, report) = campus.check(&["--keys", old.to_str().expect("letters")]).await;
    let faults = report["faults"].as_array().expect("faults");
    assert_eq!((status, faults.len()), (Some(1), 2), "{report}");
    assert!(faults.iter().all(|fault| fault["about"] == "signature"), "{report}");
    assert_eq!(campus.check(&[]).await.0, Some(0));
    campus.site.end().await;
}
