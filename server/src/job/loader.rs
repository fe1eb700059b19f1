//! Jobs, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::job;
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr};

use crate::graphql::context::Loaders;

/// The newest job about something, by its global id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JobAbout(pub String);

impl Loader<JobAbout> for Loaders {
    type Value = job::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[JobAbout]) -> Result<HashMap<JobAbout, job::Model>, Arc<DbErr>> {
        let subjects = keys.iter().map(|key| key.0.as_str());
        let wanted = job::Entity::visible(&self.viewer).filter(job::Column::Subject.is_in(subjects));
        let rows = wanted.all(self.deps.db.read(), job::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().filter_map(|row| Some((JobAbout(row.subject.clone()?), row))).collect())
    }
}
