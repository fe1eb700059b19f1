//! The last records of runs, which may not be in the rows yet; for who comes to look after they were told.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use entity::execution::record;

/// Bytes of early copies of one run that are kept: more than a worker keeps before it writes the rows.
const TAIL: usize = 128 << 10;

/// The tails of all runs that were told of lately.
#[derive(Debug, Default)]
pub(super) struct Tails(HashMap<i64, Tail>);

#[derive(Debug)]
struct Tail {
    records: VecDeque<Arc<Vec<record::Model>>>,
    bytes: usize,
    /// Whether something came since they were last looked through.
    fresh: bool,
}

fn size(records: &[record::Model]) -> usize {
    records.iter().map(|record| record.bytes.len() + size_of::<record::Model>()).sum()
}

impl Tails {
    pub fn keep(&mut self, run: i64, records: &Arc<Vec<record::Model>>) {
        let empty = || Tail { records: VecDeque::new(), bytes: 0, fresh: true };
        let tail = self.0.entry(run).or_insert_with(empty);
        tail.fresh = true;
        tail.bytes += size(records);
        tail.records.push_back(Arc::clone(records));
        while tail.bytes > TAIL
            && let Some(oldest) = tail.records.pop_front()
        {
            tail.bytes -= size(&oldest);
        }
    }

    pub fn of(&self, run: i64) -> Vec<record::Model> {
        let tail = self.0.get(&run).map(|tail| &tail.records);
        tail.into_iter().flatten().flat_map(|records| records.iter().cloned()).collect()
    }

    pub fn forget(&mut self, run: i64) {
        self.0.remove(&run);
    }

    /// Forgets those that nothing came to since the last time: the rows have it by now.
    pub fn tidy(&mut self) {
        self.0.retain(|_, tail| std::mem::take(&mut tail.fresh));
    }
}
