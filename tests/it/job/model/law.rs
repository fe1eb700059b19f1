//! What holds in every state of the world, and what must be possible, or the laws would hold for want of anything happening.

use entity::job::JobState;
use entity::job::lease::Settlement;
use stateright::Property;
use tests::machine::{Act, Job};

use super::flaw::{Flaw, bent};
use super::site::Site;
use super::world::{Broken, LEASE, Row, What, World};

pub const NOT_LOST: &str = "what was enqueued is there";
pub const ENDS: &str = "every job can still end, without anybody's help";
pub const ONCE: &str = "the effects of an ending happen once, and only then";
pub const KEPT: &str = "an end that was told stays";
pub const DEADLINE: &str = "a lease has a deadline";
pub const ONE_HOLDER: &str = "at most one can settle";
pub const QUEUED: &str = "a queued job cannot be settled";
pub const KEYS: &str = "at most one of a key is queued, and one leased";
pub const EVENTS: &str = "a job that moves has one event, and one that does not has none";
pub const IN_TIME: &str = "a lease is not taken from who is in time";

type Condition = fn(&Site, &World) -> bool;

fn always(law: &'static str, condition: Condition) -> Property<Site> {
    Property::always(law, condition)
}

fn sometimes(what: &'static str, condition: Condition) -> Property<Site> {
    Property::sometimes(what, condition)
}

pub fn all() -> Vec<Property<Site>> {
    vec![
        always(NOT_LOST, |_, world| {
            world.told.iter().zip(&world.rows).all(|(told, row)| !told.enqueued || row.is_some())
        }),
        always(ENDS, |site, world| ends(site, &world.rows, world.bell)),
        always(ONCE, |_, world| world.rows.iter().flatten().all(effects_are_right)),
        always(KEPT, |_, world| {
            let mut jobs = world.told.iter().zip(&world.rows);
            jobs.all(|(told, row)| told.ended.is_none_or(|end| row.as_ref().is_some_and(|row| row.job.state == end)))
        }),
        always(DEADLINE, |_, world| {
            let mut leased = world.rows.iter().flatten().filter(|row| row.job.state == JobState::Leased);
            leased.all(|row| row.job.until.is_some() && row.job.token.is_some())
        }),
        always(ONE_HOLDER, |site, world| {
            (0..site.jobs).all(|job| {
                tokens(world, job).into_iter().filter(|token| settles(site, world, job, *token)).count() <= 1
            })
        }),
        always(QUEUED, |site, world| {
            let queued = |job: &usize| world.rows[*job].as_ref().is_some_and(|row| row.job.state == JobState::Queued);
            let mut queued = (0..site.jobs).filter(queued);
            queued.all(|job| !tokens(world, job).into_iter().any(|token| settles(site, world, job, token)))
        }),
        always(KEYS, |_, world| {
            let count = |state| world.rows.iter().flatten().filter(|row| row.job.state == state).count();
            count(JobState::Queued) <= 1 && count(JobState::Leased) <= 1
        }),
        always(EVENTS, |_, world| world.broken != Some(Broken::Events)),
        always(IN_TIME, |_, world| world.broken != Some(Broken::Taken)),
        sometimes("a job is done", |_, world| has_state(world, JobState::Done)),
        sometimes("a job is dead", |_, world| has_state(world, JobState::Dead)),
        sometimes("a job is cancelled", |_, world| has_state(world, JobState::Cancelled)),
        sometimes("a late holder settles in vain", |site, world| {
            let late = world.workers.iter().filter_map(|worker| worker.asked.as_ref());
            late.filter(|late| matches!(late.what, What::Settle(_)))
                .any(|late| !settles(site, world, late.job, late.token))
        }),
    ]
}

fn has_state(world: &World, state: JobState) -> bool {
    world.rows.iter().flatten().any(|row| row.job.state == state)
}

fn effects_are_right(row: &Row) -> bool {
    match row.job.state {
        JobState::Queued | JobState::Leased => (row.endings, row.done) == (0, 0),
        JobState::Done => (row.endings, row.done) == (1, 1),
        JobState::Dead => (row.endings, row.done) == (1, 0),
        // Stopped by its holder; or before it had one, or superseded.
        JobState::Cancelled => row.endings <= 1 && row.done == 0,
    }
}

/// The tokens by which somebody may ask for something about the job; those of one worker count once.
fn tokens(world: &World, job: usize) -> Vec<i64> {
    let of_leases =
        world.workers.iter().filter_map(|worker| worker.lease.as_ref()).map(|lease| (lease.job, lease.token));
    let requests = world.workers.iter().flat_map(|worker| worker.asked.iter().chain(&worker.stray));
    let mut tokens: Vec<i64> = of_leases
        .chain(requests.map(|request| (request.job, request.token)))
        .filter(|(about, _)| *about == job)
        .map(|(_, token)| token)
        .collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

fn settles(site: &Site, world: &World, job: usize, token: i64) -> bool {
    let act = Act::Settle { token, settlement: Settlement::Done };
    world.rows[job].as_ref().is_some_and(|row| bent(site.flaw, &row.job, &act, world.around(job)).is_some())
}

/// How many ticks a job may take to its end when nothing goes wrong any more.
const PATIENCE: usize = 8;

/// Whether all jobs end if from now on nothing goes wrong: all who work now are gone, and one worker is well.
fn ends(site: &Site, rows: &[Option<Row>], bell: bool) -> bool {
    let key = (rows.to_vec(), bell);
    let tried = |key| site.tried.lock().expect("no panic").get(key).copied();
    tried(&key).unwrap_or_else(|| {
        let ends = goes_well(site, rows, bell);
        site.tried.lock().expect("no panic").insert(key, ends);
        ends
    })
}

fn goes_well(site: &Site, rows: &[Option<Row>], bell: bool) -> bool {
    let mut world = World::new(site.jobs, 0);
    (world.rows, world.bell) = (rows.to_vec(), bell);
    let ended = |row: &Row| row.job.state.is_final();
    for _ in 0..PATIENCE {
        for job in 0..site.jobs {
            site.execute(&mut world, job, &Act::Rescue);
            let looks = world.bell || site.flaw != Some(Flaw::WaitsForBell);
            for suspects in [false, true] {
                let claim = Act::Claim { token: 1, lease: LEASE, suspects };
                let claimed = looks.then(|| site.execute(&mut world, job, &claim)).flatten();
                claimed.and_then(|claimed| settle(site, &mut world, job, &claimed));
            }
        }
        if world.rows.iter().flatten().all(ended) {
            return true;
        }
        world.tick(None);
    }
    false
}

fn settle(site: &Site, world: &mut World, job: usize, claimed: &Job) -> Option<Job> {
    let stopped = Settlement::Cancelled { reason: String::new() };
    let settlement = if claimed.stop { stopped } else { Settlement::Done };
    site.execute(world, job, &Act::Settle { token: 1, settlement })
}
