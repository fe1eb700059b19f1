//! Pages with a web socket: the client is somebody else's.

use std::time::Duration;

use entity::execution::run::{self, RunState};
use entity::execution::verdict::Verdict;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::runner::{Socket, page};
use tests::site::{Plan, Site};
use tests::stories;
use tokio::time::sleep;

stories!(a_page_hears_everything, a_case_has_a_number, what_is_no_program_is_told, who_goes_away_stops_the_program);

fn execute(data: &Value) -> Value {
    json!({ "action": "execute", "data": data })
}

fn pieces(frames: &[Value]) -> Vec<Value> {
    frames.iter().flat_map(|frame| frame["output"].as_array().expect("output").clone()).collect()
}

async fn a_page_hears_everything(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let talks =
        "import sys, time\nfor number in range(5):\n    print(number, flush=True)\n    time.sleep(0.05)\nsys.exit(3)\n";
    let frames =
        Socket::open(site.address, &execute(&page("python3", "run", &[("main.py", talks)]))).await.frames().await;
    let (last, before) = frames.split_last().expect("frames");
    assert_eq!(*last, json!({ "output": [], "status": 3, "completed": true, "message": "SUCCESS" }));
    assert!(before.len() > 1, "it came all at once: {before:#?}");
    assert!(before.iter().all(|frame| frame["completed"] == false && frame.get("ref").is_none()), "{before:#?}");
    let stdout: String = pieces(before)
        .iter()
        .filter(|piece| piece["type"] == "stdout")
        .map(|piece| piece["data"].as_str().expect("a text").to_owned())
        .collect();
    assert_eq!(stdout, "0\n1\n2\n3\n4\n");
    site.end().await;
}

async fn a_case_has_a_number(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let echo = "import sys\nprint(sys.argv[1])\n";
    let lab = page("python3", "submit", &[("main.py", echo), ("lab_io.txt", "in 0:a\nout 0:a\nin 1:b\nout 1:c\n")]);
    let frames = Socket::open(site.address, &execute(&lab)).await.frames().await;
    let mut numbers: Vec<Option<i64>> = frames.iter().map(|frame| frame.get("ref").and_then(Value::as_i64)).collect();
    numbers.dedup();
    assert_eq!(numbers, [Some(0), Some(1), None], "{frames:#?}");
    let lab = pieces(&frames).pop().expect("a piece");
    assert_eq!((&lab["type"], &lab["data"]["success"]), (&json!("lab"), &json!(false)), "{lab:#}");
    site.end().await;
}

async fn what_is_no_program_is_told(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let bad_name = execute(&page("python3", "run", &[("../x", "")]));
    for (frame, told) in
        [(json!({ "action": "stop" }), "execute"), (json!([]), "execute"), (bad_name, "files[0].basename")]
    {
        let frames = Socket::open(site.address, &frame).await.frames().await;
        assert_eq!(frames.len(), 1, "{frames:#?}");
        assert!(frames[0]["connectionId"].is_string() && frames[0]["requestId"].is_string(), "{frames:#?}");
        assert!(frames[0]["message"].as_str().is_some_and(|message| message.contains(told)), "{frames:#?}");
    }
    let seen = Socket::open(site.address, &execute(&page("python3", "fly", &[("a.py", "")]))).await.frames().await;
    assert_eq!(pieces(&seen)[0]["type"], "internal_error", "{seen:#?}");
    assert_eq!(seen.last().expect("a frame")["status"], 1);

    let slow = page(
        "python3",
        "run",
        &[("main.py", "import time\nprint('begun', flush=True)\ntime.sleep(1)\nprint('ended')\n")],
    );
    let mut socket = Socket::open(site.address, &execute(&slow)).await;
    let first = socket.frame().await.expect("a frame");
    socket.send(&execute(&slow)).await;
    let mut frames = vec![first];
    frames.extend(socket.frames().await);
    assert_eq!(frames.iter().filter(|frame| frame.get("connectionId").is_some()).count(), 1, "{frames:#?}");
    assert_eq!(frames.last().expect("a frame")["completed"], true, "the first goes on: {frames:#?}");
    site.end().await;
}

async fn who_goes_away_stops_the_program(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let endless = page("python3", "run", &[("main.py", "import time\nprint('begun', flush=True)\ntime.sleep(600)\n")]);
    let mut socket = Socket::open(site.address, &execute(&endless)).await;
    while let Some(frame) = socket.frame().await {
        if frame.to_string().contains("begun") {
            break;
        }
    }
    drop(socket);
    loop {
        let row = run::Entity::find().order_by_desc(run::Column::Id).one(site.app.kernel.deps.db.read()).await;
        let row = row.expect("the database answers").expect("a run");
        if row.state == RunState::Done {
            assert_eq!(row.verdict, Some(Verdict::Cancelled));
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    site.end().await;
}
