//! What is seen of lanes and jobs: counts, waiting times, positions, estimates and reasons.

use std::sync::Arc;
use std::time::Duration;

use actors::jobs::lanes::{Lane, Lanes};
use entity::clock::Timestamp;
use entity::job::reason::reason;
use entity::job::{JobState, place, waiting};
use sea_orm::{ConnectionTrait as _, Statement};
use tests::backend::Backend;
use tests::hand::{self, by_hand};
use tests::stage::{Act, LANE, Stage};
use tests::world::{Plan, World};
use tests::{campus, stories};

stories![
    what_waits_and_has_waited_is_counted_by_course,
    a_process_is_seen_while_it_is_there,
    a_job_knows_its_place_and_when_its_turn_comes,
    each_thing_that_a_job_waits_for_is_told,
    the_last_step_is_the_progress,
    what_has_ended_is_not_read_to_see_the_lanes,
];

/// How the lanes are now. What the process has counted and not told yet is among it.
async fn look(world: &World) -> Arc<Lanes> {
    // The process has a row after its first beat, whenever that comes.
    while world.kernel.pulse.last().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.deps().sight.look_now(world.deps()).await.expect("the lanes")
}

fn lane(lanes: &Lanes, name: &str, course: Option<i64>) -> Lane {
    lanes.of(course).into_iter().find(|lane| lane.name == name).expect("a lane")
}

async fn what_waits_and_has_waited_is_counted_by_course(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let (home, away) = (campus::course(&world, "home").await, campus::course(&world, "away").await);
    let play = |name: &str, act, course| entity::job::queue::NewJob { course, ..stage.play(name, &[act]) };
    let dead = world.enqueue(play("dead", Act::GiveUp, Some(home))).await;
    world.ended(dead).await;
    for name in ["a", "b", "c", "d"] {
        world.enqueue(play(name, Act::Wait, Some(home))).await;
    }
    let (queued, mut later) = (play("queued", Act::Done, Some(away)), play("later", Act::Done, Some(away)));
    later.delay = Duration::from_secs(3_600);
    stage.entrances(5).await;
    let queued = world.enqueue(queued).await;
    world.enqueue(later).await;
    let lanes = look(&world).await;
    let all = lane(&lanes, LANE, None);
    let depth = (all.depth.queued, all.depth.delayed, all.depth.leased, all.depth.dead);
    assert_eq!((depth, all.slots, all.busy, all.begun), ((1, 1, 4, 1), 4, 4, 5));
    assert_eq!(all.depth.oldest, Some(world.job(queued).await.run_at.0));
    let (home, away) = (lane(&lanes, LANE, Some(home)), lane(&lanes, LANE, Some(away)));
    assert_eq!((home.depth.leased, home.depth.dead, home.depth.queued, home.begun), (4, 1, 0, 5));
    assert_eq!((away.depth.leased, away.depth.queued, away.begun, away.p50), (0, 1, 0, None));
    // Nobody had to wait for a free slot.
    assert!(home.p50 <= home.p99 && home.p99.is_some_and(|waited| waited < 30_000_000), "{home:?}");
    stage.cue(4);
    world.ended(queued).await;
    world.stop().await;
}

async fn a_process_is_seen_while_it_is_there(backend: Backend) {
    let world = World::new(backend).await;
    let lanes = look(&world).await;
    let [worker] = &lanes.workers[..] else { panic!("one process: {:?}", lanes.workers) };
    assert_eq!((&worker.holder, worker.pid), (&world.kernel.holder, i64::from(std::process::id())));
    assert!(worker.works(LANE, "stage.play", 1) && !worker.works(LANE, "stage.play", 2));
    let beat = world.kernel.pulse.last().expect("a beat");
    assert!(beat.at.elapsed() < Duration::from_secs(60));
    // How long its silence may be it says itself, by its leases; an older version says nothing.
    for (silence, before, after) in [("silence", 8, 16), ("60000000", 40, 61), ("NULL", 8, 21)] {
        for (seconds, there) in [(before, true), (after, false)] {
            world.kernel.pulse.beat(world.deps()).await.expect("heard");
            world.execute("DELETE FROM worker WHERE holder = 'ghost'", []).await;
            let ghost = format!(
                "INSERT INTO worker (holder, host, pid, role, version, lanes, kinds, started_at, seen_at, silence) \
                 SELECT 'ghost', host, pid, role, version, lanes, kinds, started_at, seen_at - {seconds}000000, {silence} FROM worker"
            );
            world.execute(&ghost, []).await;
            let here = entity::job::worker::here(world.db().read()).await.expect("an answer");
            assert_eq!(here.iter().any(|worker| worker.holder == "ghost"), there, "{silence} after {seconds} s");
        }
    }
    world.execute("DELETE FROM worker WHERE holder = 'ghost'", []).await;
    let base = world.stop().await;
    let db = base.open().await;
    assert_eq!(tests::world::numbers(&db, "SELECT count(*) FROM worker").await.expect("a number"), [0]);
    db.close().await;
}

