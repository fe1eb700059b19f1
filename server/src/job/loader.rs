//! Where the fields of jobs lead; jobs and what is around them, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::job::event::Event;
use entity::job::{self, place};
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr};

use crate::graphql::ahead::{Lead, Leads};
use crate::graphql::context::Loaders;

impl Leads for job::Model {
    const LEADS: &'static [Lead] = &[Lead::one::<job::In>("course"), Lead::one::<job::By>("requester")];
}

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

/// How many jobs go before the one with this key, which the viewer has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ahead(pub i64);

impl Loader<Ahead> for Loaders {
    type Value = i64;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[Ahead]) -> Result<HashMap<Ahead, i64>, Arc<DbErr>> {
        let jobs: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let found = place::ahead(self.deps.db.read(), &jobs).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(job, ahead)| (Ahead(job), ahead)).collect())
    }
}

/// The job that is being worked on and is about the same as the one with this key, which the viewer has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Twin(pub i64);

impl Loader<Twin> for Loaders {
    type Value = i64;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[Twin]) -> Result<HashMap<Twin, i64>, Arc<DbErr>> {
        let jobs: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let found = place::leased_twins(self.deps.db.read(), &jobs).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(job, twin)| (Twin(job), twin)).collect())
    }
}

/// The last step of the job with this key, which the viewer has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LastStep(pub i64);

impl Loader<LastStep> for Loaders {
    type Value = Event;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[LastStep]) -> Result<HashMap<LastStep, Event>, Arc<DbErr>> {
        let jobs: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let found = place::last_steps(self.deps.db.read(), &jobs).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(job, step)| (LastStep(job), step)).collect())
    }
}
