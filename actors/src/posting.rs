//! What work is handed in for, looked up together for all who hand in at the same time. How it is found is told where work comes in.

use std::sync::Arc;

use entity::assignment::{self, test_case};
use entity::course;

use crate::gathering::Gathering;

/// How it is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Named {
    /// By its key.
    Key(i64),
    /// By its name in addresses.
    Endpoint(String),
}

/// Who looks it up.
pub type Posting = Gathering<Named, Arc<Posted>>;

/// What work is handed in for.
#[derive(Clone, Debug)]
pub struct Posted {
    pub assignment: assignment::Model,
    pub course: course::Model,
    /// In their order.
    pub tests: Vec<test_case::Model>,
}
