//! What may happen in the world at each moment, with everything that can go wrong, for the checker to explore.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use entity::job::JobState;
use entity::job::cancel::SKIP;
use entity::job::lease::Settlement;
use stateright::{Model, Property};
use tests::machine::{Act, Job};

use super::flaw::{Flaw, bent};
use super::law;
use super::world::{BOUNDS, Broken, End, LEASE, Lease, MAX_FAILURES, OWN, Request, Row, What, Worker, World};

/// A site with a few workers, and what can go wrong on it. A site with all of it at once would have too many states.
#[derive(Debug, Default)]
pub struct Site {
    /// Jobs, all with one key.
    pub jobs: usize,
    pub workers: usize,
    /// The database's clock is set, forwards and back.
    pub clock_steps: bool,
    /// The workers' clocks go slow, as far as the margin allows.
    pub slow_clocks: bool,
    /// The power fails, and what was not promised to be durable is undone.
    pub power_losses: bool,
    /// A settlement that its worker does not wait for any more may happen all the same; one at a time.
    pub strays: bool,
    /// Whatever is asked for is done and answered, and no lease is renewed or given back.
    pub calm: bool,
    /// Bells are rung, and may be lost.
    pub bells: bool,
    pub flaw: Option<Flaw>,
    /// Whether all jobs ended in a fair course of events, by the rows that it began with and whether a bell was on its way.
    pub tried: Mutex<HashMap<Start, bool>>,
}

/// Rows, and whether a bell is on its way.
pub type Start = (Vec<Option<Row>>, bool);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Enqueue(usize),
    /// The same, where a newer one takes the place of what is queued.
    Replace(usize),
    /// A worker asks the database for something about a job.
    Ask(usize, usize, What),
    /// What a worker asked for is done and it is told; or its connection ends before it is.
    Commit {
        worker: usize,
        told: bool,
    },
    /// What a worker asked for is not done, and it is told that something went wrong.
    Fail(usize),
    /// A worker does not wait any longer. What it asked for may happen all the same.
    Timeout(usize),
    /// What nobody waits for happens.
    Stray(usize),
    /// A worker dies, and another comes in its place.
    Crash(usize),
    /// Time passes; for one of the workers, less than for the others.
    Tick(Option<usize>),
    /// The database's clock is set, by so much.
    Step(i64),
    Rescue(usize),
    Cancel(usize),
    Retry(usize),
    /// All that was committed is on the disk.
    Flush,
    PowerLoss,
    LoseBell,
}

impl End {
    fn settlement(self) -> Settlement {
        let (error, reason, delay) = (String::new(), String::new(), Duration::from_micros(5));
        match self {
            Self::Done => Settlement::Done,
            Self::Retry => Settlement::Retry { error, delay },
            Self::Dead => Settlement::Dead { error },
            Self::Release => Settlement::Release { reason, delay },
            Self::Cancelled => Settlement::Cancelled { reason },
        }
    }
}

impl Site {
    /// Has the database do that to a job; the job after it, if anything happened.
    pub fn execute(&self, world: &mut World, number: usize, act: &Act) -> Option<Job> {
        let before = world.rows[number].as_ref()?.job.clone();
        let after = bent(self.flaw, &before, act, world.around(number))?;
        let moves = before.state != after.state || *act == Act::Repeat;
        let unclaimed_end = before.state == JobState::Queued && after.state == JobState::Cancelled;
        let places = if unclaimed_end { SKIP } else { i64::from(moves) };
        if after.head != before.head + places {
            world.broken = Some(Broken::Events);
        }
        if *act == Act::Rescue && self.clocks_are_right() && is_held(world, number, before.token) {
            world.broken = Some(Broken::Taken);
        }
        let row = world.rows[number].as_mut()?;
        row.endings = match act {
            Act::Retry => 0,
            _ => (row.endings + u8::from(has_effects(act, &after))).min(2),
        };
        row.done = (row.done + u8::from(has_effects(act, &after) && after.state == JobState::Done)).min(2);
        row.job = after.clone();
        row.tidy();
        world.bell |= self.bells && moves && after.state == JobState::Queued;
        if self.is_durable(act) {
            world.kept.clone_from(&world.rows);
        }
        Some(after)
    }

