//! Load over HTTP/1.1: connections that stay open, each with one request under way, and the requests in turn.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tests::lasting::{Lasting, request};

/// A question to one server, as it is sent with different ids and by different people.
pub struct Load {
    pub question: String,
    pub who: String,
    address: SocketAddr,
    requests: Rc<Vec<Vec<u8>>>,
    /// What an answer must hold so and so often.
    wanted: (&'static str, usize),
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Answers a second.
    pub rate: f64,
    /// Milliseconds.
    pub p50: f64,
    pub p99: f64,
    pub bytes: usize,
    pub errors: usize,
    pub count: usize,
    /// Processor time of the server and PostgreSQL meanwhile.
    pub cpu: Duration,
}

impl Figures {
    /// Microseconds of processor for each answer.
    pub fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.count.max(1) as f64
    }
}

/// What is asked of a peer: `NAME=http://127.0.0.1:PORT/PATH=FOLDER/PREFIX_`.
pub fn of_peer(peer: &str) -> Vec<Load> {
    let mut parts = peer.splitn(3, '=');
    let mut part = || parts.next().unwrap_or_else(|| panic!("NAME=URL=FILES, not {peer}"));
    let (who, url, files) = (part(), part(), part());
    let (host, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
    let address = host.parse().expect("an address and a port");
    [("Q1", 20, ("title", 1)), ("Q2", 20, ("score", 100)), ("Q3", 2_000, ("eatedAt", 20))]
        .into_iter()
        .map(|(question, ids, wanted)| {
            let body = std::fs::read_to_string(format!("{files}{question}.json")).expect("the body");
            let one = |id: usize| request(&format!("/{path}"), None, Some(&body.replace("@ID@", &id.to_string())));
            Load::new(question, who, address, (1..=ids).map(one).collect(), wanted)
        })
        .collect()
}

impl Load {
    pub fn new(
        question: &str,
        who: &str,
        address: SocketAddr,
        mut requests: Vec<Vec<u8>>,
        wanted: (&'static str, usize),
    ) -> Self {
        // Neighbours in the list are alike; a stride that shares no factor with its length visits all of them.
        let (length, stride) = (requests.len(), 7_919);
        requests = (0..length).map(|place| requests[place * stride % length].clone()).collect();
        Self { question: question.to_owned(), who: who.to_owned(), address, requests: Rc::new(requests), wanted }
    }

    /// Asks once, and looks whether the answer is right.
    pub async fn check(&self) {
        let mut connection = Lasting::open(self.address).await;
        let answer = connection.ask(&self.requests[0]).await.expect("an answer");
        let text = answer.text();
        let found = text.matches(self.wanted.0).count();
        assert_eq!(found, self.wanted.1, "{} of {}: {text}", self.question, self.who);
    }

    /// Asks for that long.
    pub async fn run(&self, time: Duration, connections: usize) -> Figures {
        let begun = Instant::now();
        let local = tokio::task::LocalSet::new();
        let askers: Vec<_> = (0..connections)
            .map(|number| local.spawn_local(ask(self.address, Rc::clone(&self.requests), number * 31, begun + time)))
            .collect();
        let mut took = Vec::new();
        let (mut bytes, mut errors) = (0, 0);
        local
            .run_until(async {
                for asker in askers {
                    let (times, size, wrong) = asker.await.expect("it ends");
                    took.extend(times);
                    bytes = bytes.max(size);
                    errors += wrong;
                }
            })
            .await;
        took.sort_unstable();
        let at = |share: f64| took.get((took.len() as f64 * share) as usize).map_or(0.0, |it| it.as_secs_f64() * 1e3);
        Figures {
            rate: took.len() as f64 / begun.elapsed().as_secs_f64(),
            p50: at(0.5),
            p99: at(0.99),
            bytes,
            errors,
            count: took.len(),
            cpu: Duration::ZERO,
        }
    }
}

async fn ask(
    address: SocketAddr,
    requests: Rc<Vec<Vec<u8>>>,
    mut next: usize,
    until: Instant,
) -> (Vec<Duration>, usize, usize) {
    let mut connection = Lasting::open(address).await;
    let (mut times, mut bytes, mut errors) = (Vec::new(), 0, 0);
    while Instant::now() < until {
        let begun = Instant::now();
        let Some(answer) = connection.ask(&requests[next % requests.len()]).await else {
            errors += 1;
            connection = Lasting::open(address).await;
            continue;
        };
        times.push(begun.elapsed());
        bytes = answer.body.len();
        errors += usize::from(!answer.is_good);
        next += 1;
    }
    (times, bytes, errors)
}
