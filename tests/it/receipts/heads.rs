//! The heads leave the site day by day; whoever kept one finds what the site itself no longer knows.

use actors::job::Job as _;
use actors::submission::receipt::heads::{KeepHeads, KeptHead};
use actors::write::Write;
use entity::id::{self, Kind};
use serde_json::json;
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::JOB;
use tests::stories;

use super::{COURSE, Campus};
use crate::keeping::program::{done, refused, run};

stories![what_was_a_head_must_stay_in_the_chain];

async fn what_was_a_head_must_stay_in_the_chain(backend: Backend) {
    let campus = Campus::new(backend).await;
    let site = &campus.site;
    let lectern = async |arguments: &[&str]| run(&site.base.url, site.base.data(), arguments).await;
    campus.receipt("print(1)\n").await;
    let last = campus.submit(site, &campus.ada, "print(2)\n", "two").await;
    let mut write = Write::begin(&site.app.kernel.deps).await.expect("a transaction");
    let job = write.enqueue(KeepHeads.new()).await.expect("a job");
    write.commit().await.expect("committed");
    let mut events = site.follow(&campus.admin, JOB, json!({ "id": id::encode(Kind::Job, job) })).await;
    while let Said::Next(_) = events.said().await {}
    let file = site.base.data().join("receipt-heads.jsonl");
    let kept = std::fs::read_to_string(&file).expect("the file of the day");
    let head: KeptHead = serde_json::from_str(kept.trim()).expect("one line");
    assert_eq!((head.course.as_str(), head.position), (COURSE, 2));
    assert_eq!(json!(head.hash), last["receipt"]["block"]["hash"]);
    let printed = done(&lectern(&["receipts", "heads"]).await);
    assert!(printed.starts_with("COURSE") && printed.contains(&head.hash), "{printed}");
    let line = done(&lectern(&["receipts", "heads", COURSE, "--json"]).await);
    let now: KeptHead = serde_json::from_str(&line).expect("JSON");
    assert_eq!(KeptHead { at: head.at.clone(), ..now }, head);
    let heads = ["--heads", file.to_str().expect("letters")];
    assert_eq!(campus.check(&heads).await.0, Some(0));
    // Somebody takes the last block away, with all that speaks of it, and sets the head back: by itself the rest is whole.
    campus.allow_changes(backend).await;
    for statement in [
        "DELETE FROM receipt_holder WHERE backup_id IN (SELECT backup_id FROM receipt WHERE position = 2)",
        "DELETE FROM receipt WHERE position = 2",
        "UPDATE receipt_chain SET position = 1, hash = (SELECT hash FROM receipt_block WHERE position = 1)",
        "DELETE FROM receipt_block WHERE position = 2",
    ] {
        campus.execute(statement).await;
    }
    assert_eq!(campus.check(&[]).await.0, Some(0));
    let (status, report) = campus.check(&heads).await;
    assert_eq!((status, &report["faults"][0]["about"]), (Some(1), &json!("kept_head")), "{report}");
    // Nothing that is not understood passes for well.
    let why = refused(&lectern(&["receipts", "check", "nothing"]).await);
    assert!(why.contains("there is no course nothing"), "{why}");
    let why = refused(&lectern(&["receipts", "check", "--heads", "/dev/null"]).await);
    assert!(why.contains("has no heads in it"), "{why}");
    campus.site.end().await;
}