    fn is_durable(&self, act: &Act) -> bool {
        match act {
            Act::Claim { .. } | Act::Renew { .. } => !self.power_losses,
            Act::Settle { .. } => self.flaw != Some(Flaw::SettlesWithoutDisk),
            _ => true,
        }
    }

    /// Whether the workers' clocks and the database's agree but for the margin, and the database forgets nothing.
    fn clocks_are_right(&self) -> bool {
        !self.clock_steps && !self.power_losses
    }

    /// A settlement, a rescue or an act of somebody: durable, and told to whoever asked.
    fn execute_and_tell(&self, world: &mut World, job: usize, act: &Act) -> Option<()> {
        let after = self.execute(world, job, act)?;
        world.told[job].hears(act, after.state);
        Some(())
    }

    fn enqueue(&self, world: &mut World, job: usize, replaces: bool) -> Option<()> {
        let queued = |row: &Option<Row>| row.as_ref().is_some_and(|row| row.job.state == JobState::Queued);
        match world.rows.iter().position(queued) {
            Some(twin) if replaces => self.execute_and_tell(world, twin, &Act::Supersede)?,
            Some(twin) => return self.execute(world, twin, &Act::Repeat).map(drop),
            None => {}
        }
        world.rows[job] = Some(Row::new());
        world.told[job].enqueued = true;
        world.bell |= self.bells;
        if self.flaw != Some(Flaw::EnqueuesWithoutDisk) {
            world.kept.clone_from(&world.rows);
        }
        Some(())
    }

    fn act(&self, world: &World, request: &Request) -> Act {
        let token = request.token;
        match request.what {
            What::Claim => {
                let losses = world.rows[request.job].as_ref().map_or(0, |row| row.job.losses);
                Act::Claim { token, lease: LEASE, suspects: losses >= BOUNDS.suspect_losses }
            }
            What::Renew => Act::Renew { token, lease: LEASE },
            What::Settle(end) => Act::Settle { token, settlement: end.settlement() },
        }
    }

    fn ask(&self, world: &mut World, number: usize, job: usize, what: What) {
        let own = if self.flaw == Some(Flaw::CountsWithoutMargin) { LEASE } else { OWN };
        let new = world.new_token();
        let worker = &mut world.workers[number];
        let lease =
            worker.lease.get_or_insert(Lease { job, token: new, left: own, next: None, held: false, slow: false });
        lease.next = (what == What::Renew).then_some(own);
        worker.asked = Some(Request { job, token: lease.token, what });
    }

    fn commit(&self, world: &mut World, number: usize, told: bool) -> Option<()> {
        let request = world.workers[number].asked.take()?;
        let act = self.act(world, &request);
        let after = self.execute(world, request.job, &act);
        if !told {
            self.fail(&mut world.workers[number], request.what);
            return Some(());
        }
        let worker = &mut world.workers[number];
        match (request.what, after) {
            (What::Claim, Some(_)) => worker.lease.as_mut()?.held = true,
            (What::Renew, Some(_)) => {
                let lease = worker.lease.as_mut()?;
                lease.left = lease.next.take()?;
            }
            (What::Settle(_), Some(after)) => {
                worker.lease = None;
                world.told[request.job].hears(&act, after.state);
            }
            (_, None) => worker.lease = None,
        }
        Some(())
    }

    /// Something went wrong: of a claim nothing is known, and all else can be asked for again.
    fn fail(&self, worker: &mut Worker, what: What) {
        match what {
            What::Claim => worker.lease = None,
            What::Renew => worker.lease.iter_mut().for_each(|lease| lease.next = None),
            What::Settle(_) => {}
        }
    }

    fn timeout(&self, worker: &mut Worker) -> Option<()> {
        worker.stray = Some(worker.asked.take()?);
        Some(())
    }

