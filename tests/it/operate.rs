//! What operators see and do from outside: commands, metrics, health, and the lanes as they change.

mod settings;
mod silence;

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::time::Duration;

use actors::job::Job as _;
use actors::mail::deliver::Deliver;
use actors::write::Write;
use entity::id::{self, Kind};
use entity::job::JobState;
use entity::job::queue::NewJob;
use hyper::{Method, StatusCode};
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client::{self, Answer};
use tests::site::{METRICS, Plan, Site};
use tests::stories;
use tests::tools::launcher;

stories![
    the_commands_of_the_page_do_what_it_says,
    a_command_that_fails_says_so,
    the_metrics_are_for_who_knows_the_token,
    readiness_tells_of_a_schema_that_does_not_fit,
    the_lanes_are_told_when_they_change,
    a_stream_goes_on_when_its_job_is_retried,
    a_process_tells_how_it_is_at_an_address_of_its_own,
];

const PAGE: &str = include_str!("../../docs/operators/jobs.md");

/// The binary, on the site.
fn lectern(site: &Site) -> Command {
    let mut command = Command::new(launcher());
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LECTERN_DATABASE_URL", &site.base.url)
        .env("LECTERN_DATA_DIR", site.base.data())
        .env("LECTERN_SECRET_KEY", "a secret of the stories, 32 letters");
    command
}

async fn run(mut command: Command, words: &[String]) -> Output {
    command.args(words);
    tokio::task::spawn_blocking(move || command.output().expect("the binary is built")).await.expect("it ran")
}

async fn enqueue(site: &Site, job: NewJob) -> i64 {
    let mut write = Write::begin(&site.app.kernel.deps).await.expect("a transaction");
    let id = write.enqueue(job).await.expect("enqueued");
    write.commit().await.expect("committed");
    id
}

/// A letter that there is not: its job is dead at once.
async fn dead(site: &Site) -> i64 {
    let job = enqueue(site, Deliver { letter: 0 }.new()).await;
    state(site, job, JobState::Dead).await;
    job
}

