//! Who gets which tasks.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use server::config::TaskQueue;
use tests::backend::Backend;
use tests::site::{Plan, Site};
use tests::stories;
use tests::taskqueue::{ids, insert, lease};

stories!(
    an_answer_is_not_too_long,
    each_task_is_leased_by_one,
    groups_are_leased_together,
    groups_may_be_many,
    the_earliest_come_first,
    what_waits_is_not_leased,
);

pub async fn open(backend: Backend) -> Site {
    Site::new(backend, Plan { task_queue: TaskQueue::Open, ..Plan::default() }).await
}

/// Waits until the database's clock, which may count milliseconds, has moved.
async fn later(site: &Site) {
    let now = async || entity::taskqueue::now(site.app.kernel.deps.db.read()).await.expect("the time");
    let before = now().await;
    while now().await == before {}
}

const TASKS: usize = 240;
const WORKERS: usize = 16;

async fn each_task_is_leased_by_one(backend: Backend) {
    let site = open(backend).await;
    let address = site.address;
    for number in 0..TASKS {
        let task = json!({ "payloadBase64": "", "id": format!("t{number}"), "tag": format!("g{}", number % 5) });
        insert(address, "q", &task).await;
    }
    let worker = move |group: &'static str| async move {
        let mut mine: Vec<String> = Vec::new();
        // An empty answer may also mean that others are leasing what is left.
        let mut empty = 0;
        while empty < 3 {
            let tasks = lease(address, "q", &format!("numTasks=7&leaseSecs=600{group}")).await;
            empty = if tasks.is_empty() { empty + 1 } else { 0 };
            mine.extend(ids(&tasks).into_iter().map(str::to_owned));
        }
        mine
    };
    let workers: Vec<_> =
        ["", "&groupByTag=true"].iter().cycle().take(WORKERS).map(|group| tokio::spawn(worker(group))).collect();
    let mut all: Vec<String> = Vec::new();
    for worker in workers {
        all.extend(worker.await.expect("it works"));
    }
    let different: BTreeSet<&String> = all.iter().collect();
    assert_eq!((all.len(), different.len()), (TASKS, TASKS));
    site.end().await;
}

async fn the_earliest_come_first(backend: Backend) {
    let site = open(backend).await;
    let mut names: Vec<String> = Vec::new();
    for _ in 0..5 {
        let task = insert(site.address, "q", &json!({ "payloadBase64": "eA==" })).await;
        names.push(task["id"].as_str().expect("an id").to_owned());
    }
    later(&site).await;
    assert_eq!(ids(&lease(site.address, "q", "numTasks=2&leaseSecs=0").await), names[..2], "free again at once");
    let order = [&names[2..], &names[..2]].concat();
    let all = lease(site.address, "q", "numTasks=1000&leaseSecs=60").await;
    assert_eq!(ids(&all), order, "and behind those that have been free for longer");
    let counts: Vec<&Value> = all.iter().map(|task| &task["retry_count"]).collect();
    assert_eq!(counts, [1, 1, 1, 2, 2]);
    let ends: BTreeSet<&str> = all.iter().filter_map(|task| task["leaseTimestamp"].as_str()).collect();
    assert_eq!(ends.len(), 1, "one lease has one end");
    site.end().await;
}

async fn groups_are_leased_together(backend: Backend) {
    let site = open(backend).await;
    for (id, tag) in [("t1-a", "a"), ("t2", ""), ("t3-b", "b"), ("t4-a", "a"), ("t5-b", "b"), ("t6", "")] {
        insert(site.address, "q", &json!({ "payloadBase64": "", "id": id, "tag": tag })).await;
    }
    let leased = async |parameters: &str| {
        let tasks = lease(site.address, "q", &format!("leaseSecs=60&{parameters}")).await;
        ids(&tasks).join(" ")
    };
    assert_eq!(leased("numTasks=1&groupByTag=true&tag=b").await, "t3-b");
    assert_eq!(leased("numTasks=9&groupByTag=true").await, "t1-a t4-a", "the group of the earliest");
    assert_eq!(leased("numTasks=9&groupByTag=true").await, "t2 t6", "a long lease at the front stops nobody");
    assert_eq!(leased("numTasks=9&groupByTag=true&tag=a").await, "");
    assert_eq!(leased("numTasks=9&groupByTag=true").await, "t5-b");
    assert_eq!(leased("numTasks=9&groupByTag=true").await, "");
    site.end().await;
}

async fn groups_may_be_many(backend: Backend) {
    let site = open(backend).await;
    let bytes = if backend == Backend::Sqlite { "BLOB" } else { "BYTEA" };
    let many = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
         INSERT INTO task (project, queue, name, tag, enqueued_at, lease_at, leases, size, payload) \
         SELECT 'demo', 'q', 't' || i, 'tag ' || i, i, i, 0, 0, CAST('' AS {bytes}) FROM n"
    );
    sea_orm::ConnectionTrait::execute_unprepared(site.app.kernel.deps.db.write_connection(), &many)
        .await
        .expect("tasks");
    for number in 1..=20 {
        let tasks = lease(site.address, "q", "numTasks=1000&leaseSecs=600&groupByTag=true").await;
        assert_eq!(ids(&tasks), [format!("t{number}")], "those of one tag, in their order");
    }
    assert_eq!(ids(&lease(site.address, "q", "numTasks=9&leaseSecs=0&groupByTag=true&tag=tag+9999").await), ["t9999"]);
    site.end().await;
}

async fn what_waits_is_not_leased(backend: Backend) {
    let site = open(backend).await;
    let now = entity::taskqueue::now(site.app.kernel.deps.db.read()).await.expect("the time").0;
    let at = |seconds: i64| (now + seconds * 1_000_000).to_string();
    insert(site.address, "q", &json!({ "payloadBase64": "", "id": "later", "leaseTimestamp": at(600) })).await;
    let past = json!({ "payloadBase64": "", "id": "past", "leaseTimestamp": now - 5, "retry_count": 7,
        "enqueueTimestamp": 5, "kind": 1 });
    let past = insert(site.address, "q", &past).await;
    assert_eq!(past["retry_count"], 0, "nobody says that of their own task");
    for field in ["enqueueTimestamp", "leaseTimestamp"] {
        assert!(past[field].as_str().and_then(|text| text.parse::<i64>().ok()) >= Some(now), "{past}");
    }
    assert_eq!(ids(&lease(site.address, "q", "numTasks=9&leaseSecs=0").await), ["past"]);
    let later = insert(site.address, "r", &json!({ "payloadBase64": "", "leaseTimestamp": now + 300_000 })).await;
    loop {
        let tasks = lease(site.address, "r", "numTasks=1&leaseSecs=60").await;
        let now = entity::taskqueue::now(site.app.kernel.deps.db.read()).await.expect("the time").0;
        let due = later["leaseTimestamp"].as_str().and_then(|text| text.parse().ok()).expect("a number");
        if !tasks.is_empty() {
            assert!(now >= due, "leased {} µs early", due - now);
            break;
        }
    }
    site.end().await;
}

async fn an_answer_is_not_too_long(backend: Backend) {
    let site = open(backend).await;
    let payload = "A".repeat(1_398_100);
    for _ in 0..18 {
        insert(site.address, "q", &json!({ "payloadBase64": payload })).await;
    }
    let first = lease(site.address, "q", "numTasks=1000&leaseSecs=60").await.len();
    let second = lease(site.address, "q", "numTasks=1000&leaseSecs=60").await.len();
    assert_eq!((first, second), (16, 2), "16 MiB at most");
    site.end().await;
}