async fn a_job_knows_its_place_and_when_its_turn_comes(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    for name in ["a", "b", "c", "d"] {
        world.enqueue(stage.play(name, &[Act::Wait])).await;
    }
    stage.entrances(4).await;
    let mut jobs = Vec::new();
    for number in 0..3 {
        jobs.push(world.enqueue(stage.play(&format!("job {number}"), &[Act::Done])).await);
    }
    let places = place::ahead(world.db().read(), &jobs).await.expect("places");
    assert_eq!(jobs.iter().map(|job| places[job]).collect::<Vec<_>>(), [0, 1, 2]);
    let (lanes, last) = (look(&world).await, world.job(jobs[2]).await);
    let around = lanes.around(&last, None);
    assert_eq!(lanes.estimate(&last, 2, &around), None, "nothing has ended here that could tell how long it takes");
    // Twelve bodies of ten seconds each, in four slots; in the minute of what the process has told.
    world.kernel.pulse.beat(world.deps()).await.expect("heard");
    world.execute("INSERT INTO lane_work (lane, minute, jobs, micros) SELECT 'stage', min(minute), 12, 120000000 FROM lane_wait", []).await;
    let lanes = look(&world).await;
    let Timestamp(start) = lanes.estimate(&last, 2, &around).expect("now it can be told");
    let wait = start - lanes.now().0;
    assert!((6_000_000..=6_250_000).contains(&wait), "two and a half bodies in four slots: {wait}");
    assert_eq!(lanes.estimate(&last, place::FAR, &around), None, "too far to tell");
    stage.cue(4);
    for job in jobs {
        world.ended(job).await;
    }
    world.stop().await;
}

async fn each_thing_that_a_job_waits_for_is_told(backend: Backend) {
    let plan = Plan { lanes: vec![(LANE, 1)], ..Plan::default() };
    let (world, mut stage) = (World::with(backend, plan).await, Stage::default());
    let nobody = world.enqueue(by_hand(stage.play("nobody", &[]))).await;
    let holder = world.enqueue(stage.keyed("key", "holder", &[Act::Wait])).await;
    stage.entrance().await;
    let twin = world.enqueue(stage.keyed("key", "twin", &[Act::Done])).await;
    let slot = world.enqueue(stage.play("slot", &[Act::Done])).await;
    let later = stage.play("later", &[Act::Done]);
    let later = entity::job::queue::NewJob { delay: Duration::from_secs(3_600), ..later };
    let later = world.enqueue(later).await;
    let unknown = world.enqueue(entity::job::queue::NewJob { version: 7, ..stage.play("unknown", &[]) }).await;
    let suspect = world.enqueue(stage.play("suspect", &[])).await;
    world.execute("UPDATE job SET losses = 2 WHERE id = $1", [suspect.into()]).await;
    let lanes = look(&world).await;
    let twins = place::leased_twins(world.db().read(), &[twin, slot]).await.expect("an answer");
    assert_eq!(twins.into_iter().collect::<Vec<_>>(), [(twin, holder)]);
    for (job, words) in [
        (nobody, "no process works the lane by-hand"),
        (twin, "has ended, which is about the same"),
        (slot, "for a free slot"),
        (later, "Is not begun before"),
        (unknown, "stage.play in version 7"),
        (suspect, "alone: 2 processes were lost"),
        (holder, "Is being worked on; if nothing"),
    ] {
        let job = world.job(job).await;
        let told = reason(&job, &lanes.around(&job, (job.id == twin).then_some(holder)), false);
        assert!(told.contains(words), "{told}");
    }
    stage.cue(1);
    world.job_when(slot, |job| job.state == JobState::Done).await;
    world.stop().await;
}

async fn the_last_step_is_the_progress(backend: Backend) {
    let (world, stage) = (World::idle(backend).await, Stage::default());
    let job = hand::take(&world, stage.play("it", &[]), 7).await;
    let work = actors::job::Work::new(job.clone(), world.deps().clone(), Default::default());
    let steps = || place::last_steps(world.db().read(), std::slice::from_ref(&job.id));
    assert!(steps().await.expect("an answer").is_empty());
    for done in [1, 2] {
        work.progress("graded", serde_json::json!({ "done": done, "total": 3 })).await.expect("told");
    }
    let found = steps().await.expect("an answer");
    assert_eq!((found[&job.id].kind.as_str(), &found[&job.id].data["done"]), ("graded", &serde_json::json!(2)));
    world.stop().await;
}

const MANY: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100500) \
     INSERT INTO job (kind, version, lane, class, rank, state, payload, run_at, attempt, failures, max_failures, losses, created_at) \
     SELECT 'stage.play', 1, 'stage', 1, i, CASE WHEN i <= 100000 THEN 'done' WHEN i <= 100100 THEN 'dead' ELSE 'queued' END, \
       '{}', 0, 0, 0, 3, 0, 0 FROM n";

async fn what_has_ended_is_not_read_to_see_the_lanes(backend: Backend) {
    let world = World::idle(backend).await;
    world.execute(MANY, []).await;
    let explain = match backend {
        Backend::Sqlite => "EXPLAIN QUERY PLAN",
        Backend::Postgres => {
            world.execute("ANALYZE job", []).await;
            "EXPLAIN"
        }
    };
    let connection = world.db().write_connection();
    for (state, statement) in waiting::depth_statements(connection.get_database_backend()) {
        let statement = Statement { sql: format!("{explain} {}", statement.sql), ..statement };
        let rows = connection.query_all_raw(statement).await.expect("a plan");
        let line = |row: &sea_orm::QueryResult| match backend {
            Backend::Sqlite => row.try_get::<String>("", "detail").expect("a text"),
            Backend::Postgres => row.try_get_by_index::<String>(0).expect("a text"),
        };
        let plan: Vec<String> = rows.iter().map(line).collect();
        let index = |line: &String| {
            ["job_claim", "job_postponed", "job_lease", "job_dead"].iter().any(|name| line.contains(name))
        };
        assert!(plan.iter().any(index), "{state}: {plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("Seq Scan on job")), "{state}: {plan:#?}");
    }
    let depth = lane(&*look(&world).await, LANE, None).depth;
    assert_eq!((depth.queued, depth.dead, depth.leased), (400, 100, 0));
    world.stop().await;
}
