//! Where the fields of submissions lead; backups and files, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::execution::run;
use entity::file::{self, Digest};
use entity::grading::score;
use entity::submission::{self, backup, work};
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::graphql::ahead::{Lead, Leads};
use crate::graphql::context::Loaders;

impl Leads for submission::Model {
    const LEADS: &'static [Lead] = &[
        Lead::one::<submission::By>("submitter"),
        Lead::one::<submission::In>("course"),
        Lead::one::<submission::For>("assignment"),
        Lead::one::<submission::For>("lateness"),
        Lead::pages::<run::OfSubmission>("runs"),
        Lead::all::<score::OfSubmission>("scores"),
    ];
}

/// The files of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FilesOf(pub i64);

impl Loader<FilesOf> for Loaders {
    type Value = Vec<file::Entry>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[FilesOf]) -> Result<HashMap<FilesOf, Vec<file::Entry>>, Arc<DbErr>> {
        let wanted =
            backup::Entity::visible(&self.viewer).filter(backup::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let rows = wanted.all(self.deps.db.read(), backup::Column::Id).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (FilesOf(row.id), row.files.0)).collect())
    }
}

/// The bytes with this name. Only who has seen the entry of a visible row knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Blob(pub Digest);

impl Loader<Blob> for Loaders {
    type Value = Vec<u8>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[Blob]) -> Result<HashMap<Blob, Vec<u8>>, Arc<DbErr>> {
        let names = keys.iter().map(|key| key.0.as_str());
        let rows = file::Entity::find().filter(file::Column::Digest.is_in(names)).all(self.deps.db.read()).await;
        Ok(rows.map_err(Arc::new)?.into_iter().map(|row| (Blob(row.digest), row.bytes)).collect())
    }
}

/// The submission that counts, of somebody's work on an assignment. Asked for by who may see one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FinalOf {
    pub assignment: i64,
    pub owner: i64,
}

impl Loader<FinalOf> for Loaders {
    type Value = i64;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[FinalOf]) -> Result<HashMap<FinalOf, i64>, Arc<DbErr>> {
        let rows = work::Entity::find()
            .filter(work::Column::AssignmentId.is_in(keys.iter().map(|key| key.assignment)))
            .filter(work::Column::OwnerId.is_in(keys.iter().map(|key| key.owner)))
            .all(self.deps.db.read())
            .await
            .map_err(Arc::new)?;
        let key = |row: &work::Model| FinalOf { assignment: row.assignment_id, owner: row.owner_id };
        Ok(rows.into_iter().map(|row| (key(&row), row.final_submission_id)).collect())
    }
}
