//! Where the fields of sections, courses and enrollments lead.

use entity::course::{self, enrollment, join_code, role, section};
use entity::{assignment, content, job};

use crate::graphql::ahead::{Lead, Leads};

impl Leads for section::Model {
    const LEADS: &'static [Lead] = &[Lead::pages::<course::OfSection>("courses")];
}

impl Leads for course::Model {
    const LEADS: &'static [Lead] = &[
        Lead::one::<course::InSection>("section"),
        Lead::pages::<content::mission::OfCourse>("missions"),
        Lead::pages::<assignment::OfCourse>("assignments"),
        Lead::pages::<enrollment::OfCourse>("enrollments"),
        Lead::pages::<job::OfCourse>("jobs"),
        Lead::pages::<join_code::OfCourse>("joinCodes"),
        Lead::only::<enrollment::OwnOfCourse>("viewerEnrollment"),
    ];
}

impl Leads for enrollment::Model {
    const LEADS: &'static [Lead] = &[
        Lead::one::<enrollment::Of>("user"),
        Lead::one::<enrollment::In>("course"),
        Lead::one::<enrollment::OwnRole>("ownRole"),
    ];
}

impl Leads for role::Model {
    const LEADS: &'static [Lead] = &[];
}

impl Leads for join_code::Model {
    const LEADS: &'static [Lead] = &[Lead::one::<join_code::In>("course"), Lead::one::<join_code::By>("creator")];
}
