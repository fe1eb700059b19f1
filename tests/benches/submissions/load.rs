//! The clients: connections that stay open, each with one request under way.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tests::lasting::{Lasting, request};

use super::bodies::{Deck, Piece};

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Good answers a second.
    pub rate: f64,
    /// Milliseconds.
    pub p50: f64,
    pub p99: f64,
    pub longest: f64,
    pub errors: usize,
    pub count: usize,
    /// Processor time of server and database meanwhile.
    pub cpu: Duration,
}

impl Figures {
    /// Of how long each took.
    pub fn of(mut took: Vec<Duration>, errors: usize, whole: Duration) -> Self {
        took.sort_unstable();
        let at = |share: f64| took.get((took.len() as f64 * share) as usize).map_or(0.0, |it| it.as_secs_f64() * 1e3);
        Self {
            rate: (took.len() - errors) as f64 / whole.as_secs_f64(),
            p50: at(0.5),
            p99: at(0.99),
            longest: took.last().map_or(0.0, |it| it.as_secs_f64() * 1e3),
            errors,
            count: took.len(),
            cpu: Duration::ZERO,
        }
    }
}

/// Where pieces are sent, and what a good answer holds.
#[derive(Clone, Copy)]
pub struct Door<'d> {
    pub address: SocketAddr,
    pub path: &'d str,
    pub good: &'d str,
    /// Of the students, in their order.
    pub tokens: &'d [String],
}

/// Until when it goes on: a time, or so many pieces.
#[derive(Clone, Copy)]
pub enum End {
    After(Duration),
    Sent(u64),
}

/// When a piece is sent: as soon as a client is free, or so many a second whatever becomes of those before. What waits for a client has waited.
#[derive(Clone, Copy)]
pub enum Pace {
    Free,
    Each(Duration),
}

/// What is left to send.
struct Rest<'d> {
    deck: &'d mut Deck,
    sent: u64,
    begun: Instant,
    end: End,
    pace: Pace,
}

impl Rest<'_> {
    /// The next piece, its body, and when it is due.
    fn next(&mut self, before: Option<Piece>) -> Option<(Piece, String, Instant)> {
        let due = match self.pace {
            Pace::Free => Instant::now(),
            Pace::Each(time) => self.begun + time.mul_f64(self.sent as f64),
        };
        self.sent += 1;
        let is_over = match self.end {
            End::After(time) => self.begun.elapsed() >= time,
            End::Sent(most) => self.sent > most,
        };
        let piece = if is_over { return None } else { self.deck.after(before) };
        Some((piece, self.deck.body(piece), due))
    }
}

/// Sends pieces through the door, by so many clients.
pub async fn run(door: Door<'_>, deck: &mut Deck, end: End, pace: Pace, clients: usize) -> Figures {
    let begun = Instant::now();
    let rest = RefCell::new(Rest { deck, sent: 0, begun, end, pace });
    let ended = join_all((0..clients).map(|_| client(door, &rest))).await;
    let whole = begun.elapsed();
    let errors = ended.iter().map(|(_, errors)| errors).sum();
    Figures::of(ended.into_iter().flat_map(|(took, _)| took).collect(), errors, whole)
}

async fn client(door: Door<'_>, rest: &RefCell<Rest<'_>>) -> (Vec<Duration>, usize) {
    let mut connection = Lasting::open(door.address).await;
    let (mut took, mut errors) = (Vec::new(), 0);
    let mut before: Option<Piece> = None;
    loop {
        let Some((piece, body, due)) = rest.borrow_mut().next(before) else { return (took, errors) };
        let token = door.tokens.get(piece.student).map(String::as_str);
        let request = request(door.path, token, Some(&body));
        // That they come at a given rate is what is measured.
        tokio::time::sleep_until(due.into()).await;
        let mut answer = connection.ask(&request).await;
        if answer.is_none() {
            // Not every server keeps connections open.
            connection = Lasting::open(door.address).await;
            answer = connection.ask(&request).await;
        }
        match answer {
            Some(answer) if answer.is_good && answer.text().contains(door.good) => {}
            Some(answer) => {
                errors += 1;
                assert!(errors < 100, "{}", answer.text());
            }
            None => errors += 1,
        }
        took.push(due.elapsed());
        before = Some(piece);
    }
}
