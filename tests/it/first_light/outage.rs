//! A machine on which programs cannot be run for a while: nobody's work is scored by that, and what was handed in is graded later.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::{Plan, RUN, Site, examples};
use tests::stories;
use tests::tools::launcher;

stories!(work_that_could_not_be_run_is_graded_later);

const SUBMIT: &str = "mutation($input: SubmitInput!) { submit(input: $input) { submission { id } run { id } job { id } problems { message } } }";

async fn work_that_could_not_be_run_is_graded_later(backend: Backend) {
    let folder = tempfile::tempdir().expect("a folder");
    let way = folder.path().join("launcher");
    mend(&way);
    let site = Site::new(backend, Plan { launcher: way.clone(), ..Plan::default() }).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    let ada = site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
    let query = "{ assignment(endpoint: \"data-in-the-wild/word-counts\") { id main } }";
    let assignment = site.ask(&ada, query, json!({})).await["assignment"].take();
    let text = fs::read_to_string(examples().join("solutions/word-counts/words.py")).expect("the model solution");
    let input = json!({ "assignment": assignment["id"], "files": [{ "name": assignment["main"], "text": text }] });

    break_down(&way);
    let broken = site.ask(&ada, SUBMIT, json!({ "input": input })).await["submit"].take();
    assert_eq!(verdict(&site, &ada, &broken["run"]["id"]).await, "SANDBOX_ERROR");
    let scores = "query($id: ID!) { node(id: $id) { ... on Submission { scores { value } } } }";
    let seen = site.ask(&ada, scores, json!({ "id": broken["submission"]["id"] })).await;
    assert_eq!(seen["node"]["scores"], json!([]), "a broken sandbox is nobody's zero");

    mend(&way);
    let mended = site.ask(&ada, SUBMIT, json!({ "input": input })).await["submit"].take();
    assert_eq!((&mended["submission"], &mended["run"]), (&broken["submission"], &broken["run"]));
    assert_ne!(mended["job"], broken["job"]);
    assert_eq!(verdict(&site, &ada, &mended["run"]["id"]).await, "PASSED");
    let seen = site.ask(&ada, scores, json!({ "id": broken["submission"]["id"] })).await;
    assert_eq!(seen["node"]["scores"], json!([{ "value": "10" }]));
    site.end().await;
}

/// A way to the sandbox that notes who went it.
fn mend(way: &Path) {
    let script = format!("#!/bin/sh\necho $$ >> {}.went\nexec {} \"$@\"\n", way.display(), launcher().display());
    fs::write(way, script).expect("it can be written");
    fs::set_permissions(way, fs::Permissions::from_mode(0o755)).expect("it can be executed");
}

/// Closes the way, and ends all who went it.
fn break_down(way: &Path) {
    fs::remove_file(way).expect("it was there");
    let went = fs::read_to_string(way.with_extension("went")).expect("somebody went");
    for launcher in went.split_whitespace() {
        let children = fs::read_to_string(format!("/proc/{launcher}/task/{launcher}/children")).expect("it runs");
        for process in children.split_whitespace().chain([launcher]) {
            let process = nix::unistd::Pid::from_raw(process.parse().expect("a number"));
            nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL).expect("it is ours");
        }
    }
}

/// The verdict of a run, when it has one.
async fn verdict(site: &Site, token: &str, run: &Value) -> Value {
    let mut follower = site.follow(token, RUN, json!({ "run": run })).await;
    let mut last = Value::Null;
    while let Said::Next(mut record) = follower.said().await {
        last = record["data"]["runOutput"]["run"]["verdict"].take();
    }
    last
}
