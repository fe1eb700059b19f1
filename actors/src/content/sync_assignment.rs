//! The job that synchronises one assignment: check it and store it with its tests.

use std::sync::Arc;
use std::time::Duration;

use entity::assignment;
use entity::content::check::CheckOutcome;
use entity::job::queue::{Class, Repeat};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::record_check::RecordCheck;
use super::store_assignment::StoreAssignment;
use super::sync::{assignment_subject, open};
use crate::effect::Effects;
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;

/// Synchronise the assignment in the folder of this name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncAssignment {
    pub slug: String,
}

impl Job for SyncAssignment {
    const KIND: &'static str = "content.sync_assignment";
    const LANE: &'static str = lanes::CONTENT;
    const POLICY: Policy = Policy {
        class: Class::Interactive,
        max_failures: 3,
        backoff: Duration::from_secs(2),
        timeout: Duration::from_secs(300),
        repeat: Repeat::Keep,
    };

    fn key(&self) -> Option<String> {
        Some(format!("content/{}", assignment_subject(&self.slug)))
    }

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        work.progress("started", json!({ "assignment": self.slug })).await?;
        let content = open(&work.deps).await?;
        let slug = self.slug.clone();
        let (checked, commit) =
            tokio::task::spawn_blocking(move || (content.check_assignment(&slug), content.commit())).await?;
        let stored = assignment::Entity::find()
            .filter(assignment::Column::Endpoint.ends_with(format!("/{}", self.slug)))
            .one(work.deps.db.read())
            .await?;
        let hash = checked.hash_hex();
        let check = |outcome| RecordCheck {
            job: work.job.id,
            requester: work.job.requester_id,
            commit: commit.clone(),
            subject: assignment_subject(&self.slug),
            outcome,
            course: stored.as_ref().map(|stored| stored.course_id),
            diagnostics: checked.diagnostics.clone(),
        };
        let Some(found) = checked.value.clone() else { return Ok(Effects::none().and(check(CheckOutcome::Failed))) };
        if stored.as_ref().is_some_and(|stored| stored.content_hash == hash) {
            return Ok(Effects::none().and(check(CheckOutcome::Unchanged)));
        }
        let store = StoreAssignment { assignment: Arc::new(found), hash };
        Ok(Effects::none().and(store).and(check(CheckOutcome::Stored)))
    }
}
