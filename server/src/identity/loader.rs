//! Where the fields of people lead.

use entity::course::enrollment;
use entity::identity::oauth::client;
use entity::identity::user::Person;
use entity::identity::{audit, external_identity, session};
use entity::submission;

use crate::graphql::ahead::{Lead, Leads};

impl Leads for Person {
    const LEADS: &'static [Lead] =
        &[Lead::pages::<enrollment::OfPerson>("enrollments"), Lead::pages::<submission::OfPerson>("submissions")];
}

impl Leads for session::Listed {
    const LEADS: &'static [Lead] = &[Lead::one::<session::Of>("user")];
}

impl Leads for external_identity::Model {
    const LEADS: &'static [Lead] = &[Lead::one::<external_identity::Of>("user")];
}

impl Leads for audit::Model {
    const LEADS: &'static [Lead] = &[Lead::one::<audit::By>("actor"), Lead::one::<audit::About>("user")];
}

impl Leads for client::Model {
    const LEADS: &'static [Lead] = &[];
}
