//! Synchronising content.

use actors::content::sync;
use async_graphql::{Context, Enum, InputObject, MergedObject, Object, Result, SimpleObject};
use entity::identity::scope::Scope;
use entity::job;
use entity::visible::Viewable;
use sea_orm::ColumnTrait;

use super::check::Diagnostic;
use super::learning::LearningMutation;
use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::job::object::Job;

/// Synchronising content, and learning from it.
#[derive(MergedObject, Default)]
pub struct ContentMutation(SyncMutation, LearningMutation);

/// Synchronising content.
#[derive(Default)]
pub struct SyncMutation;

/// What to synchronise.
#[derive(InputObject)]
pub struct SyncContentInput {
    /// The numbers of missions; everything, assignments included, when empty or absent.
    missions: Option<Vec<i32>>,
}

/// What is being synchronised.
#[derive(SimpleObject)]
pub struct SyncContentPayload {
    /// One for each mission and assignment that is not stored as the folder has it, in the order in which they are worked. Follow each by the subscription `job`.
    jobs: Vec<SyncJob>,
    /// What is stored already as the folder has it, so that no job is needed.
    unchanged: Vec<String>,
    /// What is wrong with the folder apart from single missions and assignments.
    diagnostics: Vec<Diagnostic>,
    /// Why nothing is synchronised.
    problems: Vec<SyncContentProblem>,
}

/// A mission or an assignment that is being synchronised.
#[derive(SimpleObject)]
pub struct SyncJob {
    /// `mission/204` or `assignment/word-counts`.
    subject: String,
    /// The job that does it.
    job: Option<Job>,
}

/// Why nothing is synchronised.
#[derive(SimpleObject)]
pub struct SyncContentProblem {
    /// What kind of problem it is.
    code: SyncContentProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of synchronising.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "sync::SyncCode")]
pub enum SyncContentProblemCode {
    /// The site's staff may synchronise everything; instructors, the missions of their courses.
    NotAllowed,
    /// The folder has no mission of that number.
    MissionUnknown,
}

#[Object]
impl SyncMutation {
    /// Brings missions and assignments from the content folder to the students. Each is a job of its own; a bad one changes nothing
    /// and stops no other.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn sync_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to synchronise.")] input: SyncContentInput,
    ) -> Result<SyncContentPayload> {
        let request = acting(ctx, Scope::Content)?;
        let numbers = input
            .missions
            .unwrap_or_default()
            .into_iter()
            .map(u32::try_from)
            .collect::<std::result::Result<Vec<_>, _>>();
        let numbers = numbers.map_err(|_| error::bad_input("The numbers of missions are above 0."))?;
        let outcome = sync::sync(&request.deps, &request.viewer, &numbers).await;
        let syncing = match error::expected(outcome)? {
            Ok(syncing) => syncing,
            Err(refused) => {
                let problem =
                    SyncContentProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                return Ok(SyncContentPayload {
                    jobs: Vec::new(),
                    unchanged: Vec::new(),
                    diagnostics: Vec::new(),
                    problems: vec![problem],
                });
            }
        };
        let keys = syncing.jobs.iter().map(|job| job.job);
        let rows = job::Entity::visible(&request.viewer).filter(job::Column::Id.is_in(keys));
        let rows = rows.all(request.deps.db.read(), job::Column::Id).await.map_err(error::database)?;
        let row = |key: i64| rows.iter().find(|row| row.id == key).cloned().map(Job);
        Ok(SyncContentPayload {
            jobs: syncing.jobs.into_iter().map(|job| SyncJob { job: row(job.job), subject: job.subject }).collect(),
            unchanged: syncing.unchanged,
            diagnostics: syncing.diagnostics.into_iter().map(Diagnostic).collect(),
            problems: Vec::new(),
        })
    }
}
