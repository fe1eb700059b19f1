//! People, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::identity::user;
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr};

use crate::graphql::context::Loaders;

/// The person with this key, as far as the viewer may see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserByKey(pub i64);

impl Loader<UserByKey> for Loaders {
    type Value = user::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[UserByKey]) -> Result<HashMap<UserByKey, user::Model>, Arc<DbErr>> {
        let wanted = user::Entity::visible(&self.viewer).filter(user::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), user::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (UserByKey(row.id), row)).collect())
    }
}
