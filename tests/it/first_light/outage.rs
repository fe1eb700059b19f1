//! A machine on which programs cannot be run for a while: nobody's work is scored by that, and what was handed in is graded later,
//! when it is handed in again or when somebody has it tried again. And a letter that was stopped.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use actors::write::Write;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::{Plan, RUN, Site, examples};
use tests::smtp::{MailServer, Received};
use tests::stories;
use tests::tools::launcher;

stories!(
    work_that_could_not_be_run_is_graded_later,
    work_that_could_not_be_run_is_graded_when_it_is_retried,
    work_that_could_not_be_run_is_run_again_by_itself,
    attempts_that_the_site_used_up_are_given_back,
    a_letter_that_was_stopped_goes_out_when_it_is_retried,
);

const SUBMIT: &str = "mutation($input: SubmitInput!) { submit(input: $input) { submission { id } run { id } job { id } problems { message } } }";

async fn work_that_could_not_be_run_is_graded_later(backend: Backend) {
    let class = Class::new(backend, None).await;
    class.break_down();
    let broken = class.hand_in().await;
    assert_eq!(class.verdict(&broken["run"]["id"]).await, "SANDBOX_ERROR");
    assert_eq!(class.scores(&broken).await, json!([]), "a broken sandbox is nobody's zero");

    class.mend();
    let mended = class.hand_in().await;
    assert_eq!((&mended["submission"], &mended["run"]), (&broken["submission"], &broken["run"]));
    assert_ne!(mended["job"], broken["job"]);
    assert_eq!(class.verdict(&mended["run"]["id"]).await, "PASSED");
    assert_eq!(class.scores(&broken).await, json!([{ "value": "10" }]));
    class.site.end().await;
}

async fn work_that_could_not_be_run_is_graded_when_it_is_retried(backend: Backend) {
    let class = Class::new(backend, None).await;
    class.break_down();
    let broken = class.hand_in().await;
    assert_eq!(class.verdict(&broken["run"]["id"]).await, "SANDBOX_ERROR");

    class.mend();
    let retry =
        "mutation($input: RetryJobsInput!) { retryJobs(input: $input) { retried skipped problems { message } } }";
    let retried = class.site.ask(&class.admin, retry, json!({ "input": { "lane": "execution" } })).await;
    assert_eq!(retried["retryJobs"], json!({ "retried": 1, "skipped": 0, "problems": [] }));
    assert_eq!(class.verdict(&broken["run"]["id"]).await, "PASSED");
    assert_eq!(class.scores(&broken).await, json!([{ "value": "10" }]));
    class.site.end().await;
}

async fn work_that_could_not_be_run_is_run_again_by_itself(backend: Backend) {
    let class = Class::new(backend, None).await;
    class.break_down();
    let broken = class.hand_in().await;
    assert_eq!(class.verdict(&broken["run"]["id"]).await, "SANDBOX_ERROR");
    // It comes to nothing as long as the machine is broken, and is put off again.
    class.bring_forward().await;
    let again = "{ jobs(filter: { kind: \"execution.rerun\" }) { nodes { state } } }";
    loop {
        let jobs = class.site.ask(&class.admin, again, json!({})).await["jobs"]["nodes"].take();
        if jobs.as_array().is_some_and(|jobs| jobs.len() == 2) {
            break;
        }
        tokio::task::yield_now().await;
    }
    class.mend();
    class.bring_forward().await;
    while class.scores(&broken).await == json!([]) {
        tokio::task::yield_now().await;
    }
    assert_eq!(class.scores(&broken).await, json!([{ "value": "10" }]));
    assert_eq!(class.verdict(&broken["run"]["id"]).await, "PASSED");
    class.site.end().await;
}

