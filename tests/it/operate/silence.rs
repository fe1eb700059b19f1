//! Who is frozen or cut off is not waited for: commands say what to do, and what watches over the process is answered, and told
//! what is in its way.

use std::process::{Output, Stdio};
use std::time::Duration;

use hyper::{Method, StatusCode};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::client::{self, Answer};
use tests::faults::mortal::Mortal;
use tests::faults::wire::Wire;
use tests::postgres;
use tests::site::{METRICS, Plan, Site};
use tests::tools::launcher;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

/// What asks whether a process is well gives up soon after.
const SCRAPE: Duration = Duration::from_secs(9);

fn lectern(base: &Base, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(launcher());
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(base.data()).kill_on_drop(true).args(arguments);
    command.env("LECTERN_DATABASE_URL", url).env("LECTERN_DATA_DIR", base.data());
    command.env("LECTERN_SECRET_KEY", "a secret of the stories, 32 letters").env("LECTERN_LISTEN", "127.0.0.1:0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn why(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

#[test]
fn a_command_does_not_wait_for_a_frozen_process() {
    tell(Backend::Sqlite, |backend| async move {
        let base = Base::new(backend).await;
        let mut serving =
            lectern(&base, &base.url, &["serve"]).env("LECTERN_LOG", "info").spawn().expect("the program starts");
        let mut said = BufReader::new(serving.stdout.take().expect("a pipe")).lines();
        assert!(said.next_line().await.expect("it speaks").is_some_and(|line| line.contains("serves at")));
        let pid = serving.id().expect("it lives").to_string();
        let process = Pid::from_raw(pid.parse().expect("a number"));
        let stats = async || lectern(&base, &base.url, &["jobs", "stats"]).output().await.expect("the program starts");
        // It may still be on its way to its socket.
        while !stats().await.status.success() {}

        kill(process, Signal::SIGSTOP).expect("it is ours");
        let frozen = why(&stats().await);
        assert!(
            frozen.contains(&format!("process {pid}")) && frozen.contains(&format!("kill -CONT {pid}")),
            "{frozen}"
        );
        kill(process, Signal::SIGCONT).expect("it is ours");
        let output = stats().await;
        assert!(output.status.success(), "{output:?}");

        kill(process, Signal::SIGTERM).expect("it is ours");
        let mut log = String::new();
        serving.stderr.take().expect("a pipe").read_to_string(&mut log).await.expect("text");
        assert!(log.contains("INFO") && !log.contains('\u{1b}'), "no colours where nobody looks: {log}");
        assert!(serving.wait().await.expect("it ends").success());
    });
}

#[test]
fn a_command_does_not_wait_for_a_silent_database() {
    tell(Backend::Postgres, |backend| async move {
        let base = Base::new(backend).await;
        let wire = Wire::to(postgres::folder().await).await;
        let url = wire.url(&base.url);
        assert!(lectern(&base, &url, &["jobs", "stats"]).output().await.expect("it starts").status.success());

        // One that is at it already, and one that begins.
        let mut watching = lectern(&base, &url, &["jobs", "watch"]).spawn().expect("the program starts");
        let mut said = BufReader::new(watching.stdout.take().expect("a pipe")).lines();
        assert!(said.next_line().await.expect("it speaks").is_some());
        wire.cut();
        let beginning = lectern(&base, &url, &["jobs", "list"]).output();
        let (watched, listed) = tokio::join!(watching.wait_with_output(), beginning);
        let (watched, listed) = (why(&watched.expect("it ends")), why(&listed.expect("it ends")));
        assert!(
            watched.contains("the database does not answer in time") && watched.contains("config check"),
            "{watched}"
        );
        assert!(listed.contains("the database") && listed.contains("LECTERN_DATABASE_URL"), "{listed}");
    });
}

async fn get(site: &Site, path: &str) -> Answer {
    let headers = Some(("authorization", format!("Bearer {METRICS}")));
    let answer = timeout(SCRAPE, client::send(site.address, Method::GET, path, headers, "")).await;
    answer.unwrap_or_else(|_| panic!("{path} is not answered in time"))
}

/// The metrics, when they say so of the database.
async fn metrics(site: &Site, up: &str) -> String {
    loop {
        let text = get(site, "/metrics").await.text();
        if text.contains(&format!("lectern_database_up {up}\n")) {
            return text;
        }
    }
}

#[test]
fn who_watches_a_process_is_answered_while_its_database_is_silent() {
    tell(Backend::Postgres, |backend| async move {
        let base = Base::new(backend).await;
        let wire = Wire::to(postgres::folder().await).await;
        let site = Site::on(Base::at(backend, &wire.url(&base.url)), Plan::default()).await;
        assert!(metrics(&site, "1").await.contains("lectern_lane_slots{lane=\"mail\"} 1"));

        wire.cut();
        let text = metrics(&site, "0").await;
        for line in ["lectern_actor_well{actor=\"writer\"} 1", "lectern_uptime_seconds ", "lectern_build_info{"] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("lectern_lane_slots"), "what is not known is not told:\n{text}");
        let answer = get(&site, "/readyz").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.text().contains("database: does not answer in time"), "{}", answer.text());
        assert_eq!(get(&site, "/healthz").await.status, StatusCode::OK);

        wire.mend();
        metrics(&site, "1").await;
        site.end().await;
    });
}

/// Asks until the process is ready, but for what may be missing on this machine, or until this is in its way.
async fn ready(site: &Site, trouble: Option<&str>) {
    loop {
        let answer = get(site, "/readyz").await;
        let troubles = answer.json()["troubles"].take();
        let told = troubles.as_array().expect("a list").iter().filter_map(Value::as_str);
        let mut told = told.filter(|told| !told.starts_with("sandbox"));
        let there = match trouble {
            Some(trouble) => {
                answer.status == StatusCode::SERVICE_UNAVAILABLE && told.any(|told| told.starts_with(trouble))
            }
            None => told.next().is_none(),
        };
        if there {
            return;
        }
        // It is told what was found a moment ago.
        sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn a_clock_that_is_off_and_a_database_that_takes_no_write_are_in_the_way() {
    tell(Backend::Postgres, |backend| async move {
        let server = Mortal::with_clock();
        let site = Site::on(Base::at(backend, &server.migrated().await), Plan::default()).await;
        ready(&site, None).await;
        server.set_clock(30);
        ready(&site, Some("clock: is 30.")).await;
        server.set_clock(0);
        ready(&site, None).await;

        let database = &site.app.kernel.deps.db;
        for (switch, trouble) in [("on", Some("database: takes no write")), ("off", None)] {
            for statement in
                [&*format!("ALTER SYSTEM SET default_transaction_read_only = {switch}"), "SELECT pg_reload_conf()"]
            {
                database.read().execute_unprepared(statement).await.expect("the server's own user may");
            }
            ready(&site, trouble).await;
        }
        site.end().await;
    });
}
