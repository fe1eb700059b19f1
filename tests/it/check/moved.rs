//! What only a site knows of a screen: that it was in another mission (`sync.key-moved`), or of the other type (`sync.type-changed`). And who
//! synchronised what.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::folder::{Folder, code, text};
use tests::site::{Plan, Site};
use tests::stories;

stories!(screens_move_with_their_progress_and_change_their_type);

const SUM: &str = "## Display\ntotal = 0\n## Answer\ntotal = 4\n## Check vars\n[\"total\"]";
const PROGRESS: &str =
    "{ course(key: \"course\") { missions { nodes { number screens { key viewerProgress { state attempts } } } } } }";

async fn diagnostics(site: &Site, token: &str, number: u32) -> Value {
    let query = "query($subject: String!) { contentCheck(subject: $subject) { diagnostics { text } } }";
    let answer = site.ask(token, query, json!({ "subject": format!("mission/{number}") })).await;
    answer["contentCheck"]["diagnostics"].clone()
}

async fn screens_move_with_their_progress_and_change_their_type(backend: Backend) {
    let folder = Folder::new(&[1, 2], "");
    folder.mission(1, &[text("start"), code("sum", SUM)]);
    folder.mission(2, &[text("end")]);
    let site = Site::new(backend, Plan { content: folder.path().to_owned(), ..Plan::default() }).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    let ada = site.enrolled(&admin, "ada@example.org", "course", "STUDENT").await;
    crate::learning::attempt(&site, &ada, "sum", "total = 4").await;

    folder.mission(1, &[text("start")]);
    folder.mission(2, &[text("end"), code("sum", SUM)]);
    site.sync(&admin).await;
    let line = "missions/2/Mission2.ipynb[1] sum: warning sync.key-moved: the screen sum moves here from another mission \
        (its learners' progress goes with it)";
    assert_eq!(diagnostics(&site, &admin, 2).await, json!([{ "text": line }]));
    let moved = site.ask(&ada, PROGRESS, json!({})).await["course"]["missions"]["nodes"][1]["screens"][1].take();
    assert_eq!(moved, json!({ "key": "sum", "viewerProgress": { "state": "PASSED", "attempts": 1 } }));

    folder.mission(2, &[text("end"), text("sum")]);
    site.sync(&admin).await;
    let line = "missions/2/Mission2.ipynb[1] sum: warning sync.type-changed: the screen sum was of another type \
        (who had passed it has only seen it now; a new key would leave the old progress as it was)";
    assert_eq!(diagnostics(&site, &admin, 2).await, json!([{ "text": line }]));
    folder.mission(2, &[text("end"), code("sum", SUM)]);
    site.sync(&admin).await;
    let back = site.ask(&ada, PROGRESS, json!({})).await["course"]["missions"]["nodes"][1]["screens"][1].take();
    assert_eq!(back["viewerProgress"], json!({ "state": "TRIED", "attempts": 1 }), "what was passed is asked anew");
    the_history_has_it(&site, &admin, &ada).await;
    site.end().await;
}

async fn the_history_has_it(site: &Site, admin: &str, student: &str) {
    let query = "query($subject: String) { contentSyncs(subject: $subject, first: 3) {
        nodes { subject outcome errors warnings commit requester { email } } pageInfo { hasNextPage } } }";
    let of_second = site.ask(admin, query, json!({ "subject": "mission/2" })).await["contentSyncs"].take();
    let newest = json!({
        "subject": "mission/2", "outcome": "STORED", "errors": 0, "warnings": 1, "commit": null,
        "requester": { "email": "admin@example.org" },
    });
    assert_eq!(
        (&of_second["nodes"][0], &of_second["pageInfo"]["hasNextPage"]),
        (&newest, &json!(true)),
        "{of_second:#}"
    );
    let all = site.ask(admin, query, json!({})).await["contentSyncs"]["nodes"].take();
    assert_eq!(all[0]["subject"], "mission/2", "mission 1 was as it had been: {all:#}");
    assert_eq!(site.ask(student, query, json!({})).await["contentSyncs"]["nodes"], json!([]));
}
