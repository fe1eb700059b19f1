//! A deadline: a thousand students within a minute, each with a queue of five pieces, which the client sends newest first, that one to be handed
//! in and the others as backups, while staff look on. It fails where a piece is lost or there twice, or a request takes too long.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use sea_orm::{ConnectionTrait as _, Database, Statement};
use serde_json::json;
use tests::lasting::{Lasting, request};

use super::bodies::{Deck, Piece};
use super::load::Figures;
use super::site::Site;

/// Within which everybody comes.
const TIME: Duration = Duration::from_secs(60);
const PIECES: usize = 5;
/// What no request may take, in milliseconds.
const LONGEST: f64 = 2_000.0;
/// How often a page of staff asks again.
const LOOK: Duration = Duration::from_secs(1);

/// Runs it; what came of it.
pub async fn run(site: Site) -> String {
    let mut deck = Deck::new(site.students(), None);
    let queues: Vec<Vec<Piece>> = (0..site.students()).map(|_| (0..PIECES).map(|_| deck.fresh()).collect()).collect();
    let took = RefCell::new((Vec::new(), 0_usize));
    let begun = Instant::now();
    let students = queues.iter().enumerate().map(|(number, queue)| student(&site, &deck, number, queue, begun, &took));
    let pages = site.staff().iter().map(|token| page(&site, token, begun));
    let (_, looks) = join(join_all(students), join_all(pages)).await;
    let (took, errors) = took.into_inner();
    let sent = Figures::of(took, errors, begun.elapsed());
    let looks = Figures::of(looks.into_iter().flatten().collect(), 0, begun.elapsed());
    let db = Database::connect(&site.url).await.expect("the database");
    let count = "SELECT count(*) AS it FROM backup";
    let found = db.query_one_raw(Statement::from_string(db.get_database_backend(), count)).await.expect("it answers");
    let kept: i64 = found.expect("a row").try_get("", "it").expect("a number");
    assert!(sent.errors == 0 && usize::try_from(kept) == Ok(sent.count), "{} errors, {kept} kept", sent.errors);
    assert!(sent.longest < LONGEST && looks.longest < LONGEST, "{} ms, {} ms", sent.longest, looks.longest);
    format!(
        "{} pieces of {} students: {} errors, {kept} kept, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms; {} looks of staff: p50 {:.1} ms, p99 {:.1} ms, \
         longest {:.1} ms",
        sent.count,
        site.students(),
        sent.errors,
        sent.p50,
        sent.p99,
        sent.longest,
        looks.count,
        looks.p50,
        looks.p99,
        looks.longest
    )
}

/// Comes at their time, and sends the queue from its end.
async fn student(
    site: &Site,
    deck: &Deck,
    number: usize,
    queue: &[Piece],
    begun: Instant,
    took: &RefCell<(Vec<Duration>, usize)>,
) {
    // More of them the nearer the deadline.
    let share = (number as f64 / site.students() as f64).sqrt();
    tokio::time::sleep_until((begun + TIME.mul_f64(share)).into()).await;
    let mut connection = Lasting::open(site.address).await;
    for (place, piece) in queue.iter().rev().enumerate() {
        let body = deck.body(*piece);
        let rest = body.strip_suffix("\"submit\":true}").filter(|_| place > 0);
        let body = rest.map_or(body.clone(), |rest| format!("{rest}\"submit\":false}}"));
        let request = request(site.door().path, Some(&site.tokens()[number]), Some(&body));
        let begun = Instant::now();
        let answer = connection.ask(&request).await;
        let mut took = took.borrow_mut();
        took.0.push(begun.elapsed());
        took.1 += usize::from(!answer.is_some_and(|answer| answer.is_good && answer.text().contains(site.door().good)));
    }
}

/// A page of staff that stays open: what came last, and how many have handed in.
async fn page(site: &Site, token: &str, begun: Instant) -> Vec<Duration> {
    let query = "{ course(key: \"bench\") { assignments(first: 1) { nodes { submissions(first: 20) { nodes { id submittedAt submitter { name } } } \
                 works(first: 50) { nodes { id submissionCount } } } } } }";
    let request = request("/graphql", Some(token), Some(&json!({ "query": query }).to_string()));
    let mut connection = Lasting::open(site.address).await;
    let mut took = Vec::new();
    while begun.elapsed() < TIME {
        let asked = Instant::now();
        let answer = connection.ask(&request).await.expect("an answer");
        took.push(asked.elapsed());
        assert!(answer.is_good && !answer.text().contains("\"errors\""), "{}", answer.text());
        tokio::time::sleep(LOOK).await;
    }
    took
}
