//! Every state that a few jobs and workers can come to, whatever goes wrong around them, looked at one by one.
//!
//! What may be done to a job is [`tests::machine`]; [`world`] is what there is around it, [`site`] what may happen there, [`law`]
//! what holds all the same, and [`flaw`] are flaws that must be found. Each site is explored to its end: its number of states is
//! printed. Messages are not ordered, and a worker may stop for any time between any two steps: so one that freezes, wakes after
//! its lease and goes on where it was is among them.

mod flaw;
mod law;
mod site;
mod world;

use std::collections::BTreeSet;

use stateright::{Checker as _, HasDiscoveries, Model as _};

use flaw::Flaw;
use site::Site;

/// Two workers and one job; what nobody waits for happens.
fn late_settlements() -> Site {
    Site { jobs: 1, workers: 2, strays: true, calm: true, ..Site::default() }
}

/// Two workers and one job; power fails, and clocks are set.
fn weak_power() -> Site {
    Site { jobs: 1, workers: 2, power_losses: true, clock_steps: true, ..Site::default() }
}

/// Two workers and one job; their clocks are as slow as the margin allows, and nothing is wrong with the database.
fn slow_workers() -> Site {
    Site { jobs: 1, workers: 2, slow_clocks: true, ..Site::default() }
}

/// Two workers and two jobs with one key.
fn twins() -> Site {
    Site { jobs: 2, workers: 2, calm: true, ..Site::default() }
}

/// Two workers and one job; bells are lost.
fn lost_bells() -> Site {
    Site { jobs: 1, workers: 2, bells: true, calm: true, ..Site::default() }
}

/// Explores all of a site.
#[expect(clippy::print_stdout, reason = "how much was explored is what one wants to know of it")]
fn holds(name: &str, site: Site) {
    let checker = site.checker().threads(2).spawn_bfs().join();
    println!("{name}: {} states", checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn all_holds_with_late_settlements() {
    holds("late settlements", late_settlements());
}

#[test]
fn all_holds_with_weak_power() {
    holds("weak power", weak_power());
}

#[test]
fn all_holds_with_slow_workers() {
    holds("slow workers", slow_workers());
}

#[test]
fn all_holds_with_twins() {
    holds("twins", twins());
}

#[test]
fn all_holds_with_lost_bells() {
    holds("lost bells", lost_bells());
}

/// A flaw, the site on which it must be found, and the law that it breaks.
type Find = (Flaw, fn() -> Site, &'static str);

const FLAWS: [Find; 17] = [
    (Flaw::SettlesWithoutToken, late_settlements, law::ONE_HOLDER),
    (Flaw::SettlesWithoutLease, late_settlements, law::QUEUED),
    (Flaw::SettlesWithoutLease, late_settlements, law::ONCE),
    (Flaw::ClaimsWithoutDeadline, late_settlements, law::DEADLINE),
    (Flaw::RescuesEarly, slow_workers, law::IN_TIME),
    (Flaw::RescuesNever, slow_workers, law::ENDS),
    (Flaw::BelievesFarDeadlines, weak_power, law::ENDS),
    (Flaw::ClaimsBesideTwin, twins, law::KEYS),
    (Flaw::ReturnsBesideTwin, twins, law::KEYS),
    (Flaw::MovesWithoutEvent, slow_workers, law::EVENTS),
    (Flaw::CancelsWhatEnded, slow_workers, law::KEPT),
    (Flaw::RetriesWhatIsDone, slow_workers, law::ONCE),
    (Flaw::LeavesSuspects, slow_workers, law::ENDS),
    (Flaw::SettlesWithoutDisk, weak_power, law::KEPT),
    (Flaw::EnqueuesWithoutDisk, || Site { power_losses: true, ..twins() }, law::NOT_LOST),
    (Flaw::CountsWithoutMargin, slow_workers, law::IN_TIME),
    (Flaw::WaitsForBell, lost_bells, law::ENDS),
];

#[test]
fn each_flaw_is_found() {
    for (flaw, site, law) in FLAWS {
        let site = Site { flaw: Some(flaw), ..site() };
        let found = HasDiscoveries::AnyOf(BTreeSet::from([law]));
        let checker = site.checker().threads(2).finish_when(found).spawn_bfs().join();
        assert!(checker.discovery(law).is_some(), "{flaw:?} does not break the law: {law}");
    }
}
