//! Queues: what is counted, and what is dropped.

use hyper::Method;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::Site;
use tests::stories;
use tests::taskqueue::{ask, ids, insert, lease, path};

use super::lease::open;

stories!(tasks_that_were_leased_too_often_are_dropped, the_oldest_hundred_are_listed, what_was_leased_is_counted);

const SET: &str = "mutation($input: SetTaskQueueInput!) { setTaskQueue(input: $input) { set problems { code } } }";
const LOOK: &str = "{ taskQueues { name maxLeases tasks free dead } }";

async fn stats(site: &Site) -> Value {
    ask(site.address, Method::GET, &path("q", "?getStats=true"), &Value::Null).await.json()["stats"].take()
}

async fn tasks_that_were_leased_too_often_are_dropped(backend: Backend) {
    let site = open(backend).await;
    let admin = site.sign_in("admin@example.org").await;
    let input = json!({ "input": { "project": "demo", "name": "q", "maxLeases": 2 } });
    let set = site.ask(&admin, SET, input).await;
    assert_eq!(set["setTaskQueue"], json!({ "set": true, "problems": [] }));
    for id in ["a", "b", "c"] {
        insert(site.address, "q", &json!({ "payloadBase64": "cGF5", "id": id, "tag": "x" })).await;
    }
    for _ in 0..2 {
        assert_eq!(ids(&lease(site.address, "q", "numTasks=2&leaseSecs=0&groupByTag=true&tag=x").await).len(), 2);
    }
    // Three tasks, twice each, of which four leases were made.
    let mut rounds = Vec::new();
    loop {
        let tasks = lease(site.address, "q", "numTasks=2&leaseSecs=0&groupByTag=true").await;
        if tasks.is_empty() {
            break;
        }
        rounds.push(tasks.len());
    }
    assert_eq!(rounds.iter().sum::<usize>(), 2, "{rounds:?}");
    assert_eq!(stats(&site).await["totalTasks"], 0);
    let queues = site.ask(&admin, LOOK, json!({})).await;
    assert_eq!(queues["taskQueues"], json!([{ "name": "q", "maxLeases": 2, "tasks": 0, "free": 0, "dead": 3 }]));
    let again = ask(site.address, Method::POST, &path("q", "/tasks"), &json!({ "payloadBase64": "", "id": "a" })).await;
    assert_eq!(again.status, 409, "a dropped task's name is taken: {}", again.text());
    let kept = tests::world::numbers(&site.app.kernel.deps.db, "SELECT count(*) FROM task_dead WHERE leases = 2").await;
    assert_eq!(kept.ok(), Some(vec![3]));
    let revive = "mutation { reviveTasks(input: { project: \"demo\", name: \"q\" }) { revived problems { code } } }";
    let revived = site.ask(&admin, revive, json!({})).await;
    assert_eq!(revived["reviveTasks"], json!({ "revived": 3, "problems": [] }));
    assert_eq!(site.ask(&admin, LOOK, json!({})).await["taskQueues"][0]["dead"], 0);
    let tasks = lease(site.address, "q", "numTasks=9&leaseSecs=60").await;
    let seen: Vec<_> = tasks.iter().map(|task| (&task["retry_count"], &task["payloadBase64"], &task["tag"])).collect();
    assert_eq!((ids(&tasks).len(), seen[0]), (3, (&json!(1), &json!("cGF5"), &json!("x"))));
    assert_eq!(site.ask(&admin, revive, json!({})).await["reviveTasks"]["revived"], 0);
    site.end().await;
}

async fn what_was_leased_is_counted(backend: Backend) {
    let site = open(backend).await;
    let empty = json!({ "totalTasks": 0, "oldestTask": "0", "leasedLastMinute": "0", "leasedLastHour": "0" });
    assert_eq!(stats(&site).await, empty);
    let queue = ask(site.address, Method::GET, &path("q", ""), &Value::Null).await.json();
    assert_eq!((queue.get("stats"), &queue["maxLeases"]), (None, &json!(0)));
    let nobody = json!({ "adminEmails": [], "consumerEmails": [], "producerEmails": [] });
    assert_eq!(queue["acl"], nobody);
    for _ in 0..3 {
        insert(site.address, "q", &json!({ "payloadBase64": "" })).await;
    }
    lease(site.address, "q", "numTasks=3&leaseSecs=0").await;
    lease(site.address, "q", "numTasks=2&leaseSecs=600").await;
    let now = stats(&site).await;
    assert_eq!(
        (&now["totalTasks"], &now["leasedLastMinute"], &now["leasedLastHour"]),
        (&json!(3), &json!("5"), &json!("5"))
    );
    let db = &site.app.kernel.deps.db;
    let move_by = async |seconds: i64| {
        let text = format!("UPDATE task_leased SET second = second - {seconds}");
        sea_orm::ConnectionTrait::execute_unprepared(db.write_connection(), &text).await.expect("moved");
    };
    move_by(120).await;
    let later = stats(&site).await;
    assert_eq!((&later["leasedLastMinute"], &later["leasedLastHour"]), (&json!("0"), &json!("5")));
    move_by(3600).await;
    assert_eq!(stats(&site).await["leasedLastHour"], json!("0"));
    let time = entity::taskqueue::now(db.read()).await.expect("the time");
    entity::taskqueue::counter::forget(db.write_connection(), time).await.expect("forgotten");
    assert_eq!(tests::world::numbers(db, "SELECT count(*) FROM task_leased").await.ok(), Some(vec![0]));
    site.end().await;
}

async fn the_oldest_hundred_are_listed(backend: Backend) {
    let site = open(backend).await;
    for number in 0..103 {
        insert(site.address, "q", &json!({ "payloadBase64": "", "id": format!("t{number:03}") })).await;
    }
    lease(site.address, "q", "numTasks=10&leaseSecs=600").await;
    let listed = ask(site.address, Method::GET, &path("q", "/tasks"), &Value::Null).await.json();
    let items = listed["items"].as_array().expect("items");
    let names: Vec<String> = (0..100).map(|number| format!("t{number:03}")).collect();
    assert_eq!(ids(items), names, "leased or not");
    let pretty = ask(site.address, Method::GET, &path("q", "/tasks?prettyPrint=true"), &Value::Null).await;
    assert!(pretty.text().lines().count() > 100 && pretty.json() == listed);
    site.end().await;
}
