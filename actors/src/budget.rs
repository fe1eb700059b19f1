//! Budgets: how much each viewer has asked of the site in this minute.
//!
//! Every request costs points, and who has spent what they have in a minute waits for the next. The minutes are those of the clock, so
//! all processes agree when one ends, and a budget that is full again needs nobody to fill it.
//!
//! Memory decides, so no request waits for Redis: a lookup costs less than a microsecond. Where processes hear of each other, the
//! [courier](crate::courier) tells the others once a second what was spent here, and adds what it hears. So somebody who spreads requests
//! over several processes gets up to a second more of each than they should; without Redis each process keeps its own count. Like
//! everything that the courier carries, it may be lost, and a minute later nobody knows the difference.
//!
//! Not here: what a request costs, and who is asked for it; the doors know that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use entity::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a budget lasts, in microseconds.
const MINUTE: i64 = 60_000_000;
/// Those of whom is remembered what they spent. What others spend then counts as that of one.
const MOST: usize = 100_000;
/// Entries of one message to the other processes.
const MESSAGE: usize = 5_000;

/// Who pays for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payer {
    /// A person, by the key of their row.
    User(i64),
    /// A sign-in, by the key of its row.
    Session(i64),
    /// A network address from which nobody has signed in, as a digest.
    Address(u64),
    /// All for whom there was no room.
    Others,
}

/// What each kind of payer has in a minute, in points; none for as much as they like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    pub user: Option<u64>,
    pub session: Option<u64>,
    pub address: Option<u64>,
}

impl Rates {
    fn of(&self, payer: Payer) -> Option<u64> {
        match payer {
            Payer::User(_) => self.user,
            Payer::Session(_) => self.session,
            Payer::Address(_) | Payer::Others => self.address,
        }
    }
}

/// How a payer stands in this minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub payer: Payer,
    /// Points for the minute.
    pub limit: u64,
    /// Points that were spent.
    pub spent: u64,
    /// When the next minute begins.
    pub resets_at: Timestamp,
}

impl Standing {
    /// Points that are left.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.spent)
    }
}

/// What was spent in a minute, on its way to the other processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    minute: i64,
    points: Vec<(Payer, u64)>,
}

/// The budgets of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Budgets {
    rates: Rates,
    ledger: Arc<Mutex<Ledger>>,
}

#[derive(Debug, Default)]
struct Ledger {
    minute: i64,
    spent: HashMap<Payer, u64>,
    /// Of that, what the other processes were not told yet.
    untold: HashMap<Payer, u64>,
}

impl Ledger {
    /// Forgets what was spent in another minute.
    fn turn_to(&mut self, minute: i64) {
        if self.minute != minute {
            *self = Self { minute, ..Self::default() };
        }
    }

    /// The payer under whose name this is kept.
    fn name(&self, payer: Payer) -> Payer {
        if self.spent.len() < MOST || self.spent.contains_key(&payer) { payer } else { Payer::Others }
    }
}

