//! Everything breaks at random, under load, for some minutes; then what was acknowledged is counted.
//!
//! `SOAK_SECONDS` (180) is how long, `SOAK_SEED` which faults in which order: it is printed, and the same one makes the same
//! choices. PostgreSQL has two thirds of the time: workers are killed, frozen, replaced and cut off, the server is killed, its clock
//! jumps, Redis is killed and frozen. SQLite has the rest: its one process is killed. A run that finds a fault ends with a panic that says what was lost.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tests::backend::Backend;
use tests::base::Base;
use tests::faults::errand::{Act, KINDS};
use tests::faults::ledger::Ledger;
use tests::faults::mortal::Mortal;
use tests::faults::stagehand::{Orders, Stagehand};
use tests::faults::wire::Wire;
use tests::redis::Redis;
use tests::world::{Plan, World};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const LEASE: Duration = Duration::from_secs(2);
const WORKERS: usize = 4;
/// How long it may take until all is done when nothing breaks any more.
const BOUND: Duration = Duration::from_secs(90);

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn millis(&mut self, bound: u64) -> Duration {
        Duration::from_millis(self.below(bound))
    }
}

fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`; it must be a number")))
}

#[expect(clippy::print_stdout, reason = "it is what this program is for")]
fn say(line: &str) {
    println!("{line}");
}

fn main() {
    let seconds = setting("SOAK_SECONDS", 180);
    let seed = setting("SOAK_SEED", u64::from(std::process::id()));
    say(&format!("SOAK_SEED={seed} SOAK_SECONDS={seconds}"));
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().expect("a runtime")
    };
    actix::System::with_tokio_rt(runtime).block_on(async {
        let third = Duration::from_secs(seconds) / 3;
        postgres(Dice(seed), third * 2).await;
        sqlite(Dice(!seed), third).await;
    });
}

/// A kernel that enqueues and works nothing.
async fn desk(base: Base, redis: Option<String>) -> World {
    World::on(base, Plan { kinds: KINDS, lanes: Vec::new(), transactions: 3, redis, ..Plan::default() }).await
}

/// Enqueues errands of all sorts until it is told to stop.
fn load(world: &World, ledger: &Arc<Ledger>, mut dice: Dice, stop: CancellationToken) -> JoinHandle<()> {
    let (deps, ledger) = (world.deps().clone(), Arc::clone(ledger));
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            let acts = match dice.below(400) {
                0 => vec![Act::Die, Act::Done],
                1..=40 => vec![Act::Nap(dice.below(1_500))],
                _ => vec![Act::Nap(dice.below(30))],
            };
            ledger.send(&deps, &acts).await;
            sleep(dice.millis(20)).await;
        }
    })
}

/// Holds the ledger against the rows, and tells.
async fn count(name: &str, world: &World, ledger: &Ledger, faults: u64) {
    let begun = Instant::now();
    assert!(!ledger.is_empty(), "{name}: nothing was acknowledged at all");
    let jobs = ledger.settled(world.db(), BOUND).await;
    let lost: i32 = jobs.iter().map(|job| job.losses).sum();
    say(&format!(
        "{name}: {faults} faults, {} acknowledged, {} done once, {lost} leases lost, all done {:.1} s after the last fault",
        ledger.len(),
        jobs.len(),
        begun.elapsed().as_secs_f64()
    ));
}

/// The processes that work on PostgreSQL. The second half is at the far end of the wire.
struct Crew {
    hands: Vec<Stagehand>,
    near: Orders,
    far: Orders,
    folder: PathBuf,
}

impl Crew {
    async fn hire(&self, place: usize) -> Stagehand {
        Stagehand::start(if place < WORKERS / 2 { &self.near } else { &self.far }, &self.folder).await
    }

    /// Starts anew whatever has ended by itself.
    async fn fill(&mut self) {
        for place in 0..WORKERS {
            if self.hands.get_mut(place).is_none_or(Stagehand::has_ended) {
                let hand = self.hire(place).await;
                if place < self.hands.len() { self.hands[place] = hand } else { self.hands.push(hand) }
            }
        }
    }

    async fn replace(&mut self, place: usize, in_good_order: bool) {
        let next = self.hire(place).await;
        let last = std::mem::replace(&mut self.hands[place], next);
        if in_good_order {
            // It may have ended by itself meanwhile, by an errand.
            last.dismiss().await;
        } else {
            last.kill().await;
        }
    }
}

async fn postgres(mut dice: Dice, span: Duration) {
    let mut server = Mortal::with_clock();
    let wire = Wire::to(server.folder()).await;
    let mut redis = Redis::start();
    let world = desk(Base::at(Backend::Postgres, &server.migrated().await), Some(redis.url())).await;
    let (ledger, stop) = (Arc::<Ledger>::default(), CancellationToken::new());
    let near = Orders { redis: Some(redis.url()), ..Orders::work(&world.base.url, LEASE, 8) };
    let far = Orders { url: wire.url(&near.url), ..near.clone() };
    let sends = |number: u64| Orders { sends: Some(format!("sender {number}")), slots: 0, ..near.clone() };
    let mut crew = Crew { hands: Vec::new(), near: near.clone(), far, folder: world.base.data().to_owned() };
    crew.fill().await;
    let mut sender = Stagehand::start(&sends(0), &crew.folder).await;
    let senders: Vec<_> = (0..2).map(|_| load(&world, &ledger, Dice(dice.next()), stop.clone())).collect();
    let (begun, mut faults) = (Instant::now(), 0);
    while begun.elapsed() < span {
        crew.fill().await;
        faults += 1;
        let place = usize::try_from(dice.below(WORKERS as u64)).expect("a small number");
        match dice.below(10) {
            0 => crew.replace(place, false).await,
            1 => crew.replace(place, true).await,
            2 => {
                crew.hands[place].freeze();
                sleep(dice.millis(6_000)).await;
                crew.hands[place].thaw();
            }
            3..=5 => hurt_wire(&wire, &mut dice).await,
            6 | 7 => hurt_server(&mut server, &mut dice).await,
            8 => hurt_redis(&mut redis, &mut dice).await,
            _ => {
                let next = Stagehand::start(&sends(faults), &crew.folder).await;
                note(&ledger, std::mem::replace(&mut sender, next).kill().await);
            }
        }
        sleep(dice.millis(1_500)).await;
    }
    stop.cancel();
    note(&ledger, sender.kill().await);
    for sending in senders {
        sending.await.expect("it ends");
    }
    crew.fill().await;
    // What ends its process once may do so now: somebody has to be there afterwards.
    let calm = keep_one(&crew.near, &crew.folder, count("PostgreSQL", &world, &ledger, faults)).await;
    calm.dismiss().await;
    for hand in crew.hands {
        hand.dismiss().await;
    }
    world.end().await;
}

async fn hurt_wire(wire: &Wire, dice: &mut Dice) {
    match dice.below(3) {
        0 => {
            wire.cut();
            sleep(dice.millis(8_000)).await;
            wire.mend();
        }
        1 => wire.forget(),
        _ => wire.reset(),
    }
}

async fn hurt_server(server: &mut Mortal, dice: &mut Dice) {
    match dice.below(2) {
        0 => {
            server.kill();
            sleep(dice.millis(2_000)).await;
            server.revive();
        }
        _ => {
            let ahead = [0, 3_600, -3_600, 30, -30];
            server.set_clock(ahead[usize::try_from(dice.below(5)).expect("a small number")]);
        }
    }
}

async fn hurt_redis(redis: &mut Redis, dice: &mut Dice) {
    match dice.below(2) {
        0 => {
            redis.kill();
            sleep(dice.millis(3_000)).await;
            redis.start_again();
        }
        _ => {
            redis.freeze();
            sleep(dice.millis(5_000)).await;
            redis.thaw();
        }
    }
}

fn note(ledger: &Ledger, said: Vec<String>) {
    said.iter().filter_map(|line| line.strip_prefix("acknowledged ")).for_each(|name| ledger.note(name));
}

async fn sqlite(mut dice: Dice, span: Duration) {
    let world = desk(Base::new(Backend::Sqlite).await, None).await;
    let (ledger, stop) = (Arc::<Ledger>::default(), CancellationToken::new());
    let orders = Orders::work(&world.base.url, LEASE, 8);
    let sending = load(&world, &ledger, Dice(dice.next()), stop.clone());
    let (begun, mut faults) = (Instant::now(), 0);
    while begun.elapsed() < span {
        faults += 1;
        let orders = Orders { sends: Some(format!("life {faults}")), ..orders.clone() };
        let process = Stagehand::begin_here(&orders, world.base.data());
        sleep(Duration::from_millis(300) + dice.millis(3_000)).await;
        note(&ledger, process.kill().await);
    }
    stop.cancel();
    sending.await.expect("it ends");
    let calm = keep_one(&orders, world.base.data(), count("SQLite", &world, &ledger, faults)).await;
    calm.dismiss().await;
    world.end().await;
}

/// Has one process work until that has ended, a new one if it is ended by an errand.
async fn keep_one(orders: &Orders, folder: &Path, until: impl Future<Output = ()>) -> Stagehand {
    let mut hand = Stagehand::begin_here(orders, folder);
    tokio::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => return hand,
            () = sleep(Duration::from_millis(200)) => {
                if hand.has_ended() {
                    hand = Stagehand::begin_here(orders, folder);
                }
            }
        }
    }
}
