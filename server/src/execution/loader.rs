//! Where the fields of runs lead.

use entity::execution::run;

use crate::graphql::ahead::{Lead, Leads};

impl Leads for run::Model {
    const LEADS: &'static [Lead] = &[
        Lead::one::<run::By>("requester"),
        Lead::one::<run::In>("course"),
        Lead::one::<run::Tries>("exercise"),
        Lead::one::<run::Grades>("submission"),
        Lead::one::<run::Trying>("backup"),
    ];
}
