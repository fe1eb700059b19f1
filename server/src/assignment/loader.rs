//! Assignments and tests, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::assignment::{self, test_case};
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr};

use crate::graphql::context::Loaders;
use crate::graphql::page::Page;

/// A page of the assignments of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AssignmentsOf(pub i64, pub Page);

impl Loader<AssignmentsOf> for Loaders {
    type Value = Vec<assignment::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[AssignmentsOf]) -> Result<HashMap<AssignmentsOf, Vec<assignment::Model>>, Arc<DbErr>> {
        self.pages::<assignment::Entity, _>(
            keys.iter().map(|key| (key.0, key.1)),
            AssignmentsOf,
            assignment::Column::CourseId,
            assignment::Column::Id,
            |row: &assignment::Model| row.course_id,
        )
        .await
    }
}

/// The assignment with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AssignmentByKey(pub i64);

impl Loader<AssignmentByKey> for Loaders {
    type Value = assignment::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[AssignmentByKey]) -> Result<HashMap<AssignmentByKey, assignment::Model>, Arc<DbErr>> {
        let wanted = assignment::Entity::visible(&self.viewer)
            .filter(assignment::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), assignment::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (AssignmentByKey(row.id), row)).collect())
    }
}

/// The tests of an assignment that the viewer may see, in their order. The format bounds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TestsOf(pub i64);

impl Loader<TestsOf> for Loaders {
    type Value = Vec<test_case::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[TestsOf]) -> Result<HashMap<TestsOf, Vec<test_case::Model>>, Arc<DbErr>> {
        let wanted = test_case::Entity::visible(&self.viewer)
            .filter(test_case::Column::AssignmentId.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), test_case::Column::Position).await.map_err(Arc::new)?;
        let mut found: HashMap<TestsOf, Vec<test_case::Model>> = keys.iter().map(|key| (*key, Vec::new())).collect();
        rows.into_iter().for_each(|row| found.entry(TestsOf(row.assignment_id)).or_default().push(row));
        Ok(found)
    }
}
