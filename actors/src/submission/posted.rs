//! What work is handed in for, as it is now: an assignment, its course and its tests. Before a deadline many hand in for the same one at the
//! same time, so it is looked up for all of them together.

use std::collections::HashMap;
use std::sync::Arc;

use entity::assignment::{self, test_case};
use entity::course;
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _};

use super::plan::{plan_with, tests_of};
use crate::database::Database;
use crate::deps::Deps;
use crate::gathering::Found;
pub use crate::posting::{Named, Posted};
use crate::problem::Fault;

impl Posted {
    /// What is run of what is handed in; nothing where people grade it, or programs elsewhere.
    ///
    /// # Errors
    /// When the row of a test cannot be read.
    pub(super) fn plan(&self) -> Result<Option<Vec<u8>>, Fault> {
        if self.assignment.is_run() { plan_with(&self.assignment, self.tests.clone(), None) } else { Ok(None) }
    }
}

/// The one of that name, for who may see it.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn find(deps: &Deps, viewer: &ViewerScope, named: Named) -> Result<Option<Arc<Posted>>, DbErr> {
    let Some(found) = get(deps, named).await? else { return Ok(None) };
    let key = found.assignment.id;
    let is_visible = found.assignment.is_plainly_visible(viewer)
        || assignment::Entity::visible(viewer).by_key(deps.db.read(), key).await?.is_some();
    Ok(is_visible.then_some(found))
}

/// The one that somebody's work was for, whoever may see it.
///
/// # Errors
/// When the database does not answer, or there is none.
pub(super) async fn behind(deps: &Deps, assignment: i64) -> Result<Arc<Posted>, Fault> {
    get(deps, Named::Key(assignment)).await?.ok_or_else(|| Fault::Internal("work without an assignment".into()))
}

/// No name in addresses is longer, in bytes. What strangers say goes into one statement with what others do.
const LONGEST: usize = 1_000;

async fn get(deps: &Deps, named: Named) -> Result<Option<Arc<Posted>>, DbErr> {
    if matches!(&named, Named::Endpoint(endpoint) if endpoint.len() > LONGEST) {
        return Ok(None);
    }
    let db = deps.db.clone();
    deps.posting.get(&deps.runtime, named, move |names| look_up(db.clone(), names)).await
}

async fn look_up(db: Database, names: Vec<Named>) -> Found<Named, Arc<Posted>> {
    let (mut keys, mut endpoints) = (Vec::new(), Vec::new());
    for name in names {
        match name {
            Named::Key(key) => keys.push(key),
            Named::Endpoint(endpoint) => endpoints.push(endpoint),
        }
    }
    let named = Condition::any()
        .add_option((!keys.is_empty()).then(|| assignment::Column::Id.is_in(keys)))
        .add_option((!endpoints.is_empty()).then(|| assignment::Column::Endpoint.is_in(endpoints)));
    let db = db.read();
    let assignments = assignment::Entity::find().filter(named).all(db).await?;
    if assignments.is_empty() {
        return Ok(HashMap::new());
    }
    let courses = assignments.iter().map(|row| row.course_id);
    let courses = course::Entity::find().filter(course::Column::Id.is_in(courses)).all(db).await?;
    let mut tests: HashMap<i64, Vec<test_case::Model>> = HashMap::new();
    for test in tests_of(db, &assignments.iter().map(|row| row.id).collect::<Vec<_>>()).await? {
        tests.entry(test.assignment_id).or_default().push(test);
    }
    let posted = |assignment: assignment::Model| {
        let course = courses.iter().find(|course| course.id == assignment.course_id)?.clone();
        let tests = tests.remove(&assignment.id).unwrap_or_default();
        Some(Arc::new(Posted { assignment, course, tests }))
    };
    let named = |posted: Arc<Posted>| {
        let assignment = &posted.assignment;
        let names = [Named::Key(assignment.id), Named::Endpoint(assignment.endpoint.clone())];
        names.map(|name| (name, Arc::clone(&posted)))
    };
    Ok(assignments.into_iter().filter_map(posted).flat_map(named).collect())
}