impl Budgets {
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self { rates, ledger: Arc::default() }
    }

    fn at(&self, minute: i64) -> MutexGuard<'_, Ledger> {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.turn_to(minute);
        ledger
    }

    /// How the one of these stands who has least left; none when none of them has a budget.
    #[must_use]
    pub fn standing(&self, payers: &[Payer], now: Timestamp) -> Option<Standing> {
        let minute = now.0.div_euclid(MINUTE);
        let resets_at = Timestamp((minute + 1) * MINUTE);
        let ledger = self.at(minute);
        let standings = payers.iter().filter_map(|payer| {
            let limit = self.rates.of(*payer)?;
            let spent = ledger.spent.get(&ledger.name(*payer)).copied().unwrap_or_default();
            Some(Standing { payer: *payer, limit, spent, resets_at })
        });
        standings.min_by_key(Standing::remaining)
    }

    /// Notes that each of these has spent so many points.
    pub fn spend(&self, payers: &[Payer], points: u64, now: Timestamp) {
        let mut ledger = self.at(now.0.div_euclid(MINUTE));
        for payer in payers.iter().filter(|payer| self.rates.of(**payer).is_some()) {
            let name = ledger.name(*payer);
            let Ledger { spent, untold, .. } = &mut *ledger;
            for count in [spent, untold] {
                let points_so_far = count.entry(name).or_default();
                *points_so_far = points_so_far.saturating_add(points);
            }
        }
    }

    /// What was spent here since this was asked last.
    #[must_use]
    pub fn untold(&self) -> Vec<Spent> {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = ledger.minute;
        let points: Vec<_> = std::mem::take(&mut ledger.untold).into_iter().collect();
        points.chunks(MESSAGE).map(|points| Spent { minute, points: points.to_vec() }).collect()
    }

    /// Adds what was spent in another process, if it was in this minute.
    pub fn hear(&self, told: Spent, now: Timestamp) {
        let minute = now.0.div_euclid(MINUTE);
        if told.minute != minute {
            return;
        }
        let mut ledger = self.at(minute);
        for (payer, points) in told.points {
            let name = ledger.name(payer);
            let spent = ledger.spent.entry(name).or_default();
            *spent = spent.saturating_add(points);
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::clock::Timestamp;

    use super::{Budgets, MINUTE, MOST, Payer, Rates};

    const RATES: Rates = Rates { user: Some(100), session: Some(60), address: None };
    const BOTH: [Payer; 2] = [Payer::User(1), Payer::Session(7)];
    const NOW: Timestamp = Timestamp(10 * MINUTE + 5);

    #[test]
    fn who_has_least_left_counts_until_the_minute_ends() {
        let budgets = Budgets::new(RATES);
        let left = |payers: &[Payer], now| budgets.standing(payers, now).map(|standing| standing.remaining());
        assert_eq!(left(&BOTH, NOW), Some(60));
        budgets.spend(&BOTH, 50, NOW);
        let other_sign_in = [Payer::User(1), Payer::Session(8)];
        assert_eq!((left(&BOTH, NOW), left(&other_sign_in, NOW)), (Some(10), Some(50)));
        budgets.spend(&BOTH, 500, NOW);
        assert_eq!((left(&BOTH, NOW), left(&other_sign_in, NOW)), (Some(0), Some(0)));
        assert_eq!(left(&[Payer::User(2)], NOW), Some(100));
        let standing = budgets.standing(&BOTH, NOW).unwrap();
        assert_eq!(standing.resets_at, Timestamp(11 * MINUTE));
        assert_eq!(left(&BOTH, standing.resets_at), Some(60));
    }

    #[test]
    fn who_has_no_budget_is_not_counted() {
        let budgets = Budgets::new(RATES);
        budgets.spend(&[Payer::Address(3)], 1_000_000, NOW);
        assert_eq!(budgets.standing(&[Payer::Address(3)], NOW), None);
        assert_eq!((budgets.standing(&[], NOW), budgets.untold()), (None, Vec::new()));
    }

    #[test]
    fn what_is_spent_in_one_process_is_spent_in_the_others() {
        let (here, there) = (Budgets::new(RATES), Budgets::new(RATES));
        here.spend(&BOTH, 20, NOW);
        here.spend(&BOTH, 20, NOW);
        for told in here.untold() {
            there.hear(told.clone(), NOW);
            there.hear(told, Timestamp(11 * MINUTE));
            // What is told of another minute is too late, and what was heard is not told on.
            assert_eq!(there.untold(), Vec::new());
        }
        assert_eq!(here.untold(), Vec::new());
        let told = here.standing(&BOTH, NOW).map(|standing| standing.spent);
        assert_eq!(told, Some(40));
        here.spend(&BOTH, 5, NOW);
        there.spend(&BOTH, 1, NOW);
        here.untold().into_iter().for_each(|told| there.hear(told, NOW));
        assert_eq!(there.standing(&BOTH, NOW).map(|standing| standing.spent), Some(46));
    }

    #[test]
    fn a_crowd_takes_no_more_room_than_there_is() {
        let budgets = Budgets::new(Rates { address: Some(10), ..RATES });
        for address in 0..2 * MOST as u64 {
            budgets.spend(&[Payer::Address(address)], 1, NOW);
        }
        assert_eq!(budgets.ledger.lock().unwrap().spent.len(), MOST + 1);
        let left = |address| budgets.standing(&[Payer::Address(address)], NOW).unwrap().remaining();
        assert_eq!((left(1), left(3 * MOST as u64)), (9, 0));
    }
}
