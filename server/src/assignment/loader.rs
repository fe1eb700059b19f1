//! Where the fields of assignments lead.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::assignment::{self, Brief, Details, extension, test_case};
use entity::grading::statistics::{self, Statistics};
use entity::submission::work::standing::{self, Standings};
use entity::submission::{self, backup, group, work};
use sea_orm::DbErr;

use crate::graphql::ahead::{Lead, Leads};
use crate::graphql::context::Loaders;

impl Leads for Brief {
    const LEADS: &'static [Lead] = &[
        Lead::one::<assignment::In>("course"),
        Lead::all::<test_case::OfAssignment>("tests"),
        Lead::pages::<submission::OwnTo>("viewerSubmissions"),
        Lead::only::<submission::FinalTo>("viewerFinal"),
        Lead::pages::<submission::To>("submissions"),
        Lead::only::<work::OwnOf>("viewerWork"),
        Lead::only::<work::OwnOf>("viewerDeadline"),
        Lead::pages::<work::OfAssignment>("works"),
        Lead::pages::<backup::OfAssignment>("backups"),
        Lead::pages::<group::OfAssignment>("groups"),
        Lead::pages::<extension::OfAssignment>("extensions"),
    ];
}

impl Leads for Details {
    const LEADS: &'static [Lead] = &[];
}

impl Leads for test_case::Model {
    const LEADS: &'static [Lead] = &[];
}

impl Leads for extension::Model {
    const LEADS: &'static [Lead] = &[
        Lead::one::<extension::On>("assignment"),
        Lead::one::<extension::In>("course"),
        Lead::one::<extension::Of>("user"),
    ];
}

/// How the students stand with an assignment. Asked for by who may review its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StandingsOf(pub i64);

impl Loader<StandingsOf> for Loaders {
    type Value = Standings;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[StandingsOf]) -> Result<HashMap<StandingsOf, Standings>, Arc<DbErr>> {
        let (keys, now): (Vec<i64>, _) = (keys.iter().map(|key| key.0).collect(), self.deps.clock.now());
        let mut found = standing::standings(self.deps.db.read(), &keys, now).await.map_err(Arc::new)?;
        // A course without students has no row.
        let one = |key: i64| (StandingsOf(key), found.remove(&key).unwrap_or_default());
        Ok(keys.into_iter().map(one).collect())
    }
}

/// The numbers of an assignment. Asked for by who may review its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatisticsOf(pub i64);

impl Loader<StatisticsOf> for Loaders {
    type Value = Statistics;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[StatisticsOf]) -> Result<HashMap<StatisticsOf, Statistics>, Arc<DbErr>> {
        let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let found = statistics::of_assignments(self.deps.db.read(), &keys).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(key, numbers)| (StatisticsOf(key), numbers)).collect())
    }
}
