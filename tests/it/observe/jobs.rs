//! A job that fails for the last time is the platform's fault, and reported; a program of a learner that fails is not.

use std::time::Duration;

use actors::identity::prune_sessions::PruneSessions;
use actors::job::Job as _;
use actors::write::Write;
use entity::job::queue::NewJob;
use sea_orm::ConnectionTrait as _;
use tests::backend::{Backend, tell};
use tests::ear::Ear;
use tests::runner::{page, run};
use tests::serving::Serving;
use tests::site::{Plan, Site};

use super::secrets::event;

/// A program that says something secret and fails.
const FAILS: &str = "raise RuntimeError('planted ' + 'hunter2')\n";

#[test]
fn a_job_that_is_given_up_is_reported_and_a_program_that_fails_is_not() {
    tell(Backend::Sqlite, |backend| async move {
        let site = Site::new(backend, Plan::default()).await;
        let mut write = Write::begin(&site.app.kernel.deps).await.expect("a transaction");
        let later = NewJob { delay: Duration::from_secs(3_600), ..PruneSessions.new() };
        let job = write.enqueue(later).await.expect("enqueued");
        write.commit().await.expect("committed");
        let base = site.end().await;

        let mut sentry = Ear::open().await;
        let dsn = format!("http://public@{}/some/path/42", sentry.address);
        let serving = Serving::start(&base, &[("SENTRY_DSN", &dsn), ("LECTERN_LOG", "info")]).await;
        let seen = run(serving.address, &page("python3", "run", &[("main.py", FAILS)])).await;
        assert!(seen.text("stderr").contains("planted hunter2"), "{seen:#?}");

        // It has failed as often as it may but once, is due, and cannot do what it should.
        let db = base.open().await;
        let spoil = format!(
            "ALTER TABLE session RENAME COLUMN expires_at TO planted_at; \
             UPDATE job SET failures = {}, run_at = 0, postponed = 0 WHERE id = {job}",
            PruneSessions::POLICY.max_failures - 1
        );
        db.write_connection().execute_unprepared(&spoil).await.expect("they are there");
        let heard = sentry.next().await;
        let told = event(&heard);
        assert_eq!(
            (&told["tags"]["job.kind"], &told["tags"]["error.kind"]),
            (&"identity.prune_sessions".into(), &"job".into())
        );
        assert_eq!(told["exception"]["values"][0]["value"], "a job failed for the last time");
        let log = serving.end().await;
        assert!(sentry.rest().is_empty(), "nothing else was the platform's fault");
        for text in [log, String::from_utf8_lossy(&heard.body).into_owned()] {
            assert!(!text.contains("hunter2") && !text.contains("raise Runtime"), "{text}");
        }
        db.close().await;
    });
}
