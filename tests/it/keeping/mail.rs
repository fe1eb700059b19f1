//! A new life begins quietly: what was leased is nobody's, and no letter goes out until somebody says so.

use std::time::Duration;

use entity::job::JobState;
use sea_orm::EntityTrait as _;
use tests::backend::Backend;
use tests::base::Base;
use tests::site::{Plan, Site};
use tests::stories;

use super::cursor::restored;
use super::restore::execute;

stories![letters_wait_and_leases_are_free];

/// A letter that waits for its job, and a job that somebody was working on.
const ROWS: [&str; 4] = [
    "INSERT INTO \"user\" (id, email, name, created_at, verified_at) VALUES (1, 'ada@example.org', 'Ada', 1, 1)",
    "INSERT INTO letter (id, cause, recipient_id, kind, state, message, created_at) VALUES (1, 'c', 1, 'score', 'queued', 'x', 1)",
    "INSERT INTO job (id, kind, version, lane, class, rank, state, payload, run_at, attempt, failures, max_failures, losses, \
        created_at, head) VALUES (1, 'mail.deliver', 1, 'mail', 0, 1, 'queued', '{\"letter\": 1}', 1, 0, 0, 3, 0, 1, 0)",
    "INSERT INTO job (id, kind, version, lane, class, rank, state, payload, run_at, attempt, failures, max_failures, losses, \
        created_at, head, holder, lease_token, lease_until) VALUES (2, 'identity.prune_sessions', 1, 'housekeeping', 1, 1, \
        'leased', 'null', 1, 1, 0, 3, 2, 1, 0, 'somebody', 5, ",
];

async fn letters_wait_and_leases_are_free(backend: Backend) {
    let base = Base::new(backend).await;
    let db = base.open().await;
    let far = entity::clock::database_now(sea_orm::ConnectionTrait::get_database_backend(db.read()));
    let [user, letter, waiting, leased] = ROWS;
    for text in [user, letter, waiting, &format!("{leased}{far} + 300000000)")] {
        execute(&db, text).await;
    }
    db.close().await;
    let site = Site::on(restored(&base).await, Plan::default()).await;
    let freed = job_when(&site, 2, |job| job.state.is_final()).await;
    assert_eq!((freed.state, freed.attempt, freed.losses), (JobState::Done, 2, 1), "{freed:?}");
    let letter = job_when(&site, 1, |_| true).await;
    assert_eq!((letter.state, letter.attempt), (JobState::Queued, 0), "a letter went out: {letter:?}");
    let mail = site.base.data().join("mail");
    assert!(std::fs::read_dir(&mail).map_or(0, Iterator::count) == 0);

    execute(&site.app.kernel.deps.db, "UPDATE lane SET paused_at = NULL WHERE name = 'mail'").await;
    let sent = job_when(&site, 1, |job| job.state.is_final()).await;
    assert_eq!(sent.state, JobState::Done, "{sent:?}");
    assert_eq!(std::fs::read_dir(&mail).expect("the folder").count(), 1);
    site.end().await;
}

/// Looks until the job is as wanted.
async fn job_when(site: &Site, id: i64, wanted: impl Fn(&entity::job::Model) -> bool) -> entity::job::Model {
    loop {
        let found = entity::job::Entity::find_by_id(id).one(site.app.kernel.deps.db.read()).await;
        let job = found.expect("the database answers").expect("the job is there");
        if wanted(&job) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
