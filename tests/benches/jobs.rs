//! How fast jobs that do nothing go through: how soon one begins when nothing else is to be done, and how fast many are drained.
//!
//! On SQLite and on PostgreSQL, every commit on the disk, each beside the floor of its own database in the same run: bare
//! transactions one by one. Then the same again behind a million finished jobs. With `--peer URL` it measures one database that is
//! there already and prints one line of JSON, to stand beside other queues in one run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use actors::courier::CourierConfig;
use actors::database::Database;
use actors::deps::{Deps, Site};
use actors::effect::Effects;
use actors::execution::builds::Builds;
use actors::execution::sandbox::Sandbox;
use actors::execution::toolchain::Toolchains;
use actors::execution::workshop::Workshop;
use actors::identity::keyring::Keyring;
use actors::job::{BodyFault, Job, JobKind, Policy, Work};
use actors::kernel::{Kernel, KernelConfig};
use actors::kinds::Known;
use actors::lane::Size;
use actors::mail::postbox::Transport;
use actors::write::Write;
use entity::clock::Clock;
use entity::job::queue::{Class, Repeat};
use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, Statement};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tests::postgres::Durable;
use tests::redis::Redis;

/// Jobs that are worked on at the same time. They wait for nothing but the database.
const SLOTS: usize = 2_048;
/// Jobs that are enqueued in one transaction.
const CHUNK: usize = 1_000;
/// Jobs that begin alone, one every 20 ms.
const ALONE: usize = 300;
const PAUSE: Duration = Duration::from_millis(20);
const FLOOR: usize = 2_000;

/// How many bodies have run.
static RUN: AtomicUsize = AtomicUsize::new(0);
/// When the body of each job that is measured began.
static BEGUN: LazyLock<Mutex<Vec<Option<Instant>>>> = LazyLock::new(Mutex::default);

/// A job that does nothing, but for telling when it began if it is one of those that begin alone.
#[derive(Serialize, Deserialize)]
struct Idle {
    alone: Option<usize>,
}

impl Job for Idle {
    const KIND: &'static str = "bench.idle";
    const LANE: &'static str = "bench";
    const POLICY: Policy = Policy {
        class: Class::Batch,
        max_failures: 1,
        backoff: Duration::from_secs(1),
        timeout: Duration::from_secs(60),
        repeat: Repeat::Keep,
    };

    async fn run(self, _: Work) -> Result<Effects, BodyFault> {
        if let Some(place) = self.alone {
            BEGUN.lock().expect("nobody panics")[place] = Some(Instant::now());
        }
        RUN.fetch_add(1, Ordering::Relaxed);
        Ok(Effects::none())
    }
}

const KINDS: Known = &[&[JobKind::of::<Idle>()]];

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn main() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    actix::System::with_tokio_rt(runtime).block_on(async {
        let words: Vec<String> = std::env::args().collect();
        let after = |word: &str| words.iter().position(|it| it == word).and_then(|place| words.get(place + 1)).cloned();
        let jobs = after("--jobs").and_then(|number| number.parse().ok()).unwrap_or(100_000);
        if let Some(url) = after("--peer") {
            println!("{}", peer(&url, jobs).await);
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let cluster = Durable::start();
        let sqlite = format!("sqlite:{}", folder.path().join("bench.db").display());
        for (name, url) in [("SQLite", sqlite), ("PostgreSQL", cluster.empty().await)] {
            for line in measured(&url, jobs).await {
                println!("{name}: {line}");
            }
            if name == "PostgreSQL" {
                let figures = apart(&url).await;
                println!(
                    "{name}: enqueued by one kernel and worked by another, with Redis: begins {:.2} ms after its commit (p99 {:.2} ms)",
                    figures.start(0.5),
                    figures.start(0.99)
                );
            }
        }
    });
}

/// What one run on one database shows.
struct Figures {
    drained: f64,
    enqueued: f64,
    /// From the return of the commit to the first line of the body, sorted.
    starts: Vec<Duration>,
}

impl Figures {
    fn start(&self, share: f64) -> f64 {
        let place = ((self.starts.len() - 1) as f64 * share) as usize;
        self.starts[place].as_secs_f64() * 1_000.0
    }
}

