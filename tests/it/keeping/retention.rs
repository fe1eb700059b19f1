//! Finished jobs are forgotten when their time is over, in parts, and archived if that is wanted; no other job is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use actors::job::Job as _;
use actors::keeping::Retention;
use actors::keeping::retain_jobs::RetainJobs;
use actors::{kinds, lanes};
use entity::clock::Clock;
use entity::id::{self, Kind};
use tests::backend::Backend;
use tests::stories;
use tests::world::{Plan, World};

stories![ten_thousand_old_jobs_go_and_nothing_else, without_an_archive_they_are_gone];

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

async fn world(backend: Backend, archive: Option<PathBuf>) -> World {
    let days = |days: u64| Duration::from_secs(days * 86_400);
    let retention = Retention { finished: days(30), dead: days(180), archive };
    let lanes = vec![(lanes::HOUSEKEEPING, 1)];
    // It stands still, but not elsewhere than the database's: its own jobs are young.
    let clock = Clock::Fake(Arc::new(AtomicI64::new(Clock::System.now().0)));
    World::with(backend, Plan { kinds: kinds::KINDS, lanes, retention, clock, ..Plan::default() }).await
}

/// Jobs with two events each, of a lane that nobody works: their keys.
async fn jobs(world: &World, count: i64, state: &str, age_days: i64) -> BTreeSet<i64> {
    let last = world.numbers("SELECT coalesce(max(id), 0) FROM job").await[0];
    let ended = world.deps().clock.now().0 - age_days * DAY;
    let finished = if matches!(state, "queued" | "leased") { "NULL".to_owned() } else { ended.to_string() };
    // A lease that is good for as long as this takes.
    let lease = if state == "leased" { "(SELECT max(until) FROM lease_end)" } else { "NULL" };
    let until = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})";
    let now = entity::clock::database_now(sea_orm::ConnectionTrait::get_database_backend(world.db().read()));
    let insert = format!(
        "{}, lease_end(until) AS (SELECT {now} + 60000000) \
         INSERT INTO job (id, kind, version, lane, class, rank, state, payload, run_at, attempt, failures, max_failures, losses, \
             created_at, finished_at, lease_until, lease_token, head) \
         SELECT {last} + i, 'old', 1, 'nowhere', 0, 0, '{state}', '{{}}', {ended}, 1, 0, 3, 0, {ended}, {finished}, {lease}, 7, 2 FROM n",
        until.replace("{count}", &count.to_string()),
    );
    world.execute(&insert, []).await;
    for position in [1, 2] {
        let events = format!(
            "INSERT INTO job_event (job_id, position, kind, data, at) \
             SELECT id, {position}, 'step', '{{}}', {ended} FROM job WHERE id > {last}"
        );
        world.execute(&events, []).await;
    }
    (last + 1..=last + count).collect()
}

async fn retain(world: &World) {
    // The counter is behind the keys that were given by hand.
    let db = world.db().write_connection();
    let tables = actors::keeping::table::tables(db).await.expect("the tables");
    let last = world.numbers("SELECT max(id) FROM job").await[0];
    let job = tables.iter().find(|table| table.name == "job").expect("the table");
    job.go_on_behind(db, last).await.expect("the counter is set");
    let mut next = Some(world.enqueue(RetainJobs::default().new()).await);
    while let Some(id) = next {
        let ended = world.ended(id).await;
        assert_eq!(ended.state, entity::job::JobState::Done, "{ended:?}");
        // It has enqueued the next one in the transaction that ended it.
        next =
            world.numbers(&format!("SELECT id FROM job WHERE kind = 'keeping.retain_jobs' AND id > {id}")).await.pop();
    }
}

async fn left(world: &World) -> BTreeSet<i64> {
    world.numbers("SELECT id FROM job WHERE kind = 'old'").await.into_iter().collect()
}

async fn ten_thousand_old_jobs_go_and_nothing_else(backend: Backend) {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("archive");
    let world = world(backend, Some(archive.clone())).await;
    let mut gone = BTreeSet::new();
    let mut kept = BTreeSet::new();
    gone.extend(jobs(&world, 10, "dead", 200).await);
    kept.extend(jobs(&world, 5, "queued", 200).await);
    kept.extend(jobs(&world, 1, "leased", 200).await);
    gone.extend(jobs(&world, 9_900, "done", 60).await);
    kept.extend(jobs(&world, 700, "dead", 60).await);
    gone.extend(jobs(&world, 90, "cancelled", 31).await);
    kept.extend(jobs(&world, 100, "done", 29).await);
    retain(&world).await;
    assert_eq!(left(&world).await, kept);
    let orphans = "SELECT count(*) FROM job_event WHERE job_id NOT IN (SELECT id FROM job)";
    assert_eq!(world.numbers(orphans).await, [0]);
    let of_the_kept = "SELECT count(*) FROM job_event JOIN job ON job.id = job_id WHERE job.kind = 'old'";
    assert_eq!(world.numbers(of_the_kept).await, [2 * i64::try_from(kept.len()).expect("few")]);
    let wanted: Vec<String> = gone.iter().map(|key| id::encode(Kind::Job, *key)).collect();
    assert_eq!(archived(&archive), wanted.into_iter().collect::<BTreeSet<_>>());

    // Again, there is nothing to do.
    retain(&world).await;
    assert_eq!(left(&world).await, kept);
    world.stop().await;
}

/// The keys in the archive, each once and whole, in the file of the month in which it ended.
fn archived(folder: &Path) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the archive") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&path).expect("a text").lines() {
            let job: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            let finished = job["finished_at"].as_str().expect("a time");
            assert_eq!(name, format!("jobs-{}.jsonl", &finished[..7]));
            assert_eq!(job["events"].as_array().map(Vec::len), Some(2), "{line}");
            assert!(keys.insert(job["id"].as_str().expect("a key").to_owned()), "twice: {line}");
        }
    }
    keys
}

async fn without_an_archive_they_are_gone(backend: Backend) {
    let world = world(backend, None).await;
    jobs(&world, 3, "done", 31).await;
    let kept = jobs(&world, 3, "done", 1).await;
    retain(&world).await;
    assert_eq!(left(&world).await, kept);
    world.stop().await;
}
