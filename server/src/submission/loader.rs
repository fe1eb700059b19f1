//! Where the fields of submissions lead; backups and files, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::execution::run;
use entity::file::{self, Digest};
use entity::grading::grade::{self, Grade};
use entity::grading::score;
use entity::submission::receipt::{self, Receipt};
use entity::submission::{self, backup, comment, group, member, work};
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
        Lead::pages::<comment::OfSubmission>("comments"),
    ];
}

impl Leads for backup::Model {
    const LEADS: &'static [Lead] = &[
        Lead::one::<backup::By>("submitter"),
        Lead::one::<backup::In>("course"),
        Lead::one::<backup::For>("assignment"),
        Lead::one::<backup::Marked>("submission"),
        Lead::pages::<run::OfBackup>("runs"),
    ];
}

impl Leads for group::Model {
    const LEADS: &'static [Lead] =
        &[Lead::one::<group::For>("assignment"), Lead::one::<group::In>("course"), Lead::all::<member::Of>("members")];
}

impl Leads for member::Model {
    const LEADS: &'static [Lead] = &[Lead::one::<member::Who>("user")];
}

impl Leads for work::Model {
    const LEADS: &'static [Lead] = &[
        Lead::one::<work::By>("owner"),
        Lead::one::<work::On>("assignment"),
        Lead::one::<work::On>("deadline"),
        Lead::one::<work::On>("attemptsLeft"),
        Lead::one::<work::In>("course"),
        Lead::one::<work::SharedBy>("group"),
        Lead::one::<work::Final>("final"),
        Lead::one::<work::Last>("lastBackup"),
        Lead::one::<work::Revision>("revision"),
    ];
}

impl Leads for comment::Model {
    const LEADS: &'static [Lead] = &[Lead::one::<comment::By>("author"), Lead::one::<comment::Of>("submission")];
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

/// The receipt of a backup, with its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReceiptOf(pub i64);

impl Loader<ReceiptOf> for Loaders {
    type Value = Arc<Receipt>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ReceiptOf]) -> Result<HashMap<ReceiptOf, Arc<Receipt>>, Arc<DbErr>> {
        let db = self.deps.db.read();
        let wanted =
            backup::Entity::visible(&self.viewer).filter(backup::Column::Id.is_in(keys.iter().map(|key| key.0)));
        let seen = wanted.all(db, backup::Column::Id).await.map_err(Arc::new)?;
        let seen: Vec<i64> = seen.iter().map(|row| row.id).collect();
        let found = receipt::of_backups(db, &seen).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|(backup, receipt)| (ReceiptOf(backup), Arc::new(receipt))).collect())
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

/// Somebody's work on an assignment. Asked for by who may see one of its submissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkOf {
    pub assignment: i64,
    pub owner: i64,
}

impl Loader<WorkOf> for Loaders {
    type Value = work::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[WorkOf]) -> Result<HashMap<WorkOf, work::Model>, Arc<DbErr>> {
        let rows = work::Entity::find()
            .filter(work::Column::AssignmentId.is_in(keys.iter().map(|key| key.assignment)))
            .filter(work::Column::OwnerId.is_in(keys.iter().map(|key| key.owner)))
            .all(self.deps.db.read())
            .await
            .map_err(Arc::new)?;
        let key = |row: &work::Model| WorkOf { assignment: row.assignment_id, owner: row.owner_id };
        Ok(rows.into_iter().map(|row| (key(&row), row)).collect())
    }
}

/// Somebody's grades in a course. Asked for by who may see one of their works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GradesOf {
    pub course: i64,
    pub owner: i64,
}

impl Loader<GradesOf> for Loaders {
    type Value = Vec<Grade>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[GradesOf]) -> Result<HashMap<GradesOf, Vec<Grade>>, Arc<DbErr>> {
        let whose: Vec<(i64, i64)> = keys.iter().map(|key| (key.course, key.owner)).collect();
        let found = grade::of_people(self.deps.db.read(), &whose).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|((course, owner), grades)| (GradesOf { course, owner }, grades)).collect())
    }
}

/// How many attempts came to nothing by no fault of somebody's, and are free. Asked for by who may see their work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FreeOf {
    pub assignment: i64,
    pub owner: i64,
}

impl Loader<FreeOf> for Loaders {
    type Value = i32;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[FreeOf]) -> Result<HashMap<FreeOf, i32>, Arc<DbErr>> {
        let whose: Vec<(i64, i64)> = keys.iter().map(|key| (key.assignment, key.owner)).collect();
        let found = run::free_of(self.deps.db.read(), &whose).await.map_err(Arc::new)?;
        Ok(found.into_iter().map(|((assignment, owner), free)| (FreeOf { assignment, owner }, free)).collect())
    }
}
