//! The statements that move jobs do to rows what [`tests::machine`] says, whatever comes after what.
//!
//! Long courses of acts chosen at random, each in a transaction that is rolled back; the same ones each time. The clock does not wait: time passes by
//! moving all times of the rows. Leases end half a minute off all bounds, so that the time which the test itself takes never matters.

use std::fmt;
use std::time::Duration;

use entity::clock::{database_now, micros};
use entity::job::JobState;
use entity::job::cancel;
use entity::job::claim::{Claim, Which, claim, due};
use entity::job::lane::Shares;
use entity::job::lease::{self, Renewal, Rescue, Settlement};
use entity::job::queue::{NewJob, enqueue};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait as _, Value,
};
use tests::backend::Backend;
use tests::machine::{Act, Around, Bounds, Job, step};
use tests::stage::Stage;
use tests::world::World;
use tests::{hand, stories};

stories![rows_do_as_the_machine_says, a_machine_with_other_bounds_is_noticed];

const COURSES: u64 = 150;
const ACTS: usize = 30;
/// Jobs of one course.
const JOBS: usize = 6;
const LANES: [(&str, Option<&str>); 3] = [("left", Some("key")), ("right", Some("key")), ("free", None)];
/// How far times in rows may be off, as the test takes time itself.
const SLACK: i64 = 20_000_000;

async fn rows_do_as_the_machine_says(backend: Backend) {
    let world = World::idle(backend).await;
    for seed in 1..=COURSES {
        if let Err(difference) = run(&world, seed, Bounds::of_the_product()).await {
            panic!("course {seed}: {difference}");
        }
    }
    world.end().await;
}

async fn a_machine_with_other_bounds_is_noticed(backend: Backend) {
    let world = World::idle(backend).await;
    let right = Bounds::of_the_product();
    for wrong in [
        Bounds { longest: 300_000_000, ..right },
        Bounds { suspect_losses: right.suspect_losses - 1, ..right },
        Bounds { max_losses: 1, ..right },
    ] {
        let mut noticed = false;
        for seed in 1..=COURSES {
            noticed |= run(&world, seed, wrong).await.is_err();
            if noticed {
                break;
            }
        }
        assert!(noticed, "rows and machine agree about {wrong:?}");
    }
    world.end().await;
}

/// One course of acts; what differed first, if anything did.
async fn run(world: &World, seed: u64, bounds: Bounds) -> Result<(), String> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = world.db().write_connection().begin_with_options(options).await.expect("a transaction");
    let mut course = Course::new(seed, bounds);
    let mut result = Ok(());
    for _ in 0..ACTS {
        result = course.act(&tx).await;
        if result.is_err() {
            break;
        }
        let rows = rows(&tx).await;
        let jobs = rows.iter().zip(&course.jobs);
        if rows.len() != course.jobs.len() || !jobs.into_iter().all(|(row, (_, _, job))| is_as(row, job, course.now)) {
            result = Err(format!("{course}rows: {rows:#?}\nmachine at {}: {:#?}", course.now, course.jobs));
            break;
        }
    }
    tx.rollback().await.expect("rolled back");
    result
}

/// Numbers that only look random: the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("it is smaller than the bound")
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

/// The jobs as the machine has them: by their keys in the database, each with the number of its lane.
struct Course {
    play: NewJob,
    bounds: Bounds,
    dice: Dice,
    jobs: Vec<(i64, usize, Job)>,
    /// How much time has passed by moving the rows.
    now: i64,
    tokens: i64,
    paused: [bool; 3],
    log: Vec<String>,
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rows and machine differ after these acts:")?;
        self.log.iter().try_for_each(|act| writeln!(f, "  {act}"))
    }
}

impl Course {
    fn new(seed: u64, bounds: Bounds) -> Self {
        let play = Stage::default().play("it", &[]);
        let dice = Dice(seed);
        Self { play, bounds, dice, jobs: Vec::new(), now: 0, tokens: 0, paused: [false; 3], log: Vec::new() }
    }

    /// Whether an answer of the database is that of the machine.
    fn agree<T: PartialEq + fmt::Debug>(&self, answer: T, expected: T) -> Result<(), String> {
        if answer == expected {
            return Ok(());
        }
        Err(format!("{self}the last was answered by {answer:?} and not by {expected:?}"))
    }

    async fn act(&mut self, tx: &DatabaseTransaction) -> Result<(), String> {
        match self.dice.below(16) {
            0 | 1 => self.enqueue(tx).await,
            2..=5 => self.claim(tx).await,
            6 => self.renew(tx).await,
            7..=9 => self.settle(tx).await,
            10 | 11 => self.rescue(tx).await,
            12 => self.cancel(tx).await,
            13 => self.pause(tx).await,
            _ => self.pass(tx).await,
        }
    }

    fn note(&mut self, act: impl fmt::Debug) {
        self.log.push(format!("{act:?}"));
    }