async fn state(site: &Site, job: i64, wanted: JobState) {
    loop {
        let row = entity::job::Entity::find_by_id(job).one(site.app.kernel.deps.db.read()).await;
        if row.expect("an answer").is_some_and(|row| row.state == wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The words of a command line, as a shell takes them apart.
fn words(line: &str) -> Vec<String> {
    let quoted = line.split('"').enumerate();
    quoted
        .flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

async fn the_commands_of_the_page_do_what_it_says(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let course = "INSERT INTO section (key, title, description, position) VALUES ('s', 's', '', 0); \
         INSERT INTO course (key, section_id, title, description, position, time_zone) \
         SELECT 'data-in-the-wild', max(id), 'c', '', 0, 'UTC' FROM section";
    site.app.kernel.deps.db.write_connection().execute_unprepared(course).await.expect("a course");
    let given_up = id::encode(Kind::Job, dead(&site).await);
    let later = NewJob { delay: Duration::from_secs(3_600), ..Deliver { letter: 1 }.new() };
    let later = id::encode(Kind::Job, enqueue(&site, later).await);
    let blocks = PAGE.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines: Vec<&str> = blocks.flat_map(str::lines).filter(|line| line.starts_with("lectern jobs")).collect();
    let mut told: BTreeMap<&str, String> = BTreeMap::new();
    for line in &lines {
        // Jobs stop where they are wanted: one that waits is stopped, one that is dead retried.
        let job = if line.contains("cancel") { &later } else { &given_up };
        if line.contains("retry") {
            state(&site, id::decode_as(Kind::Job, &given_up).expect("an id"), JobState::Dead).await;
        }
        let output = run(lectern(&site), &words(&line.replace("job_lejRej", job))[1..]).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{line}: {output:?}");
        assert!(!said.trim().is_empty(), "{line} says nothing");
        told.insert(line, said);
    }
    assert!(lines.len() >= 14, "{lines:#?}");
    let says = |line: &str, words: &str| {
        let said = told.iter().find(|(told, _)| told.contains(line)).unwrap_or_else(|| panic!("no {line}")).1;
        assert!(said.contains(words), "{line} says {said}");
    };
    says("jobs show", "there is no such letter");
    says("jobs list --state dead", &given_up);
    says("--dry-run", "1 dead jobs would be tried again");
    says("jobs cancel", "is cancelled");
    says("jobs pause mail", "is paused");
    says("jobs drain", "Nothing of execution, mail is worked on");
    says("jobs workers", "serve");
    let stats: Value =
        serde_json::from_str(told.iter().find(|(line, _)| line.contains("stats --course")).expect("it").1)
            .expect("JSON");
    assert_eq!(stats.as_array().map(Vec::len), Some(4), "{stats}");
    assert!(lines.iter().all(|line| !line.contains("…")), "a command must be whole");
    site.end().await;
}

async fn a_command_that_fails_says_so(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let job = id::encode(Kind::Job, dead(&site).await);
    for (line, words_of_it) in [
        ("jobs show job_nothing", "there is no job job_nothing"),
        ("jobs pause exection", "content, execution, housekeeping, mail"),
        ("jobs pause mail --reason \"\u{1b}[31mred\"", "without control characters"),
        (&format!("jobs cancel {job}"), "it is dead"),
        (&format!("jobs watch {job}"), ""),
        ("jobs retry", "<JOBS>"),
        ("jobs stats --course nowhere", "there is no course nowhere; there are none yet"),
        (
            "jobs list --lane exection",
            "there is no lane exection; the lanes are content, execution, housekeeping, mail",
        ),
        ("jobs list --kind mail.delivr", "there is no kind mail.delivr; the kinds are content.sync_assignment, "),
        ("jobs resume mial", "the lanes are content, execution, housekeeping, mail"),
        ("jobs drain mail mial", "there is no lane mial; the lanes are content, execution, housekeeping, mail"),
        ("jobs retry --all --kind nope", "there is no kind nope; the kinds are"),
        ("work --lanes mial", "there is no lane `mial`; the lanes are"),
    ] {
        let output = run(lectern(&site), &words(line)).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(words_of_it), "{line}: {output:?}");
    }
    let lanes = run(lectern(&site), &words("jobs stats --json")).await;
    let lanes: Value = serde_json::from_slice(&lanes.stdout).expect("JSON");
    let paused = |lane: &Value| lane["paused"] == true;
    assert!(!lanes.as_array().expect("lanes").iter().any(paused), "who names a wrong lane has paused none: {lanes}");
    site.end().await;
}

async fn get(site: &Site, path: &str, token: Option<&str>) -> Answer {
    let headers = token.map(|token| ("authorization", format!("Bearer {token}")));
    client::send(site.address, Method::GET, path, headers, "").await
}

async fn the_metrics_are_for_who_knows_the_token(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    dead(&site).await;
    for token in [None, Some("guessed"), Some(admin.as_str())] {
        assert_eq!(get(&site, "/metrics", token).await.status, StatusCode::UNAUTHORIZED);
    }
    let answer = get(&site, "/metrics", Some(METRICS)).await;
    let (status, text) = (answer.status, answer.text());
    assert_eq!((status, answer.header("content-type")), (StatusCode::OK, "text/plain; version=0.0.4"), "{text}");
    for line in [
        "lectern_jobs{lane=\"mail\",state=\"dead\"} 1",
        "lectern_job_duration_seconds_count{kind=\"mail.deliver\",lane=\"mail\",outcome=\"dead\"} 1",
        "lectern_job_waiting_seconds_count{lane=\"mail\"} 1",
        "lectern_actor_well{actor=\"writer\"} 1",
        "lectern_database_up 1",
        "lectern_build_info{role=\"serve\",",
        "process_resident_memory_bytes ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("@") && !text.contains("Robin"), "nothing in it is about a person:\n{text}");
    site.end().await;
}

async fn readiness_tells_of_a_schema_that_does_not_fit(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_tomorrow', 0)";
    site.app.kernel.deps.db.write_connection().execute_unprepared(newer).await.expect("a newer schema");
    let answer = get(&site, "/readyz", None).await;
    let troubles = answer.json()["troubles"].clone();
    let schema = troubles.as_array().expect("troubles").iter().find(|trouble| trouble.to_string().contains("schema"));
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(schema.is_some_and(|trouble| trouble.to_string().contains("1 steps of a newer version")), "{troubles}");
    let others = ["database", "clock", "draining"];
    assert!(others.iter().all(|other| !troubles.to_string().contains(other)), "{troubles}");
    let alive = get(&site, "/healthz", None).await;
    assert_eq!((alive.status, alive.json()), (StatusCode::OK, json!({ "alive": true })));
    site.end().await;
}

async fn the_lanes_are_told_when_they_change(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    let query = "subscription { lanes { name paused pausedReason pausedBy } }";
    let mut lanes = site.follow(&admin, query, json!({})).await;
    let mail = |told: &Value| {
        let lanes = told["data"]["lanes"].as_array().unwrap_or_else(|| panic!("{told:#}")).iter();
        lanes.clone().find(|lane| lane["name"] == "mail").expect("the lane").clone()
    };
    assert_eq!(mail(&lanes.next().await)["paused"], false);
    let pause =
        "mutation($input: PauseLaneInput!) { pauseLane(input: $input) { lane { paused } problems { message } } }";
    let paused = site.ask(&admin, pause, json!({ "input": { "lane": "mail", "reason": "a move" } })).await;
    assert_eq!(paused["pauseLane"], json!({ "lane": { "paused": true }, "problems": [] }));
    let told = loop {
        let told = mail(&lanes.next().await);
        if told["paused"] == true {
            break told;
        }
    };
    assert_eq!((&told["pausedReason"], &told["pausedBy"]), (&json!("a move"), &json!("Robin Admin")));
    drop(lanes);
    let job = enqueue(&site, Deliver { letter: 0 }.new()).await;
    let why = "query($id: ID!) { node(id: $id) { ... on Job { state reason position estimatedStartAt } } }";
    let why = site.ask(&admin, why, json!({ "id": id::encode(Kind::Job, job) })).await;
    let reason = why["node"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("the lane mail is paused") && reason.ends_with("by Robin Admin: a move."), "{reason}");
    assert_eq!((&why["node"]["position"], &why["node"]["estimatedStartAt"]), (&json!(0), &Value::Null));
    site.end().await;
}

async fn a_stream_goes_on_when_its_job_is_retried(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    let job = dead(&site).await;
    let input = json!({ "input": { "job": id::encode(Kind::Job, job) } });
    let retry =
        "mutation($input: RetryJobInput!) { retryJob(input: $input) { job { state failures } problems { code } } }";
    assert_eq!(site.ask(&admin, retry, input.clone()).await["retryJob"]["problems"], json!([]));
    state(&site, job, JobState::Dead).await;
    let mut events = site.follow(&admin, tests::site::JOB, json!({ "id": id::encode(Kind::Job, job) })).await;
    let mut kinds = Vec::new();
    while let tests::graphql_ws::Said::Next(event) = events.said().await {
        kinds.push(event["data"]["job"]["kind"].as_str().expect("a kind").to_owned());
    }
    assert_eq!(kinds, ["queued", "leased", "dead", "queued", "leased", "dead"]);
    site.end().await;
}

/// A port that nobody listens on, at an address of this backend alone: the story of the other one may look for a port at the same time.
fn free_port(backend: Backend) -> std::net::SocketAddr {
    let host = if backend == Backend::Sqlite { "127.0.0.11:0" } else { "127.0.0.12:0" };
    let listener = std::net::TcpListener::bind(host).expect("a port");
    listener.local_addr().expect("an address")
}

async fn a_process_tells_how_it_is_at_an_address_of_its_own(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let address = free_port(backend);
    let mut command = lectern(&site);
    command.env("LECTERN_METRICS_LISTEN", address.to_string()).env("LECTERN_LISTEN", free_port(backend).to_string());
    // One process writes to an embedded database; there the process that serves is the one that works.
    let (base, role) = match backend {
        Backend::Sqlite => (site.end().await, "serve"),
        Backend::Postgres => {
            command.args(["work", "--lanes", "mail,housekeeping", "--slots", "mail=3"]);
            (site.end().await, "work")
        }
    };
    if backend == Backend::Sqlite {
        command.arg("serve");
    }
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().expect("the binary is built");
    let text = loop {
        assert!(child.try_wait().expect("a child").is_none(), "it has ended");
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            let text = client::send(address, Method::GET, "/metrics", None, "").await.text();
            if text.contains("lectern_lane_slots{lane=\"mail\"}") && !text.contains("slots{lane=\"mail\"} 0") {
                break text;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(text.contains(&format!("role=\"{role}\"")), "{text}");
    if role == "work" {
        assert!(text.contains("lectern_lane_slots{lane=\"mail\"} 3"), "{text}");
        assert!(text.contains("lectern_lane_slots{lane=\"execution\"} 0"), "{text}");
        let ready = client::send(address, Method::GET, "/readyz", None, "").await;
        assert_eq!(ready.json(), json!({ "ready": true, "troubles": [] }), "no sandbox is needed for mail");
    }
    assert_eq!(client::send(address, Method::GET, "/healthz", None, "").await.status, StatusCode::OK);
    let elsewhere = client::send(address, Method::GET, "/graphql", None, "").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND, "there is nothing else");
    child.start_kill().expect("it lives");
    child.wait().await.expect("it is gone");
    drop(base);
}
