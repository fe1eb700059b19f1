//! Missions, screens, exercises and concepts, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::content::concept::{self, taught};
use entity::content::{exercise, mission, progress, screen};
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::graphql::context::Loaders;
use crate::graphql::page::Page;

/// A page of the missions of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MissionsOf(pub i64, pub Page);

impl Loader<MissionsOf> for Loaders {
    type Value = Vec<mission::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[MissionsOf]) -> Result<HashMap<MissionsOf, Vec<mission::Model>>, Arc<DbErr>> {
        self.pages::<mission::Entity, _>(
            keys.iter().map(|key| (key.0, key.1)),
            MissionsOf,
            mission::Column::CourseId,
            mission::Column::Position,
            |row: &mission::Model| row.course_id,
        )
        .await
    }
}

/// The mission with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MissionByKey(pub i64);

impl Loader<MissionByKey> for Loaders {
    type Value = mission::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[MissionByKey]) -> Result<HashMap<MissionByKey, mission::Model>, Arc<DbErr>> {
        let wanted =
            mission::Entity::visible(&self.viewer).filter(mission::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), mission::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (MissionByKey(row.id), row)).collect())
    }
}

/// The mission with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MissionByNumber(pub i32);

impl Loader<MissionByNumber> for Loaders {
    type Value = mission::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[MissionByNumber]) -> Result<HashMap<MissionByNumber, mission::Model>, Arc<DbErr>> {
        let wanted =
            mission::Entity::visible(&self.viewer).filter(mission::Column::Number.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), mission::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (MissionByNumber(row.number), row)).collect())
    }
}

/// All screens of a mission, in their order. The format bounds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScreensOf(pub i64);

impl Loader<ScreensOf> for Loaders {
    type Value = Vec<screen::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ScreensOf]) -> Result<HashMap<ScreensOf, Vec<screen::Model>>, Arc<DbErr>> {
        let wanted =
            screen::Entity::visible(&self.viewer).filter(screen::Column::MissionId.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), screen::Column::Position).await.map_err(Arc::new)?;
        let mut found: HashMap<ScreensOf, Vec<screen::Model>> = keys.iter().map(|key| (*key, Vec::new())).collect();
        rows.into_iter().for_each(|row| found.entry(ScreensOf(row.mission_id)).or_default().push(row));
        Ok(found)
    }
}

/// The screen with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScreenByKey(pub i64);

impl Loader<ScreenByKey> for Loaders {
    type Value = screen::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ScreenByKey]) -> Result<HashMap<ScreenByKey, screen::Model>, Arc<DbErr>> {
        let wanted =
            screen::Entity::visible(&self.viewer).filter(screen::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), screen::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (ScreenByKey(row.id), row)).collect())
    }
}

/// The exercise of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExerciseOf(pub i64);

impl Loader<ExerciseOf> for Loaders {
    type Value = exercise::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ExerciseOf]) -> Result<HashMap<ExerciseOf, exercise::Model>, Arc<DbErr>> {
        let wanted = exercise::Entity::visible(&self.viewer)
            .filter(exercise::Column::ScreenId.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), exercise::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (ExerciseOf(row.screen_id), row)).collect())
    }
}

/// The exercise with this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExerciseByKey(pub i64);

impl Loader<ExerciseByKey> for Loaders {
    type Value = exercise::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ExerciseByKey]) -> Result<HashMap<ExerciseByKey, exercise::Model>, Arc<DbErr>> {
        let wanted =
            exercise::Entity::visible(&self.viewer).filter(exercise::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), exercise::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (ExerciseByKey(row.id), row)).collect())
    }
}

/// The concepts of a screen, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConceptsOf(pub i64);

impl Loader<ConceptsOf> for Loaders {
    type Value = Vec<concept::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ConceptsOf]) -> Result<HashMap<ConceptsOf, Vec<concept::Model>>, Arc<DbErr>> {
        let db = self.deps.db.read();
        let links = taught::Entity::find()
            .filter(taught::Column::ScreenId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(taught::Column::Position)
            .all(db)
            .await
            .map_err(Arc::new)?;
        let wanted = concept::Entity::visible(&self.viewer)
            .filter(concept::Column::Id.is_in(links.iter().map(|link| link.concept_id)));
        let rows = wanted.all(db, concept::Column::Id).await.map_err(Arc::new)?;
        let rows: HashMap<i64, concept::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut found: HashMap<ConceptsOf, Vec<concept::Model>> = keys.iter().map(|key| (*key, Vec::new())).collect();
        for link in links {
            found.entry(ConceptsOf(link.screen_id)).or_default().extend(rows.get(&link.concept_id).cloned());
        }
        Ok(found)
    }
}

/// How far the viewer is with a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ViewerProgress(pub i64);

impl Loader<ViewerProgress> for Loaders {
    type Value = progress::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ViewerProgress]) -> Result<HashMap<ViewerProgress, progress::Model>, Arc<DbErr>> {
        let Some(user) = self.viewer.user() else { return Ok(HashMap::new()) };
        let own = progress::Entity::visible(&self.viewer)
            .filter(progress::Column::UserId.eq(user))
            .filter(progress::Column::ScreenId.is_in(keys.iter().map(|key| key.0)));
        let rows = own.all(self.deps.db.read(), progress::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (ViewerProgress(row.screen_id), row)).collect())
    }
}