    fn around(&self, place: usize) -> Around {
        let (_, lane, _) = self.jobs[place];
        let key = LANES[lane].1;
        let twin = |state| {
            let mut others = self.jobs.iter().enumerate().filter(|(other, _)| *other != place);
            key.is_some() && others.any(|(_, (_, lane, job))| LANES[*lane].1 == key && job.state == state)
        };
        Around { queued: twin(JobState::Queued), leased: twin(JobState::Leased), paused: self.paused[lane] }
    }

    /// What the machine makes of it.
    fn step(&mut self, place: usize, act: &Act) -> Option<Job> {
        let after = step(&self.jobs[place].2, act, self.around(place), &self.bounds, self.now)?;
        self.jobs[place].2 = after.clone();
        Some(after)
    }

    /// The place of the job that is queued under the key.
    fn queued(&self, key: &str) -> Option<usize> {
        self.jobs.iter().position(|(_, lane, job)| LANES[*lane].1 == Some(key) && job.state == JobState::Queued)
    }

    async fn enqueue(&mut self, tx: &DatabaseTransaction) -> Result<(), String> {
        if self.jobs.len() == JOBS {
            return Ok(());
        }
        let (lane, delay) = (self.dice.below(LANES.len()), Duration::from_secs(self.dice.of(&[0, 0, 90])));
        let (name, key) = LANES[lane];
        let replaces = key.is_some() && self.dice.below(3) == 0;
        self.note(("enqueue", name, delay, replaces));
        if let Some(key) = key.filter(|_| replaces) {
            let replaced = cancel::supersede(tx, key).await.expect("an answer");
            let twin = self.queued(key);
            self.agree(replaced.map(|job| job.id), twin.map(|twin| self.jobs[twin].0))?;
            twin.and_then(|twin| self.step(twin, &Act::Supersede));
        }
        let job = NewJob { lane: name, key: key.map(str::to_owned), delay, ..self.play.clone() };
        let id = enqueue(tx, &[job], &mut Shares::default()).await.expect("enqueued")[0].id;
        let twin = key.and_then(|key| self.queued(key));
        match twin {
            Some(twin) => {
                self.agree(id, self.jobs[twin].0)?;
                self.step(twin, &Act::Repeat).expect("it is queued");
            }
            None => self.jobs.push((id, lane, Job::enqueued(micros(delay), self.now))),
        }
        Ok(())
    }

    async fn claim(&mut self, tx: &DatabaseTransaction) -> Result<(), String> {
        let (lane, suspects) = (self.dice.below(LANES.len()), self.dice.below(4) == 0);
        let lease = Duration::from_secs(self.dice.of(&[90, 330, 570]));
        self.tokens += 1;
        self.note(("claim", LANES[lane].0, suspects, lease, self.tokens));
        let which = if suspects { Which::Suspect } else { Which::Best { slots: 1, batch: 1 } };
        let wanted = Claim { which, lease, ..hand::claim(LANES[lane].0, 1, self.tokens) };
        due(tx, LANES[lane].0).await.expect("an answer");
        let claimed = claim(tx, &wanted).await.expect("an answer");
        let act = Act::Claim { token: self.tokens, lease: micros(lease), suspects };
        // The oldest goes first.
        let places = (0..self.jobs.len()).filter(|place| self.jobs[*place].1 == lane).collect::<Vec<_>>();
        let first = places.into_iter().find(|place| self.step(*place, &act).is_some());
        let ids: Vec<i64> = claimed.iter().map(|job| job.id).collect();
        self.agree(ids, first.map(|place| self.jobs[place].0).into_iter().collect::<Vec<_>>())?;
        Ok(())
    }

    /// A job and a token for it: mostly the one that it has or had last.
    fn held(&mut self) -> Option<(usize, i64)> {
        let place = (!self.jobs.is_empty()).then(|| self.dice.below(self.jobs.len()))?;
        let other = i64::try_from(self.dice.below(9)).expect("small");
        let token = self.jobs[place].2.token.filter(|_| self.dice.below(5) > 0);
        Some((place, token.unwrap_or(other)))
    }

    async fn renew(&mut self, tx: &DatabaseTransaction) -> Result<(), String> {
        let Some((place, token)) = self.held() else { return Ok(()) };
        let (id, lease) = (self.jobs[place].0, Duration::from_secs(self.dice.of(&[90, 330])));
        self.note(("renew", id, token, lease));
        let renewed = lease::renew(tx, &[(id, token)], lease).await.expect("an answer");
        let after = self.step(place, &Act::Renew { token, lease: micros(lease) });
        let expected = after.map(|job| if job.stop { Renewal::Stop } else { Renewal::Held });
        self.agree(renewed.get(&(id, token)).copied(), expected)?;
        Ok(())
    }

    async fn settle(&mut self, tx: &DatabaseTransaction) -> Result<(), String> {
        let Some((place, token)) = self.held() else { return Ok(()) };
        let (error, reason, delay) = (String::new(), String::new(), Duration::from_secs(self.dice.of(&[0, 90])));
        let settlement = self.dice.of(&[
            Settlement::Done,
            Settlement::Retry { error: error.clone(), delay },
            Settlement::Dead { error },
            Settlement::Release { reason: reason.clone(), delay },
            Settlement::Cancelled { reason },
        ]);
        let id = self.jobs[place].0;
        self.note(("settle", id, token, &settlement));
        let settled = lease::settle(tx, &[((id, token), settlement.clone())]).await.expect("an answer");
        let after = self.step(place, &Act::Settle { token, settlement });
        let states: Vec<JobState> = settled.into_iter().map(|(_, moved)| moved.state).collect();
        self.agree(states, after.map(|job| job.state).into_iter().collect::<Vec<_>>())?;
        Ok(())
    }

