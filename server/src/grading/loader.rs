//! Scores, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::grading::score;
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr};

use crate::graphql::context::Loaders;

/// The scores of a submission. A few: one for each run and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScoresOf(pub i64);

impl Loader<ScoresOf> for Loaders {
    type Value = Vec<score::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ScoresOf]) -> Result<HashMap<ScoresOf, Vec<score::Model>>, Arc<DbErr>> {
        let wanted = score::Entity::visible(&self.viewer)
            .filter(score::Column::SubmissionId.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), score::Column::Id).await.map_err(Arc::new)?;
        let mut found: HashMap<ScoresOf, Vec<score::Model>> = keys.iter().map(|key| (*key, Vec::new())).collect();
        rows.into_iter().for_each(|row| found.entry(ScoresOf(row.submission_id)).or_default().push(row));
        Ok(found)
    }
}
