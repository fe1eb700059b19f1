//! Where the fields of content lead; missions by number, concepts and progress, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::content::concept::{self, taught};
use entity::content::progress::Stop;
use entity::content::{exercise, mission, progress, screen, sync_record};
use entity::execution::run;
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::graphql::ahead::{Lead, Leads};
use crate::graphql::context::Loaders;

impl Leads for mission::Model {
    const LEADS: &'static [Lead] = &[Lead::one::<mission::In>("course"), Lead::all::<screen::OfMission>("screens")];
}

impl Leads for screen::Model {
    const LEADS: &'static [Lead] = &[Lead::one::<screen::Of>("mission"), Lead::only::<exercise::OfScreen>("exercise")];
}

impl Leads for exercise::Model {
    const LEADS: &'static [Lead] =
        &[Lead::one::<exercise::On>("screen"), Lead::pages::<run::OwnAtExercise>("viewerAttempts")];
}

impl Leads for sync_record::Model {
    const LEADS: &'static [Lead] = &[Lead::one::<sync_record::By>("requester")];
}

impl Leads for concept::Model {
    const LEADS: &'static [Lead] = &[];
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

/// The concept with this name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConceptByName(pub String);

impl Loader<ConceptByName> for Loaders {
    type Value = concept::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ConceptByName]) -> Result<HashMap<ConceptByName, concept::Model>, Arc<DbErr>> {
        let names = keys.iter().map(|key| key.0.as_str());
        let wanted = concept::Entity::visible(&self.viewer).filter(concept::Column::Name.is_in(names));
        let rows = wanted.all(self.deps.db.read(), concept::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (ConceptByName(row.name.clone()), row)).collect())
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

/// The viewer's way through a course: its screens in their order, and how far they are with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WayThrough(pub i64);

/// A screen without its text: its key, its course, its mission, its place there, and what it asks.
type Narrow = (i64, i64, i64, i32, screen::ScreenKind);

impl Loader<WayThrough> for Loaders {
    type Value = Vec<Stop>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[WayThrough]) -> Result<HashMap<WayThrough, Vec<Stop>>, Arc<DbErr>> {
        use screen::Column as S;
        let (db, courses) = (self.deps.db.read(), keys.iter().map(|key| key.0));
        let screens = screen::Entity::visible(&self.viewer).filter(S::CourseId.is_in(courses.clone())).into_select();
        let narrow = screens.select_only().columns([S::Id, S::CourseId, S::MissionId, S::Position, S::Kind]);
        let mut screens: Vec<Narrow> = narrow.into_tuple().all(db).await.map_err(Arc::new)?;
        let missions = mission::Entity::find()
            .filter(mission::Column::CourseId.is_in(courses.clone()))
            .select_only()
            .columns([mission::Column::Id, mission::Column::Position]);
        let missions: HashMap<i64, i32> =
            missions.into_tuple::<(i64, i32)>().all(db).await.map_err(Arc::new)?.into_iter().collect();
        let own = progress::Entity::visible(&self.viewer)
            .filter(progress::Column::UserId.eq(self.viewer.user()))
            .filter(progress::Column::CourseId.is_in(courses));
        let own = own.all(db, progress::Column::Id).await.map_err(Arc::new)?;
        let own: HashMap<i64, progress::Model> = own.into_iter().map(|row| (row.screen_id, row)).collect();
        screens.sort_unstable_by_key(|(_, _, mission, place, _)| (missions.get(mission).copied(), *mission, *place));
        let mut ways: HashMap<WayThrough, Vec<Stop>> = HashMap::new();
        for (screen, course, mission, _, kind) in screens {
            let (last_at, passed) =
                own.get(&screen).map_or((None, false), |row| (Some(row.last_at), row.passed_at.is_some()));
            ways.entry(WayThrough(course)).or_default().push(Stop { mission, screen, kind, last_at, passed });
        }
        Ok(ways)
    }
}