    async fn rescue(&mut self, tx: &DatabaseTransaction) -> Result<(), String> {
        let orphans = self.dice.below(3) == 0;
        let only = (!self.jobs.is_empty() && self.dice.below(2) == 0).then(|| self.dice.below(self.jobs.len()));
        let only_id = only.map(|place| self.jobs[place].0);
        self.note(("rescue", orphans, only_id));
        let whose = if orphans { Rescue::AllBut("nobody".to_owned()) } else { Rescue::Expired };
        let moved = lease::rescue(tx, &whose, only_id).await.expect("an answer");
        let act = if orphans { Act::Orphan } else { Act::Rescue };
        let places = only.map_or(0..self.jobs.len(), |place| place..place + 1);
        let expected = places.filter(|place| self.step(*place, &act).is_some()).count();
        self.agree(moved.len(), expected)?;
        Ok(())
    }

    async fn cancel(&mut self, tx: &DatabaseTransaction) -> Result<(), String> {
        if self.jobs.is_empty() {
            return Ok(());
        }
        let place = self.dice.below(self.jobs.len());
        let id = self.jobs[place].0;
        self.note(("cancel", id));
        let moved = cancel::cancel(tx, id, "no reason").await.expect("an answer");
        let after = self.step(place, &Act::Cancel);
        self.agree(moved.map(|moved| moved.state), after.map(|job| job.state))?;
        Ok(())
    }

    async fn pause(&mut self, tx: &DatabaseTransaction) -> Result<(), String> {
        let lane = self.dice.below(LANES.len());
        self.paused[lane] = !self.paused[lane];
        self.note(("pause", LANES[lane].0, self.paused[lane]));
        let text = "INSERT INTO lane (name, floor, paused_at) VALUES ($1, 0, $2) \
             ON CONFLICT (name) DO UPDATE SET paused_at = excluded.paused_at";
        execute(tx, text, [LANES[lane].0.into(), self.paused[lane].then_some(1_i64).into()]).await;
        Ok(())
    }

    async fn pass(&mut self, tx: &DatabaseTransaction) -> Result<(), String> {
        // The clock is set back, too: a little, and further than any lease is long.
        let by = self.dice.of(&[60, 60, 120, 360, 600, -60, -1200]) * 1_000_000_i64;
        self.note(("pass", by));
        self.now += by;
        execute(tx, "UPDATE job SET lease_until = lease_until - $1, run_at = run_at - $1", [by.into()]).await;
        Ok(())
    }
}

async fn execute(tx: &DatabaseTransaction, text: &str, values: impl IntoIterator<Item = Value>) {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), text, values);
    tx.execute_raw(statement).await.expect("an answer");
}

/// The jobs' rows, their times counted from now; and whether they have a holder and an end.
async fn rows(tx: &DatabaseTransaction) -> Vec<(Job, bool, bool)> {
    let backend = tx.get_database_backend();
    let text = format!(
        "SELECT state, run_at - {now} AS run_at, lease_token, lease_until - {now} AS lease_until, attempt, failures, losses, head, \
           stop_at IS NOT NULL AS stop, holder IS NOT NULL AS held, finished_at IS NOT NULL AS ended FROM job ORDER BY id",
        now = database_now(backend)
    );
    let found = tx.query_all_raw(Statement::from_string(backend, text)).await.expect("rows");
    let row = |row: sea_orm::QueryResult| {
        let job = Job {
            state: row.try_get("", "state")?,
            run_at: row.try_get("", "run_at")?,
            token: row.try_get("", "lease_token")?,
            until: row.try_get("", "lease_until")?,
            attempt: row.try_get("", "attempt")?,
            failures: row.try_get("", "failures")?,
            losses: row.try_get("", "losses")?,
            stop: row.try_get("", "stop")?,
            head: row.try_get("", "head")?,
        };
        Ok((job, row.try_get("", "held")?, row.try_get("", "ended")?))
    };
    found.into_iter().map(row).collect::<Result<_, sea_orm::DbErr>>().expect("columns")
}

/// Whether the row is as the machine says.
fn is_as((row, held, ended): &(Job, bool, bool), job: &Job, now: i64) -> bool {
    let near = |row: i64, job: i64| (job - now - row).abs() < SLACK;
    let until = match (row.until, job.until) {
        (Some(row), Some(job)) => near(row, job),
        (None, None) => true,
        _ => false,
    };
    let rest = |job: &Job| Job { run_at: 0, until: None, ..job.clone() };
    let leased = job.state == JobState::Leased;
    until && near(row.run_at, job.run_at) && rest(row) == rest(job) && (*held, *ended) == (leased, job.state.is_final())
}
