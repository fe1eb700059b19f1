//! What becomes of receipts when somebody is forgotten, and when a site is restored.

use serde_json::json;
use tests::backend::Backend;
use tests::base::Base;
use tests::site::{PASSWORD, Plan, Site};
use tests::stories;

use super::{Campus, check, outcome, verify_there};
use crate::keeping::program::{done, run, text};

stories![who_is_forgotten_leaves_a_chain_that_holds, a_restored_site_goes_on_and_shows_it];

async fn who_is_forgotten_leaves_a_chain_that_holds(backend: Backend) {
    let campus = Campus::new(backend).await;
    let site = &campus.site;
    let receipt = campus.receipt("print(1)\n").await;
    let query = "mutation($input: ExportAccountInput!) { exportAccount(input: $input) { account problems { code } } }";
    let exported = site.ask(&campus.ada, query, json!({ "input": { "password": PASSWORD } })).await;
    let account = &exported["exportAccount"]["account"];
    assert_eq!(account["receipts"], json!([receipt]), "{exported}");
    assert_eq!(account["tables"]["receipt_holder.user_id"]["whenForgotten"], "goes");
    let query = "mutation($input: EraseAccountInput!) { eraseAccount(input: $input) { erased problems { message } } }";
    let erased = site.ask(&campus.ada, query, json!({ "input": { "password": PASSWORD } })).await;
    assert_eq!(erased["eraseAccount"]["erased"], true, "{erased}");
    let (status, report) = campus.check(&[]).await;
    assert_eq!((status, &report["faults"]), (Some(0), &json!([])), "{report}");
    assert_eq!(report["courses"][0]["forgotten"], 1, "{report}");
    let held = tests::world::numbers(&site.app.kernel.deps.db, "SELECT count(*) FROM receipt_holder").await;
    assert_eq!(held.expect("a count"), [0]);
    // Nothing leads from the rows to her any more; her own copy still proves all of it.
    let file = site.base.data().join("site.backup");
    done(&run(&site.base.url, site.base.data(), &["backup", text(&file)]).await);
    let rows = String::from_utf8_lossy(&std::fs::read(&file).expect("a backup")).into_owned();
    let salt = serde_json::from_str::<serde_json::Value>(&receipt).expect("JSON")["salt"].take();
    for trace in ["ada@example.org", salt.as_str().expect("a salt")] {
        assert!(!rows.contains(trace), "{trace} is still there");
    }
    let (status, verified) = campus.verify(&receipt, Some(&campus.keys().await), &[]).await;
    assert_eq!((status, outcome(&verified, "person")), (Some(0), "holds"), "{verified}");
    assert_eq!(verify_there(site, &receipt).await["data"]["verifyReceipt"]["isGood"], true);
    // What is changed is found all the same.
    campus.execute("UPDATE backup SET received_at = received_at - 1").await;
    let (status, report) = campus.check(&[]).await;
    assert_eq!((status, &report["faults"][0]["about"]), (Some(1), &json!("backup")), "{report}");
    campus.site.end().await;
}

async fn a_restored_site_goes_on_and_shows_it(backend: Backend) {
    let campus = Campus::new(backend).await;
    let before = campus.receipt("print(1)\n").await;
    let file = campus.site.base.data().join("site.backup");
    done(&run(&campus.site.base.url, campus.site.base.data(), &["backup", text(&file)]).await);
    let lost = campus.receipt("print(2)\n").await;
    let base = Base::empty(backend).await;
    // Even where the keys are forgotten: what they have signed is still verified.
    done(&run(&base.url, base.data(), &["restore", text(&file), "--forget-keys"]).await);
    let restored = Site::on(base, Plan::default()).await;
    let there = verify_there(&restored, &lost).await["data"]["verifyReceipt"].take();
    assert_eq!((&there["isGood"], outcome(&there, "SIGNATURE")), (&json!(false), "HOLDS"), "{there}");
    assert!(there.to_string().contains("in another life"), "{there}");
    let there = verify_there(&restored, &before).await;
    assert_eq!(there["data"]["verifyReceipt"]["isGood"], true, "{there}");
    let ada = restored.sign_in("ada@example.org").await;
    let after = campus.submit(&restored, &ada, "print(3)\n", "three").await;
    assert_eq!(after["receipt"]["block"]["position"], 2);
    let (status, report) = check(&restored.base.url, &restored, &[]).await;
    assert_eq!((status, &report["faults"]), (Some(0), &json!([])), "{report}");
    let lives = report["courses"][0]["lives"].as_array().expect("lives");
    assert_eq!((lives.len(), &lives[1]["first"]), (2, &json!(2)), "{report}");
    // Now there is another block in its place.
    let there = verify_there(&restored, &lost).await["data"]["verifyReceipt"].take();
    assert!(there["isGood"] == false && there.to_string().contains("in another life"), "{there}");
    restored.end().await;
    campus.site.end().await;
}