async fn attempts_that_the_site_used_up_are_given_back(backend: Backend) {
    let class = Class::new(backend, None).await;
    class.allow_attempts(2).await;
    let wrong = class.hand_in_text("# wrong").await;
    assert_ne!(class.verdict(&wrong["run"]["id"]).await, "SANDBOX_ERROR");
    assert_eq!(class.attempts_left().await, 1);
    class.break_down();
    let mut broken = Vec::new();
    for text in ["# one", "# two", "# three"] {
        let handed_in = class.hand_in_text(text).await;
        assert_eq!(class.verdict(&handed_in["run"]["id"]).await, "SANDBOX_ERROR");
        assert_eq!(class.attempts_left().await, 1, "{text}: what the site could not run has used none");
        broken.push(handed_in);
    }
    class.mend();
    // Run by itself in the end, each counts as if it had been run at once; none of them is taken away for that.
    class.bring_forward().await;
    for handed_in in &broken {
        while class.scores(handed_in).await == json!([]) {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(class.attempts_left().await, 0);
    let refused = class.hand_in_text("# too many").await;
    assert_eq!(refused["problems"][0]["message"].as_str().map(|words| words.contains("attempts are used")), Some(true));
    class.site.end().await;
}

async fn a_letter_that_was_stopped_goes_out_when_it_is_retried(backend: Backend) {
    let mut mail = MailServer::start().await;
    let class = Class::new(backend, Some(mail.url.clone())).await;
    let steer = async |query: &str, input: Value| class.site.ask(&class.admin, query, json!({ "input": input })).await;
    let pause = "mutation($input: PauseLaneInput!) { pauseLane(input: $input) { lane { paused } } }";
    steer(pause, json!({ "lane": "mail" })).await;
    let handed_in = class.hand_in().await;
    assert_eq!(class.verdict(&handed_in["run"]["id"]).await, "PASSED");
    let jobs = "{ jobs(filter: { kind: \"mail.deliver\" }) { nodes { id } } }";
    let jobs = class.site.ask(&class.admin, jobs, json!({})).await["jobs"]["nodes"].take();
    let job = jobs[0]["id"].clone();

    let cancel =
        "mutation($input: CancelJobInput!) { cancelJob(input: $input) { job { state } problems { message } } }";
    let cancelled = steer(cancel, json!({ "job": job })).await;
    assert_eq!(cancelled["cancelJob"], json!({ "job": { "state": "CANCELLED" }, "problems": [] }));
    assert_eq!(class.letters().await, json!([{ "state": "FAILED" }]));
    let retry = "mutation($input: RetryJobInput!) { retryJob(input: $input) { job { state } problems { code } } }";
    let retried = steer(retry, json!({ "job": job })).await;
    assert_eq!(retried["retryJob"], json!({ "job": { "state": "QUEUED" }, "problems": [] }));
    assert_eq!(class.letters().await, json!([{ "state": "QUEUED" }]));
    let resume = "mutation($input: ResumeLaneInput!) { resumeLane(input: $input) { lane { paused } } }";
    steer(resume, json!({ "lane": "mail" })).await;
    let Received::Taken(letter) = mail.received().await else { panic!("refused") };
    assert_eq!(letter.to, ["ada@example.org"]);
    // The row says so when the job that sent it has settled.
    while class.letters().await != json!([{ "state": "SENT" }]) {
        tokio::task::yield_now().await;
    }
    class.site.end().await;
}

/// A site with somebody who hands in good work, and a way to the sandbox that can be closed.
struct Class {
    site: Site,
    admin: String,
    ada: String,
    /// The way.
    way: PathBuf,
    _folder: TempDir,
}

impl Class {
    async fn new(backend: Backend, smtp_url: Option<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let way = folder.path().join("launcher");
        mend(&way);
        let site = Site::new(backend, Plan { launcher: way.clone(), smtp_url, ..Plan::default() }).await;
        let admin = site.sign_in("admin@example.org").await;
        site.sync(&admin).await;
        let ada = site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
        Self { site, admin, ada, way, _folder: folder }
    }

    /// What came of handing in the model solution.
    async fn hand_in(&self) -> Value {
        let text = fs::read_to_string(examples().join("solutions/word-counts/words.py")).expect("the model solution");
        self.hand_in_text(&text).await
    }

    async fn hand_in_text(&self, text: &str) -> Value {
        let query = "{ assignment(endpoint: \"data-in-the-wild/word-counts\") { id main } }";
        let assignment = self.site.ask(&self.ada, query, json!({})).await["assignment"].take();
        let files = json!([{ "name": assignment["main"], "text": text }]);
        let input = json!({ "input": { "assignment": assignment["id"], "files": files } });
        self.site.ask(&self.ada, SUBMIT, input).await["submit"].take()
    }

    async fn scores(&self, handed_in: &Value) -> Value {
        let scores = "query($id: ID!) { node(id: $id) { ... on Submission { scores { value } } } }";
        let seen = self.site.ask(&self.ada, scores, json!({ "id": handed_in["submission"]["id"] })).await;
        seen["node"]["scores"].clone()
    }

    /// Allows so many attempts at everything.
    async fn allow_attempts(&self, most: u8) {
        let write = Write::begin(&self.site.app.kernel.deps).await.expect("a transaction");
        let change = format!("UPDATE assignment SET attempts = {most}");
        write.tx().execute_unprepared(&change).await.expect("it is changed");
        write.commit().await.expect("it is committed");
    }

    async fn attempts_left(&self) -> Value {
        let query = "{ assignment(endpoint: \"data-in-the-wild/word-counts\") { viewerWork { attemptsLeft } } }";
        self.site.ask(&self.ada, query, json!({})).await["assignment"]["viewerWork"]["attemptsLeft"].take()
    }

    /// Has what is put off done now.
    async fn bring_forward(&self) {
        let mut write = Write::begin(&self.site.app.kernel.deps).await.expect("a transaction");
        let now = "UPDATE job SET run_at = 0 WHERE kind = 'execution.rerun' AND state = 'queued'";
        write.tx().execute_unprepared(now).await.expect("it is brought forward");
        write.ring("housekeeping");
        write.commit().await.expect("it is committed");
    }

    async fn letters(&self) -> Value {
        let letters = "{ viewer { letters { nodes { state } } } }";
        self.site.ask(&self.ada, letters, json!({})).await["viewer"]["letters"]["nodes"].take()
    }

    /// The verdict of a run, when it has one.
    async fn verdict(&self, run: &Value) -> Value {
        let mut follower = self.site.follow(&self.ada, RUN, json!({ "run": run })).await;
        let mut last = Value::Null;
        while let Said::Next(mut record) = follower.said().await {
            last = record["data"]["runOutput"]["run"]["verdict"].take();
        }
        last
    }

    fn mend(&self) {
        mend(&self.way);
    }

    fn break_down(&self) {
        break_down(&self.way);
    }
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
