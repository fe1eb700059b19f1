//! Where the fields of assignments lead.

use entity::assignment::{self, Brief, Details, extension, test_case};
use entity::submission::{self, backup, group, work};

use crate::graphql::ahead::{Lead, Leads};

impl Leads for Brief {
    const LEADS: &'static [Lead] = &[
        Lead::one::<assignment::In>("course"),
        Lead::all::<test_case::OfAssignment>("tests"),
        Lead::pages::<submission::OwnTo>("viewerSubmissions"),
        Lead::only::<submission::FinalTo>("viewerFinal"),
        Lead::pages::<submission::To>("submissions"),
        Lead::only::<work::OwnOf>("viewerWork"),
        Lead::only::<work::OwnOf>("viewerDeadline"),
        Lead::pages::<work::OfAssignment>("works"),
        Lead::pages::<backup::OfAssignment>("backups"),
        Lead::pages::<group::OfAssignment>("groups"),
        Lead::pages::<extension::OfAssignment>("extensions"),
    ];
}

impl Leads for Details {
    const LEADS: &'static [Lead] = &[];
}

impl Leads for test_case::Model {
    const LEADS: &'static [Lead] = &[];
}

impl Leads for extension::Model {
    const LEADS: &'static [Lead] = &[
        Lead::one::<extension::On>("assignment"),
        Lead::one::<extension::In>("course"),
        Lead::one::<extension::Of>("user"),
    ];
}
