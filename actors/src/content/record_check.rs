//! The effect that keeps what a sync said and who had it done, and says it to whoever follows.

use entity::assignment;
use entity::content::check::{self, CheckOutcome};
use entity::content::{mission, sync_record};
use entity::job::event::Stream;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};
use serde_json::{Value, json};

use super::format::{Diagnostic, Severity};
use crate::effect::Effect;
use crate::write::Write;

/// Keeps the outcome and the diagnostics of a check.
#[derive(Debug)]
pub(super) struct RecordCheck {
    /// The job that checked.
    pub job: i64,
    /// Who had it done; nobody where the site itself did.
    pub requester: Option<i64>,
    /// The commit that the folder was at.
    pub commit: Option<String>,
    pub subject: String,
    pub outcome: CheckOutcome,
    /// None: the course in which it was stored just now, if any.
    pub course: Option<i64>,
    pub diagnostics: Vec<Diagnostic>,
}

impl RecordCheck {
    async fn record(&self, write: &mut Write) -> Result<(), DbErr> {
        write.emit(Stream::Job(self.job), "synced", self.summary());
        let unchanged = self.outcome == CheckOutcome::Unchanged;
        if unchanged && check::still_stored(write.tx(), std::slice::from_ref(&self.subject), write.now).await? > 0 {
            return Ok(());
        }
        let course = match self.course {
            Some(course) => Some(course),
            None => self.stored_in(write).await?,
        };
        let row = check::ActiveModel {
            subject: Set(self.subject.clone()),
            course_id: Set(course),
            outcome: Set(self.outcome),
            diagnostics: Set(serde_json::to_vec(&self.diagnostics).unwrap_or_default()),
            checked_at: Set(write.now),
            ..Default::default()
        };
        check::record(write.tx(), row).await?;
        if unchanged {
            // No news for a course, and no history.
            return Ok(());
        }
        let done = sync_record::ActiveModel {
            job: Set(self.job),
            subject: Set(self.subject.clone()),
            course_id: Set(course),
            outcome: Set(self.outcome),
            errors: Set(self.count(Severity::Error)),
            warnings: Set(self.count(Severity::Warning)),
            requester_id: Set(self.requester),
            commit_hash: Set(self.commit.clone()),
            done_at: Set(write.now),
            ..Default::default()
        };
        sync_record::Entity::insert(done).exec_without_returning(write.tx()).await?;
        if let Some(course) = course {
            write.emit(Stream::Course(course), "content.synced", self.summary());
        }
        Ok(())
    }

    fn count(&self, severity: Severity) -> i32 {
        let count = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    fn summary(&self) -> Value {
        json!({
            "subject": self.subject,
            "outcome": self.outcome,
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
        })
    }

    async fn stored_in(&self, write: &Write) -> Result<Option<i64>, DbErr> {
        if let Some(number) = self.subject.strip_prefix("mission/").and_then(|number| number.parse::<i32>().ok()) {
            let stored = mission::Entity::find().filter(mission::Column::Number.eq(number)).one(write.tx()).await?;
            return Ok(stored.map(|mission| mission.course_id));
        }
        let Some(slug) = self.subject.strip_prefix("assignment/") else { return Ok(None) };
        let stored = assignment::Entity::find().filter(assignment::Column::Endpoint.ends_with(format!("/{slug}")));
        Ok(stored.one(write.tx()).await?.map(|assignment| assignment.course_id))
    }
}

impl Effect for RecordCheck {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(self.record(write))
    }
}
