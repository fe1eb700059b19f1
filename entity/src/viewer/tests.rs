//! What a way in allows, and what not.

use std::collections::BTreeSet;

use super::{Courses, Grant, Permission, ViewerScope};
use crate::course::enrollment::Role;
use crate::identity::scope::{Scope, Scopes};

fn grant(scopes: &str, courses: Option<&[i64]>) -> Option<Grant> {
    let courses = courses.map(|courses| courses.iter().copied().collect());
    Some(Grant { scopes: Scopes::parse(scopes).ok(), courses })
}

fn teacher() -> ViewerScope {
    ViewerScope::person(1, false, 0, [(7, Role::Instructor), (8, Role::Instructor)])
}

fn admin() -> ViewerScope {
    ViewerScope::person(2, true, 0, [(9, Role::Student)])
}

#[test]
fn a_way_in_allows_no_more_than_its_owner_and_its_scopes() {
    let only = |course: i64| BTreeSet::from([course]);
    let narrow = teacher().granted(grant("read", Some(&[8, 9])));
    assert_eq!(narrow.courses(Permission::ReviewWork), Courses::These(&only(8)));
    assert!(narrow.allows(Scope::Read) && !narrow.allows(Scope::Grade) && !narrow.is_unlimited());
    let worker = teacher().granted(grant("submit", None));
    assert!(worker.may(Permission::Attend, 7) && !worker.may(Permission::ReviewWork, 7));
    let nothing = teacher().granted(grant("nonsense", None));
    assert!(Permission::ALL.into_iter().all(|permission| nothing.courses(permission).is_empty()));
    assert!(!nothing.allows(Scope::Read));
}

#[test]
fn who_runs_the_site_may_give_that_away_in_parts() {
    let free = admin();
    assert!(free.may_administer() && free.sees_everything() && free.is_unlimited());
    let reader = admin().granted(grant("read", None));
    assert!(reader.sees_everything() && !reader.may_administer());
    assert_eq!(reader.courses(Permission::ReviewWork), Courses::All);
    let worker = admin().granted(grant("submit", None));
    assert!(!worker.sees_everything() && worker.courses(Permission::ReviewWork).is_empty());
    let introduced = admin().granted(grant("email", None));
    assert!(!introduced.sees_everything() && introduced.only_introduces() && !reader.only_introduces());
    assert!(Permission::ALL.into_iter().all(|permission| introduced.courses(permission).is_empty()));
    let limited = admin().granted(grant("all", Some(&[7])));
    assert!(!limited.sees_everything() && !limited.may_administer());
    assert!(limited.may(Permission::ManageContent, 7) && !limited.may(Permission::Attend, 9));
}
