//! How many GraphQL requests a second the site answers from PostgreSQL, with authentication and rights, each computed afresh.
//!
//! The world: 20 courses with 10 assignments each, 2,000 students who take 5 courses, 100,000 submissions. The questions:
//!
//! * `trivial`: the version of the server, beside a bare endpoint of the same web framework, which reads the same request as JSON, as the floor;
//! * `Q1`: one course by its key;
//! * `Q2`: a course, its 10 assignments, the first 10 submissions to each, their points, and who handed them in: 111 objects;
//! * `Q3`: a student's assignments, and what they handed in for each.
//!
//! `Q2` is asked as well where everything is shown to everybody: what authentication and rights cost is the difference.
//!
//! Viewers and courses rotate. The server is a process of its own: this program, started with `serve`. `--site URL` takes a database
//! that is there already (an empty one is filled), `--scale 10` a world with ten times the submissions, and each
//! `--peer NAME=http://127.0.0.1:PORT/PATH=FOLDER/PREFIX_` a server to measure in the same rounds: for `Q1` the body is the file
//! `FOLDER/PREFIX_Q1.json`, in which `@ID@` stands for a number.

mod load;
mod site;
mod world;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use self::load::Figures;
use self::site::Site;

/// Connections that each have one request under way.
const CONNECTIONS: usize = 32;

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn main() {
    let words: Vec<String> = std::env::args().collect();
    let after = |word: &str| words.iter().position(|it| it == word).and_then(|place| words.get(place + 1)).cloned();
    let number = |word: &str, default: u64| after(word).and_then(|text| text.parse().ok()).unwrap_or(default);
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if words.iter().any(|word| word == "serve") {
        let url = after("--site").expect("the URL of a database");
        actix::System::with_tokio_rt(runtime).block_on(site::serve(&url, number("--scale", 1)));
        return;
    }
    let peers: Vec<String> = words
        .iter()
        .zip(words.iter().skip(1))
        .filter(|(word, _)| *word == "--peer")
        .map(|(_, peer)| peer.clone())
        .collect();
    let (rounds, seconds) = (number("--rounds", 3), Duration::from_secs(number("--seconds", 4)));
    // One thread for the load, so that the other processor is the server's.
    let one = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    one.block_on(async {
        let site = Site::start(after("--site"), number("--scale", 1)).await;
        let mut loads = site.loads();
        loads.extend(peers.iter().flat_map(|peer| load::of_peer(peer)));
        for load in &loads {
            load.check().await;
            load.run(Duration::from_secs(1), CONNECTIONS).await;
        }
        let mut figures: BTreeMap<(String, String), Vec<Figures>> = BTreeMap::new();
        for _ in 0..rounds {
            for load in &loads {
                let before = site.cpu();
                let mut measured = load.run(seconds, CONNECTIONS).await;
                measured.cpu = site.cpu().saturating_sub(before);
                figures.entry((load.question.clone(), load.who.clone())).or_default().push(measured);
            }
        }
        for line in report(&figures) {
            println!("{line}");
        }
        println!("{}", rights(&figures));
    });
}

/// The median of the rounds, and how it stands to ours.
fn report(figures: &BTreeMap<(String, String), Vec<Figures>>) -> Vec<String> {
    let median = |rounds: &[Figures]| {
        let mut rounds = rounds.to_vec();
        rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        rounds[rounds.len() / 2].clone()
    };
    let ours = |question: &str| figures.get(&(question.to_owned(), "lectern".to_owned())).map(|rounds| median(rounds));
    figures
        .iter()
        .map(|((question, who), rounds)| {
            let of = median(rounds);
            let ratio = ours(question).map_or(0.0, |ours| ours.rate / of.rate);
            let cpu = if who == "lectern" || who == site::OPEN {
                format!(", {:.0} us of processor each with PostgreSQL", of.cpu_each())
            } else {
                String::new()
            };
            format!(
                "{question} {who}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {} bytes, {} errors; ours is {ratio:.2} x{cpu}",
                of.rate, of.p50, of.p99, of.bytes, of.errors
            )
        })
        .collect()
}

/// What authentication and rights cost of a `Q2`: the median of the rounds, each of which has both beside each other.
fn rights(figures: &BTreeMap<(String, String), Vec<Figures>>) -> String {
    let of = |who: &str| figures.get(&("Q2".to_owned(), who.to_owned())).map_or(&[][..], Vec::as_slice);
    let mut shares: Vec<f64> =
        of("lectern").iter().zip(of(site::OPEN)).map(|(with, without)| with.cpu_each() / without.cpu_each()).collect();
    shares.sort_by(f64::total_cmp);
    let median = shares.get(shares.len() / 2).copied().unwrap_or_default();
    format!("Q2 with authentication and rights: {median:.3} x the processor of one without")
}

/// Where a server listens.
fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
