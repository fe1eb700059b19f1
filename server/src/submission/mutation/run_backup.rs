//! Trying a backup, for staff.

use actors::submission::run_backup;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::execution::run;
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use entity::job;
use entity::visible::Viewable as _;
use sea_orm::ColumnTrait as _;

use crate::execution::object::Run;
use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;
use crate::job::object::Job;

/// Trying backups.
#[derive(Default)]
pub struct RunBackupMutation;

/// A backup to be tried.
#[derive(InputObject)]
pub struct RunBackupInput {
    /// The global id of the backup, handed in or not.
    backup: ID,
    /// The names of the tests; all of the assignment when absent.
    tests: Option<Vec<String>>,
}

/// What came of trying a backup.
#[derive(SimpleObject)]
pub struct RunBackupPayload {
    /// The run. Follow it by the subscription `runOutput`, whose last record has the verdict.
    run: Option<Run>,
    /// The job of that run.
    job: Option<Job>,
    /// Why it is not tried.
    problems: Vec<RunBackupProblem>,
}

problems! {
    /// Why a backup is not tried.
    RunBackupProblem,
    /// The problems of trying a backup.
    RunBackupProblemCode;
    = "run_backup::RunBackupCode" as run_backup::RunBackupCode => {
        /// You may not give scores in that course.
        NotAllowed,
        /// There is no such backup for you.
        BackupUnknown,
        /// The assignment has no tests, or none of that name.
        TestUnknown,
        /// The file that is run is missing.
        MainMissing,
        /// Too many that you asked for are under way.
        TooMany,
    }
}

#[Object]
impl RunBackupMutation {
    /// Runs a backup, of whichever time, against the tests that its assignment has now. It is no attempt and no submission: neither the work
    /// nor its grade nor its owner hears of it, and those who review work see what comes of it. For who may give scores in the course.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn run_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and with which tests.")] input: RunBackupInput,
    ) -> Result<RunBackupPayload> {
        let request = acting(ctx, Scope::Grade)?;
        let key = id::decode_as(Kind::Backup, &input.backup).unwrap_or(0);
        let outcome =
            Box::pin(run_backup::run_backup(&request.deps, &request.viewer, key, input.tests.as_deref())).await;
        let key = match error::expected(outcome)? {
            Ok(key) => key,
            Err(refused) => return Ok(RunBackupPayload { run: None, job: None, problems: vec![refused.into()] }),
        };
        let db = request.deps.db.read();
        let run = run::Entity::visible(&request.viewer).by_key(db, key).await.map_err(error::database)?;
        let jobs = job::Entity::visible(&request.viewer).filter(job::Column::Subject.eq(id::encode(Kind::Run, key)));
        let job = jobs.all(db, job::Column::Id).await.map_err(error::database)?.pop();
        Ok(RunBackupPayload { run: run.map(Run), job: job.map(Job), problems: Vec::new() })
    }
}
