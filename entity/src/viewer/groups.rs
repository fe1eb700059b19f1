//! The groups of a viewer: the one part of their rights that a request may change for itself, by making a group or leaving one.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The groups that somebody is in or invited to, with whether they are in it. Those who have it see what is noted in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups(Arc<RwLock<BTreeMap<i64, bool>>>);

impl Groups {
    pub fn of(groups: impl IntoIterator<Item = (i64, bool)>) -> Self {
        Self(Arc::new(RwLock::new(groups.into_iter().collect())))
    }

    pub fn all(&self) -> Vec<(i64, bool)> {
        let groups = self.0.read().unwrap_or_else(PoisonError::into_inner);
        groups.iter().map(|(group, active)| (*group, *active)).collect()
    }

    /// None: neither in it nor invited to it.
    pub fn note(&self, group: i64, active: Option<bool>) {
        let mut groups = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match active {
            Some(active) => groups.insert(group, active),
            None => groups.remove(&group),
        };
    }
}