async fn peer(url: &str, jobs: usize) -> serde_json::Value {
    prepare(url).await;
    let (figures, apart) = (measure(url, jobs).await, apart(url).await);
    let figure = json!({
        "drain_per_s": figures.drained.round(), "enqueue_per_s": figures.enqueued.round(), "lost": 0,
        "lat_p50_ms": figures.start(0.5), "lat_p99_ms": figures.start(0.99),
        "apart_p50_ms": apart.start(0.5), "apart_p99_ms": apart.start(0.99),
    });
    json!({ "peer": "lectern", "q": "jobs", "r": figure })
}

async fn measured(url: &str, jobs: usize) -> Vec<String> {
    prepare(url).await;
    let floor = floor(url).await;
    let first = measure(url, jobs).await;
    finished(url, 1_000_000).await;
    let then = measure(url, jobs).await;
    let line = |when: &str, figures: &Figures| {
        format!(
            "{jobs} jobs drained{when} at {:.0}/s ({:.1} x bare transactions one by one, {floor:.0}/s); alone, one begins \
             {:.2} ms after its commit (p99 {:.2} ms)",
            figures.drained,
            figures.drained / floor,
            figures.start(0.5),
            figures.start(0.99)
        )
    };
    vec![line("", &first), line(" behind a million finished ones", &then)]
}

async fn prepare(url: &str) {
    let db = Database::connect(url).await.expect("a database");
    Migrator::up(db.write_connection(), None).await.expect("the migrations run");
    db.close().await;
}

async fn measure(url: &str, jobs: usize) -> Figures {
    let idle = start(url, 0).await;
    let begun = Instant::now();
    for _ in 0..jobs / CHUNK {
        let mut write = Write::begin(&idle.deps).await.expect("a transaction");
        for _ in 0..CHUNK {
            write.enqueue(Idle { alone: None }.new()).await.expect("enqueued");
        }
        write.commit().await.expect("committed");
    }
    let enqueued = jobs as f64 / begun.elapsed().as_secs_f64();
    idle.drain().await;
    let worker = start(url, SLOTS).await;
    let drained = drain(&worker, jobs).await;
    let starts = alone(&worker, &worker.deps).await;
    worker.drain().await;
    Figures { drained, enqueued, starts }
}

/// Jobs a second, from when a fiftieth is done to the settlement of the last.
async fn drain(worker: &Kernel, jobs: usize) -> f64 {
    let before = RUN.load(Ordering::Relaxed);
    let run = || RUN.load(Ordering::Relaxed) - before;
    let look = Duration::from_millis(2);
    while run() < jobs / 50 {
        tokio::time::sleep(look).await;
    }
    let (begun, already) = (Instant::now(), run());
    while run() < jobs {
        tokio::time::sleep(look).await;
    }
    while left(&worker.deps.db).await > 0 {
        tokio::time::sleep(look).await;
    }
    (jobs - already) as f64 / begun.elapsed().as_secs_f64()
}

/// The same when one kernel enqueues and another works, which share nothing but the database and a Redis.
async fn apart(url: &str) -> Figures {
    let redis = Redis::start();
    let (sender, worker) = (start_beside(url, 0, Some(&redis)).await, start_beside(url, SLOTS, Some(&redis)).await);
    // What comes before they hear each other would wait for the next look.
    let hear = |kernel: &Kernel| kernel.deps.bell.courier().is_some_and(|courier| courier.connected);
    while !(hear(&sender) && hear(&worker)) {
        tokio::time::sleep(PAUSE).await;
    }
    let starts = alone(&worker, &sender.deps).await;
    sender.drain().await;
    worker.drain().await;
    Figures { drained: 0.0, enqueued: 0.0, starts }
}

/// How long each of some jobs that have nothing beside them waits.
async fn alone(worker: &Kernel, enqueuer: &Deps) -> Vec<Duration> {
    *BEGUN.lock().expect("nobody panics") = vec![None; ALONE];
    // On a thread of the runtime, as whoever answers a request.
    let committed = tokio::spawn(enqueue_alone(enqueuer.clone())).await.expect("nobody panics");
    while left(&worker.deps.db).await > 0 {
        tokio::time::sleep(PAUSE).await;
    }
    let begun = BEGUN.lock().expect("nobody panics");
    let mut waits: Vec<Duration> = committed
        .iter()
        .zip(begun.iter())
        .map(|(committed, begun)| begun.expect("it has run").saturating_duration_since(*committed))
        .collect();
    waits.sort_unstable();
    waits
}

