//! Where the fields of assignments lead.

use entity::assignment::{self, Brief, Details, test_case};
use entity::submission;

use crate::graphql::ahead::{Lead, Leads};

impl Leads for Brief {
    const LEADS: &'static [Lead] = &[
        Lead::one::<assignment::In>("course"),
        Lead::all::<test_case::OfAssignment>("tests"),
        Lead::pages::<submission::OwnTo>("viewerSubmissions"),
        Lead::only::<submission::FinalTo>("viewerFinal"),
        Lead::pages::<submission::To>("submissions"),
    ];
}

impl Leads for Details {
    const LEADS: &'static [Lead] = &[];
}

impl Leads for test_case::Model {
    const LEADS: &'static [Lead] = &[];
}
