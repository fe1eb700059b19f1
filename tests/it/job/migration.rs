//! The steps that tell events from rows and set jobs apart whose time has not come, on a database of an earlier version at work.

use entity::job::JobState;
use entity::job::event::{self, Stream};
use migration::{Migrator, MigratorTrait as _};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use tests::backend::Backend;
use tests::base::Base;
use tests::stage::{Act, Stage};
use tests::stories;
use tests::world::{Plan, World, numbers};

stories![what_an_earlier_version_left_is_told_and_goes_on];

/// The steps before these.
const BEFORE: u32 = 14;

/// What an earlier version has left: jobs with their columns from `state` to `claim_head`, and the events that it stored of each.
const JOBS: [(i64, &str, &[&str]); 5] = [
    (1, "'done', 0, NULL, NULL, 1, 0, 0, 2, 3, 9, 2", &["queued", "leased", "done"]),
    (2, "'leased', 0, 77, 5, 1, 0, 0, 2, 2, NULL, 2", &["queued"]),
    (3, "'queued', 0, NULL, NULL, 0, 0, 0, NULL, 1, NULL, NULL", &["queued"]),
    (4, "'queued', 9000000000000000, NULL, NULL, 1, 1, 0, 2, 3, NULL, NULL", &["queued", "leased", "failed"]),
    (5, "'dead', 0, NULL, NULL, 1, 3, 0, 2, 3, 9, NULL", &["queued", "leased", "dead"]),
];

async fn leave(base: &Base, stage: &Stage) {
    let db = base.open().await;
    let write = db.write_connection();
    Migrator::up(write, Some(BEFORE)).await.expect("the steps before");
    for (id, columns, events) in JOBS {
        let payload = stage.play(&format!("play {id}"), &[Act::Done]).payload;
        let insert = format!(
            "INSERT INTO job (id, kind, version, lane, class, rank, payload, max_failures, created_at, \
               state, run_at, lease_token, lease_until, attempt, failures, losses, started_at, head, finished_at, claim_head) \
             VALUES ({id}, 'stage.play', 1, 'stage', 1, {id}, '{payload}', 3, 1, {columns})"
        );
        write.execute_unprepared(&insert).await.unwrap_or_else(|error| panic!("{insert}: {error}"));
        for (place, kind) in events.iter().enumerate() {
            let insert = format!(
                "INSERT INTO job_event (job_id, position, kind, data, at) VALUES ({id}, {}, '{kind}', '{{\"old\": true}}', 1)",
                place + 1
            );
            write.execute_unprepared(&insert).await.unwrap_or_else(|error| panic!("{insert}: {error}"));
        }
    }
    if !db.is_embedded() {
        write.execute_unprepared("SELECT setval('job_id_seq', 5)").await.expect("the keys go on");
    }
    Migrator::up(write, None).await.expect("the steps since");
    db.close().await;
}

async fn what_an_earlier_version_left_is_told_and_goes_on(backend: Backend) {
    let (base, mut stage) = (Base::empty(backend).await, Stage::default());
    leave(&base, &stage).await;
    let db = base.open().await;
    for (id, _, stored) in JOBS {
        let events = event::after(db.read(), Stream::Job(id), 0, 10).await.expect("events");
        let places: Vec<i64> = events.iter().map(|event| event.position).collect();
        assert_eq!(places, (1..=places.len() as i64).collect::<Vec<_>>(), "{events:#?}");
        let (old, new) = events.split_at(stored.len());
        assert!(
            old.iter().zip(stored).all(|(event, kind)| event.kind == *kind && event.data == json!({ "old": true }))
        );
        // What is being worked on has its claim in its row alone.
        let kinds: Vec<&str> = new.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, if id == 2 { vec!["leased"] } else { vec![] });
    }
    assert_eq!(numbers(&db, "SELECT id FROM job WHERE postponed").await.expect("an answer"), [4]);
    db.close().await;

    let world = World::on(base, Plan::default()).await;
    let ended = [world.ended(2).await, world.ended(3).await];
    assert_eq!(ended.map(|job| (job.state, job.attempt, job.losses)), [(JobState::Done, 2, 1), (JobState::Done, 1, 0)]);
    assert_eq!(stage.entrances(2).await, ["play 2", "play 3"]);
    let events = event::after(world.db().read(), Stream::Job(2), 2, 10).await.expect("events");
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["queued", "leased", "done"]);
    assert_eq!(world.job(4).await.state, JobState::Queued);
    world.stop().await;
}