/// When the commit of each returned.
async fn enqueue_alone(enqueuer: Deps) -> Vec<Instant> {
    let mut committed = Vec::new();
    for place in 0..ALONE {
        let mut write = Write::begin(&enqueuer).await.expect("a transaction");
        write.enqueue(Idle { alone: Some(place) }.new()).await.expect("enqueued");
        write.commit().await.expect("committed");
        committed.push(Instant::now());
        tokio::time::sleep(PAUSE).await;
    }
    committed
}

async fn start(url: &str, slots: usize) -> Kernel {
    start_beside(url, slots, None).await
}

/// A kernel that hears of others through a Redis, if there is one.
async fn start_beside(url: &str, slots: usize, redis: Option<&Redis>) -> Kernel {
    let db = Database::connect(url).await.expect("a database");
    let keyring = Keyring::open(&db, &Clock::System, "a secret of the benchmark", None).await.expect("a keyring");
    let nowhere = std::env::temp_dir();
    let config = KernelConfig {
        role: "work",
        site: Site {
            keyring,
            kinds: KINDS,
            content: nowhere.clone(),
            public_url: "http://lectern.example".to_owned(),
            registration: true,
            mail_from: "lectern@example.org".to_owned(),
            incarnation: "a life".to_owned(),
            receipt_heads: nowhere.join("receipt-heads.jsonl"),
            retention: actors::keeping::Retention::default(),
        },
        clock: Clock::System,
        workshop: Workshop::new(Sandbox::new(nowhere.clone()), Toolchains::built_in(), Builds::in_memory()),
        mail: Transport::Folder(nowhere),
        lease: Duration::from_secs(60),
        courier: redis.map(|redis| CourierConfig { url: redis.url(), secret: "a secret of the benchmark".to_owned() }),
        budgets: actors::budget::Rates::default(),
        transactions: 3,
        lanes: if slots == 0 { Vec::new() } else { vec![(Idle::LANE, Size::of(slots))] },
    };
    Kernel::start(db, config).await.expect("the kernel starts")
}

async fn left(db: &Database) -> i64 {
    let text = "SELECT count(*) AS n FROM job WHERE lane = 'bench' AND state IN ('queued', 'leased')";
    let connection = db.read();
    let statement = Statement::from_string(connection.get_database_backend(), text);
    let row = connection.query_one_raw(statement).await.expect("the database answers").expect("a count");
    row.try_get("", "n").expect("a number")
}

/// Bare durable transactions a second, one by one.
async fn floor(url: &str) -> f64 {
    let db = Database::connect(url).await.expect("a database");
    let write = db.write_connection();
    write.execute_unprepared("CREATE TABLE bare (at BIGINT NOT NULL)").await.expect("a table");
    let begun = Instant::now();
    for _ in 0..FLOOR {
        write.execute_unprepared("INSERT INTO bare (at) VALUES (0)").await.expect("a row");
    }
    let rate = FLOOR as f64 / begun.elapsed().as_secs_f64();
    db.close().await;
    rate
}

/// So many jobs that ended long ago.
async fn finished(url: &str, jobs: usize) {
    let db = Database::connect(url).await.expect("a database");
    let numbers = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {jobs}) ");
    for insert in [
        "INSERT INTO job (kind, version, lane, class, rank, state, payload, run_at, attempt, failures, max_failures, losses, \
           created_at, finished_at, head) SELECT 'bench.idle', 1, 'bench', 1, i, 'done', '{}', 0, 1, 0, 1, 0, 0, 0, 3 FROM n",
    ] {
        db.write_connection().execute_unprepared(&format!("{numbers}{insert}")).await.expect("rows");
    }
    if !db.is_embedded() {
        // As long ago as that: PostgreSQL has tidied up behind them since.
        for tidy in ["VACUUM (ANALYZE) job", "CHECKPOINT"] {
            db.write_connection().execute_unprepared(tidy).await.expect("the owner may");
        }
    }
    db.close().await;
}
