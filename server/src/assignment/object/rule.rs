//! Which rules of an assignment are said by hand, as the schema shows it.

use async_graphql::{Enum, SimpleObject};
use entity::assignment::rules::{self, ByHand};

/// A rule that the content folder says, and that people may say by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::Rule")]
pub enum AssignmentRule {
    /// What it is called.
    Title,
    /// When it is due.
    Due,
    /// Until when it is taken.
    Lock,
    /// How many share their work.
    MaxGroupSize,
    /// How often something is taken.
    Attempts,
    /// Whether it may be revised.
    Revisions,
    /// What lateness costs.
    LatePolicy,
}

/// A rule that is said by hand.
#[derive(SimpleObject)]
pub struct RuleByHand {
    /// Which.
    rule: AssignmentRule,
    /// What the content folder says of it, for a person: this holds again when it is given back. Null when there is no folder.
    folder: Option<String>,
}

impl RuleByHand {
    /// Each of them.
    pub fn all(by_hand: &ByHand) -> Vec<Self> {
        let told = |rule| by_hand.folder.as_ref().map(|folder| folder.told(rule));
        by_hand.rules.iter().map(|rule| Self { rule: (*rule).into(), folder: told(*rule) }).collect()
    }
}
