//! What happens to programs that take too much, and to pages that come too many.

use hyper::StatusCode;
use serde_json::json;
use tests::backend::Backend;
use tests::runner::{ada, page, post, run, start, watch};
use tests::site::{Plan, Site};
use tests::stories;

stories!(
    time_is_limited,
    all_of_it_together_is_limited_too,
    output_is_limited_and_says_by_how_much,
    a_status_is_no_time_limit,
    too_many_have_to_wait
);

const HOT: &str = "procedure Main is\nbegin\n   loop\n      null;\n   end loop;\nend Main;\n";
const ASLEEP: &str = "procedure Main is\nbegin\n   delay 600.0;\nend Main;\n";

async fn time_is_limited(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let (hot, asleep) = (ada("run", &[("main.adb", HOT)]), ada("run", &[("main.adb", ASLEEP)]));
    // A page may have its program in any language.
    let other = page("shell", "run", &[("main.sh", "sleep 600")]);
    let (hot, asleep, other) =
        tokio::join!(run(site.address, &hot), run(site.address, &asleep), run(site.address, &other));
    for seen in [hot, asleep, other] {
        assert_eq!(seen.status, 124, "{seen:#?}");
        assert_eq!(seen.text("stderr"), "<interrupted> : Maximum 10s process limit reached.\n", "{seen:#?}");
    }
    site.end().await;
}

async fn all_of_it_together_is_limited_too(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let cases: String = (0..4).map(|case| format!("in {case}:x\nout {case}:x\n")).collect();
    let seen = run(site.address, &ada("submit", &[("main.adb", ASLEEP), ("lab_io.txt", &cases)])).await;
    assert_eq!(seen.status, 124, "{seen:#?}");
    assert!(seen.text("internal_error").contains("30 s"), "{seen:#?}");
    assert_eq!(seen.order().last().map(String::as_str), Some("internal_error"), "{seen:#?}");
    site.end().await;
}

async fn a_status_is_no_time_limit(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let seen = run(site.address, &page("shell", "run", &[("main.sh", "exit 124")])).await;
    assert_eq!((seen.status, seen.text("stderr")), (124, String::new()), "{seen:#?}");
    let killed = run(site.address, &page("shell", "run", &[("main.sh", "kill -9 $$")])).await;
    assert_eq!(killed.status, 137, "{killed:#?}");
    site.end().await;
}

async fn output_is_limited_and_says_by_how_much(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let fits = "import sys\nsys.stdout.write('x' * (1 << 20))\n";
    let seen = run(site.address, &page("python3", "run", &[("main.py", fits)])).await;
    assert_eq!((seen.status, seen.text("stdout").len(), seen.text("stderr").len()), (0, 1 << 20, 0));
    // Both streams together, each within its own limit.
    let much =
        "import sys\nsys.stdout.write('x' * (1 << 19))\nsys.stdout.flush()\nsys.stderr.write('y' * ((1 << 19) + 7))\n";
    let seen = run(site.address, &page("python3", "run", &[("main.py", much)])).await;
    assert_eq!(seen.status, 137);
    let told = seen.records.last().expect("a record")["msg"].clone();
    assert_eq!(
        told,
        json!({ "type": "stderr", "data": "<interrupted> : The output is cut: 7 bytes more were printed.\n" })
    );
    let endless = "while True:\n    print('line')\n";
    let seen = run(site.address, &page("python3", "run", &[("main.py", endless)])).await;
    assert_eq!((seen.status, seen.text("stdout").len()), (137, 1 << 20));
    assert!(seen.text("stderr").starts_with("<interrupted> : The output is cut: "), "{}", seen.text("stderr"));
    site.end().await;
}

async fn too_many_have_to_wait(backend: Backend) {
    let site = Site::new(backend, Plan { guests_per_address: 2, ..Plan::default() }).await;
    let slow = page("python3", "run", &[("main.py", "import time\ntime.sleep(2)\n")]);
    let one = start(site.address, &slow).await;
    let other = start(site.address, &slow).await;
    let answer = post(site.address, "/run_program/", &slow).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "5"));
    assert_eq!(answer.json()["identifier"], "", "old pages look at nothing else: {}", answer.text());
    watch(site.address, &one).await;
    watch(site.address, &other).await;
    assert_eq!(run(site.address, &slow).await.status, 0, "there is room again");
    site.end().await;
}
