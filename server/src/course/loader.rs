//! Courses and sections, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::course::{self, section};
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr};

use crate::graphql::context::Loaders;
use crate::graphql::page::Page;

/// The course with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CourseByKey(pub i64);

impl Loader<CourseByKey> for Loaders {
    type Value = course::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[CourseByKey]) -> Result<HashMap<CourseByKey, course::Model>, Arc<DbErr>> {
        let wanted =
            course::Entity::visible(&self.viewer).filter(course::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), course::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (CourseByKey(row.id), row)).collect())
    }
}

/// The section with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SectionByKey(pub i64);

impl Loader<SectionByKey> for Loaders {
    type Value = section::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[SectionByKey]) -> Result<HashMap<SectionByKey, section::Model>, Arc<DbErr>> {
        let wanted =
            section::Entity::visible(&self.viewer).filter(section::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), section::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (SectionByKey(row.id), row)).collect())
    }
}

/// A page of the courses of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoursesOf(pub i64, pub Page);

impl Loader<CoursesOf> for Loaders {
    type Value = Vec<course::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[CoursesOf]) -> Result<HashMap<CoursesOf, Vec<course::Model>>, Arc<DbErr>> {
        self.pages::<course::Entity, _>(
            keys.iter().map(|key| (key.0, key.1)),
            CoursesOf,
            course::Column::SectionId,
            course::Column::Id,
            |row: &course::Model| row.section_id,
        )
        .await
    }
}
