//! Where the fields of scores lead.

use entity::grading::score;

use crate::graphql::ahead::{Lead, Leads};

impl Leads for score::Model {
    const LEADS: &'static [Lead] = &[
        Lead::one::<score::By>("grader"),
        Lead::one::<score::Of>("submission"),
        Lead::one::<score::From>("run"),
        Lead::one::<score::For>("assignment"),
    ];
}
