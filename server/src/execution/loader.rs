//! Runs, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::execution::run;
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr};

use crate::graphql::context::Loaders;
use crate::graphql::page::Page;

/// The run with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunByKey(pub i64);

impl Loader<RunByKey> for Loaders {
    type Value = run::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[RunByKey]) -> Result<HashMap<RunByKey, run::Model>, Arc<DbErr>> {
        let wanted = run::Entity::visible(&self.viewer).filter(run::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), run::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (RunByKey(row.id), row)).collect())
    }
}

/// A page of the runs of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunsOf(pub i64, pub Page);

impl Loader<RunsOf> for Loaders {
    type Value = Vec<run::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[RunsOf]) -> Result<HashMap<RunsOf, Vec<run::Model>>, Arc<DbErr>> {
        self.pages::<run::Entity, _>(
            keys.iter().map(|key| (key.0, key.1)),
            RunsOf,
            run::Column::SubmissionId,
            run::Column::Id,
            |row: &run::Model| row.submission_id.unwrap_or_default(),
        )
        .await
    }
}
