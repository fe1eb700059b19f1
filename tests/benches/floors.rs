//! How far above the floor we are: the path of a hand-in beside starting the same program, and jobs beside bare transactions.
//!
//! Ours and the floor are measured in turns within one run on one machine, so that what else the machine does meets both. Numbers are
//! medians; ratios are what to compare between machines. SQLite, every commit on the disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use actors::database::Database;
use actors::deps::Site;
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
use actors::lanes;
use actors::live::{Follow, Topic};
use actors::mail::postbox::Transport;
use actors::submission::submit::{Submit, submit};
use actors::write::Write;
use actors::{execution, mail};
use entity::clock::Clock;
use entity::execution::run;
use entity::execution::verdict::Verdict;
use entity::file::{Entries, Entry};
use entity::job::event::Stream;
use entity::job::queue::{Class, Repeat};
use entity::viewer::ViewerScope;
use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, Statement, Value};
use serde::{Deserialize, Serialize};

const PROGRAM: &str = "print('hello')\n";
const HAND_INS: usize = 40;
const JOBS: usize = 4_000;
const ROUNDS: usize = 5;

/// A job that does nothing.
#[derive(Serialize, Deserialize)]
struct Idle;

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
        Ok(Effects::none())
    }
}

const KINDS: Known = &[&[JobKind::of::<Idle>()], execution::KINDS, mail::KINDS];

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn main() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    actix::System::with_tokio_rt(runtime).block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let kernel = start(folder.path()).await;
        for line in [hand_ins(&kernel, folder.path()).await, jobs(&kernel).await] {
            println!("{line}");
        }
        kernel.drain().await;
    });
}

async fn start(folder: &Path) -> Kernel {
    let db = Database::connect(&format!("sqlite:{}", folder.join("bench.db").display())).await.expect("a database");
    Migrator::up(db.write_connection(), None).await.expect("the migrations run");
    stock(&db).await;
    let keyring = Keyring::open(&db, &Clock::System, "a secret of the benchmark", None).await.expect("a keyring");
    let config = KernelConfig {
        role: "serve",
        site: Site {
            keyring,
            kinds: KINDS,
            content: folder.join("content"),
            public_url: "http://lectern.example".to_owned(),
            registration: true,
            mail_from: "lectern@example.org".to_owned(),
            incarnation: "a life".to_owned(),
            receipt_heads: folder.join("receipt-heads.jsonl"),
            retention: actors::keeping::Retention::default(),
        },
        clock: Clock::System,
        workshop: Workshop::new(Sandbox::new(binary()), Toolchains::built_in(), Builds::in_memory()),
        mail: Transport::Folder(folder.join("mail")),
        lease: Duration::from_secs(60),
        courier: None,
        budgets: actors::budget::Rates::default(),
        transactions: 3,
        lanes: [(Idle::LANE, 64), (lanes::EXECUTION, 1), (lanes::MAIL, 1)]
            .map(|(lane, slots)| (lane, Size::of(slots)))
            .to_vec(),
    };
    Kernel::start(db, config).await.expect("the kernel starts")
}

/// `lectern`, beside the folder of this benchmark.
fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let binary = own.ancestors().nth(2).expect("it lies in target/<profile>/deps").join("lectern");
    assert!(binary.exists(), "{} is missing: build the workspace first", binary.display());
    binary
}

/// A student in a course with an assignment of one test.
async fn stock(db: &Database) {
    let files = serde_json::json!(Entries(vec![Entry::of("main.py", PROGRAM.as_bytes())]));
    let task = br#"{"timeout_s":10,"kind":{"type":"stdio","stdout":"hello\n"}}"#.to_vec();
    let rows: [(&str, Vec<Value>); 7] = [
        (
            "INSERT INTO blob (digest, size, bytes) VALUES ($1, $2, $3)",
            vec![
                Entry::of("main.py", PROGRAM.as_bytes()).digest.into(),
                0i64.into(),
                PROGRAM.as_bytes().to_vec().into(),
            ],
        ),
        ("INSERT INTO \"user\" (id, email, name, created_at) VALUES (1, 's@example.org', 'S', 0)", vec![]),
        ("INSERT INTO section (id, key, title, description, position) VALUES (1, 's', 'S', '', 0)", vec![]),
        (
            "INSERT INTO course (id, key, section_id, title, description, position, time_zone) \
          VALUES (1, 'c', 1, 'C', '', 0, 'UTC')",
            vec![],
        ),
        ("INSERT INTO enrollment (user_id, course_id, role, created_at) VALUES (1, 1, 'student', 0)", vec![]),
        (
            "INSERT INTO assignment (id, course_id, endpoint, title, description_html, language, main, template, due_at, \
          due_local, time_zone, content_hash, synced_at) \
          VALUES (1, 1, 'c/a', 'A', '', 'python3', 'main.py', $1, 0, '', 'UTC', '', 0)",
            vec![files.into()],
        ),
        (
            "INSERT INTO test_case (assignment_id, course_id, position, name, points, hidden, task) \
          VALUES (1, 1, 0, 'prints', 10000, FALSE, $1)",
            vec![task.into()],
        ),
    ];
    for (text, values) in rows {
        execute(db, text, values).await;
    }
}

