//! Where the fields of people lead.

use entity::course::enrollment;
use entity::identity::user::Person;
use entity::submission;

use crate::graphql::ahead::{Lead, Leads};

impl Leads for Person {
    const LEADS: &'static [Lead] =
        &[Lead::pages::<enrollment::OfPerson>("enrollments"), Lead::pages::<submission::OfPerson>("submissions")];
}
