//! Where the fields of letters lead: nowhere yet.

use entity::mail::letter;

use crate::graphql::ahead::{Lead, Leads};

impl Leads for letter::Model {
    const LEADS: &'static [Lead] = &[];
}