async fn execute(db: &Database, text: &str, values: Vec<Value>) {
    let connection = db.write_connection();
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), text, values);
    connection.execute_raw(statement).await.expect(text);
}

/// From the operation to the stored verdict, beside the start of the program alone.
async fn hand_ins(kernel: &Kernel, folder: &Path) -> String {
    std::fs::write(folder.join("main.py"), PROGRAM).expect("room for a program");
    let viewer = ViewerScope::load(kernel.deps.db.read(), 1).await.expect("the student");
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for number in 0..HAND_INS {
        let begun = Instant::now();
        hand_in(kernel, &viewer, number).await;
        ours.push(begun.elapsed());
        let begun = Instant::now();
        let mut python = Command::new("/usr/bin/python3");
        let python = python
            .args(["-E", "-s", "-B", "-u", "-X", "utf8", "main.py"])
            .current_dir(folder)
            .env_clear()
            .stdout(Stdio::null());
        assert!(python.status().expect("python3").success());
        floor.push(begun.elapsed());
    }
    let (ours, floor) = (median(ours), median(floor));
    format!(
        "hand-in to verdict, python3: {} ms (the program alone: {} ms, ratio {:.2})",
        ms(ours),
        ms(floor),
        ours.as_secs_f64() / floor.as_secs_f64()
    )
}

async fn hand_in(kernel: &Kernel, viewer: &ViewerScope, number: usize) {
    let deps = &kernel.deps;
    let mut news = deps.live.ask(Follow(Topic::Stream(Stream::Course(1)))).await.expect("somebody tells");
    let input = Submit {
        assignment: 1,
        files: vec![("main.py".to_owned(), PROGRAM.as_bytes().to_vec())],
        client_created_at: None,
        idempotency_key: Some(number.to_string()),
        received_at: deps.clock.now(),
    };
    let taken = submit(deps, viewer, input).await.expect("accepted");
    loop {
        let of_it = run::Entity::find().filter(run::Column::SubmissionId.eq(taken.accepted.submission));
        let run = of_it.one(deps.db.read()).await.expect("the database answers").expect("its run");
        if let Some(verdict) = run.verdict {
            assert_eq!(verdict, Verdict::Passed);
            return;
        }
        news.recv().await.expect("news");
    }
}

/// Jobs that do nothing, from the commit that enqueues them to the last settlement, beside as many bare transactions.
async fn jobs(kernel: &Kernel) -> String {
    let db = &kernel.deps.db;
    execute(db, "CREATE TABLE floor (id INTEGER PRIMARY KEY, at BIGINT NOT NULL)", vec![]).await;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut write = Write::begin(&kernel.deps).await.expect("a transaction");
        for _ in 0..JOBS {
            write.enqueue(Idle.new()).await.expect("enqueued");
        }
        let begun = Instant::now();
        write.commit().await.expect("committed");
        while left(db).await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        ours.push(begun.elapsed());
        let begun = Instant::now();
        for _ in 0..JOBS {
            execute(db, "INSERT INTO floor (at) VALUES (0)", vec![]).await;
        }
        floor.push(begun.elapsed());
    }
    let rate = |time: Duration| JOBS as f64 / time.as_secs_f64();
    let (ours, floor) = (rate(median(ours)), rate(median(floor)));
    format!(
        "jobs that do nothing: {ours:.0}/s (bare durable inserts, one by one: {floor:.0}/s, ratio {:.2})",
        ours / floor
    )
}

async fn left(db: &Database) -> i64 {
    let text = "SELECT count(*) AS n FROM job WHERE lane = 'bench' AND state IN ('queued', 'leased')";
    let connection = db.read();
    let statement = Statement::from_string(connection.get_database_backend(), text);
    let row = connection.query_one_raw(statement).await.expect("the database answers").expect("a count");
    row.try_get("", "n").expect("a number")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1_000.0)
}