    fn happen(&self, world: &mut World, event: Event) -> Option<()> {
        match event {
            Event::Enqueue(job) => self.enqueue(world, job, false)?,
            Event::Replace(job) => self.enqueue(world, job, true)?,
            Event::Ask(worker, job, what) => self.ask(world, worker, job, what),
            Event::Commit { worker, told } => self.commit(world, worker, told)?,
            Event::Fail(worker) => {
                let worker = &mut world.workers[worker];
                let request = worker.asked.take()?;
                self.fail(worker, request.what);
            }
            Event::Timeout(worker) => self.timeout(&mut world.workers[worker])?,
            Event::Stray(worker) => {
                let request = world.workers[worker].stray.take()?;
                let act = self.act(world, &request);
                self.execute(world, request.job, &act);
            }
            Event::Crash(worker) => {
                let worker = &mut world.workers[worker];
                (worker.lease, worker.asked) = (None, None);
            }
            Event::Tick(slow) => world.tick(slow),
            Event::Step(by) => world.shift(-by),
            Event::Rescue(job) => self.execute_and_tell(world, job, &Act::Rescue)?,
            Event::Cancel(job) => self.execute_and_tell(world, job, &Act::Cancel)?,
            Event::Retry(job) => self.execute_and_tell(world, job, &Act::Retry)?,
            Event::Flush => world.kept.clone_from(&world.rows),
            Event::PowerLoss => world.rows.clone_from(&world.kept),
            Event::LoseBell => world.bell = false,
        }
        Some(())
    }

    fn events_of(&self, world: &World, number: usize, events: &mut Vec<Event>) {
        let worker = &world.workers[number];
        if worker.asked.is_some() {
            events.push(Event::Commit { worker: number, told: true });
            if !self.calm {
                events.extend([Event::Commit { worker: number, told: false }, Event::Fail(number)]);
            }
            let settles = worker.asked.as_ref().is_some_and(|asked| matches!(asked.what, What::Settle(_)));
            let stray = world.workers.iter().any(|worker| worker.stray.is_some());
            events.extend((self.strays && settles && !stray).then_some(Event::Timeout(number)));
        } else if let Some(lease) = &worker.lease {
            let ask = |what| Event::Ask(number, lease.job, what);
            let row = world.rows[lease.job].as_ref();
            let failed_before = row.is_some_and(|row| row.job.failures + 1 >= MAX_FAILURES);
            let failed = if failed_before { End::Dead } else { End::Retry };
            events.extend([What::Settle(End::Done), What::Settle(failed)].map(ask));
            if !self.calm {
                events.extend([What::Renew, What::Settle(End::Release)].map(ask));
            }
            events.extend(row.filter(|row| row.job.stop).map(|_| ask(What::Settle(End::Cancelled))));
            events.extend((self.slow_clocks && !lease.slow).then_some(Event::Tick(Some(number))));
        } else if world.bell || self.flaw != Some(Flaw::WaitsForBell) {
            let queued = |row: &Option<Row>| row.as_ref().is_some_and(|row| row.job.state == JobState::Queued);
            let jobs = (0..self.jobs).filter(|job| queued(&world.rows[*job]));
            events.extend(jobs.map(|job| Event::Ask(number, job, What::Claim)));
        }
        events.extend(worker.stray.is_some().then_some(Event::Stray(number)));
        events.extend((worker.lease.is_some() || worker.asked.is_some()).then_some(Event::Crash(number)));
    }
}

/// Whether somebody holds that lease by its own clock.
fn is_held(world: &World, job: usize, token: Option<i64>) -> bool {
    let mut leases = world.workers.iter().filter_map(|worker| worker.lease.as_ref());
    leases.any(|lease| lease.job == job && Some(lease.token) == token && lease.held && lease.left > 0)
}

/// Whether the act ends the job with effects, as opposed to one that ends without, or goes back.
fn has_effects(act: &Act, after: &Job) -> bool {
    match act {
        Act::Settle { settlement, .. } => after.state.is_final() && settlement.state() == after.state,
        Act::Rescue => after.state == JobState::Dead,
        _ => false,
    }
}

impl Model for Site {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        let mut world = World::new(self.jobs, self.workers);
        world.bell &= self.bells;
        vec![world]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        for worker in 0..self.workers {
            self.events_of(world, worker, events);
        }
        for (job, row) in world.rows.iter().enumerate() {
            match row {
                None => events.extend([Event::Enqueue(job), Event::Replace(job)]),
                Some(_) => events.extend([Event::Rescue(job), Event::Cancel(job), Event::Retry(job)]),
            }
        }
        events.push(Event::Tick(None));
        if self.clock_steps {
            // A little and far, forwards and back.
            events.extend([-100, -10, 20].map(Event::Step));
        }
        if self.power_losses && world.kept != world.rows {
            events.extend([Event::Flush, Event::PowerLoss]);
        }
        events.extend((self.bells && world.bell).then_some(Event::LoseBell));
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        self.happen(&mut next, event)?;
        next.tidy();
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        law::all()
    }
}
