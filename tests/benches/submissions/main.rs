//! How many hand-ins a second the site takes in through the door of the `ok` client, beside what the database could do at best and beside
//! Flask with Celery.
//!
//! Bodies have the shape of the client's: 4 to 60 KB, five kinds of messages, and a fifth of the requests are to the letter the one before.
//! Each is a submission with its run, its job and its receipt, durable when it is answered. 32 connections that stay open, each with one
//! request under way. What runs in the same rounds:
//!
//! * `lectern`: the server as a process of its own (this program, started with `serve`) with authentication, rights and receipts. It takes
//!   work in; what is to be graded stays queued, as where other machines grade;
//! * `pgbench`: the same rows and bytes, in one statement for each hand-in, by the same number of clients on the same cluster;
//! * `flask`: Flask, SQLAlchemy and Celery with gunicorn on the same cluster and a Redis, which store the same bodies as one row each, with
//!   nobody asked who they are.
//!
//! `--sqlite` measures the embedded database beside ours on PostgreSQL, `--scale N` hands in N times 10,000 submissions before the measurement
//! begins, `--size N` makes all bodies about N bytes long, `--rate N` measures besides how long each takes where N come in a second (counted from when
//! it was due), `--rounds` and `--seconds` say for how long, `--without flask` leaves somebody out, and `--burst` is a deadline instead of a race: a thousand
//! students, each with a queue of five pieces that come newest first, while staff look on.

mod bodies;
mod burst;
mod floor;
mod load;
mod peer;
mod site;

use std::collections::BTreeMap;
use std::time::Duration;

use self::bodies::Deck;
use self::load::{Figures, Pace};
use self::site::Site;

/// Connections that each have one request under way.
const CLIENTS: usize = 32;
/// Submissions that are there for each step of the scale.
const STEP: u64 = 10_000;

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn main() {
    let words: Vec<String> = std::env::args().collect();
    let after = |word: &str| words.iter().position(|it| it == word).and_then(|place| words.get(place + 1)).cloned();
    let number = |word: &str, default: u64| after(word).and_then(|text| text.parse().ok()).unwrap_or(default);
    let has = |word: &str| words.iter().any(|it| it == word);
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if has("serve") {
        let url = after("--site").expect("the URL of a database");
        actix::System::with_tokio_rt(runtime).block_on(site::serve(&url));
        return;
    }
    // One thread for the load: the processors are the server's.
    let one = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    one.block_on(async {
        if has("--burst") {
            println!("{}", burst::run(Site::start(has("--sqlite")).await).await);
            return;
        }
        let race = Race {
            rounds: number("--rounds", 3),
            time: Duration::from_secs(number("--seconds", 5)),
            scale: number("--scale", 0),
            size: after("--size").and_then(|text| text.parse().ok()),
            rate: after("--rate").and_then(|text| text.parse().ok()).filter(|rate| *rate > 0),
            sqlite: has("--sqlite"),
            without: after("--without").unwrap_or_default(),
        };
        for line in race.run().await {
            println!("{line}");
        }
    });
}

/// What is to be measured.
struct Race {
    rounds: u64,
    time: Duration,
    scale: u64,
    size: Option<u64>,
    rate: Option<u32>,
    sqlite: bool,
    without: String,
}

impl Race {
    async fn run(&self) -> Vec<String> {
        let site = Site::start(false).await;
        let embedded = if self.sqlite { Some(Site::start(true).await) } else { None };
        let peer = if self.without.contains("flask") { None } else { Some(peer::Peer::start(&site).await) };
        let mut deck = Deck::new(site.students(), self.size);
        let mut told = Vec::new();
        if self.scale > 0 {
            let time = site.fill(&mut deck, self.scale * STEP).await;
            told.push(format!("{} submissions were there, at {:.0}/s", self.scale * STEP, time));
        }
        site.run(&mut deck, Duration::from_secs(2), Pace::Free).await;
        let floor =
            if self.without.contains("pgbench") { None } else { Some(floor::Floor::prepare(&site, &deck).await) };
        let mut figures: BTreeMap<&str, Vec<Figures>> = BTreeMap::new();
        for _ in 0..self.rounds {
            figures.entry("lectern").or_default().push(site.run(&mut deck, self.time, Pace::Free).await);
            if let Some(rate) = self.rate {
                let pace = Pace::Each(Duration::from_secs(1) / rate);
                figures.entry("lectern paced").or_default().push(site.run(&mut deck, self.time, pace).await);
            }
            if let Some(embedded) = &embedded {
                figures
                    .entry("lectern on SQLite")
                    .or_default()
                    .push(embedded.run(&mut deck, self.time, Pace::Free).await);
            }
            if let Some(floor) = &floor {
                figures.entry("pgbench").or_default().push(floor.run(self.time, CLIENTS));
            }
            if let Some(peer) = &peer {
                figures.entry("flask").or_default().push(peer.run(&mut deck, self.time).await);
            }
        }
        told.extend(floor.iter().map(floor::Floor::told));
        told.extend(report(&figures));
        told
    }
}

/// The median of the rounds, and how ours stands to it.
fn report(figures: &BTreeMap<&str, Vec<Figures>>) -> Vec<String> {
    let median = |rounds: &[Figures]| {
        let mut rounds = rounds.to_vec();
        rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        rounds[rounds.len() / 2].clone()
    };
    let ours = figures.get("lectern").map_or(0.0, |rounds| median(rounds).rate);
    let line = |(who, rounds): (&&str, &Vec<Figures>)| {
        let of = median(rounds);
        format!(
            "{who}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {} errors, {:.0} us of processor each with the database; ours is {:.2} x",
            of.rate,
            of.p50,
            of.p99,
            of.errors,
            of.cpu.as_secs_f64() * 1e6 / of.count.max(1) as f64,
            ours / of.rate
        )
    };
    figures.iter().map(line).collect()
}
