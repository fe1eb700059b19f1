//! What counts: choosing a submission, and handing in a backup after all.

use actors::submission::{flag, promote};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::id::{self, Kind};
use entity::identity::scope::Scope;

use super::find_submission;
use crate::graphql::context::acting_by;
use crate::graphql::error;
use crate::graphql::problem::problems;
use crate::submission::object::Submission;

/// What counts.
#[derive(Default)]
pub struct ChoiceMutation;

/// A submission to be chosen.
#[derive(InputObject)]
pub struct FlagSubmissionInput {
    /// The global id of the submission.
    submission: ID,
    /// False to choose it no longer: then the latest counts.
    #[graphql(default = true)]
    flagged: bool,
}

/// What came of choosing.
#[derive(SimpleObject)]
pub struct FlagSubmissionPayload {
    /// The submission as it is now.
    submission: Option<Submission>,
    /// Why the choice stays as it was.
    problems: Vec<FlagSubmissionProblem>,
}

/// A backup to be handed in.
#[derive(InputObject)]
pub struct PromoteBackupInput {
    /// The global id of the backup.
    backup: ID,
}

/// What came of handing in a backup.
#[derive(SimpleObject)]
pub struct PromoteBackupPayload {
    /// The submission that it is now.
    submission: Option<Submission>,
    /// Why it stays a backup.
    problems: Vec<PromoteBackupProblem>,
}

problems! {
    /// Why the choice stays as it was.
    FlagSubmissionProblem,
    /// The problems of choosing what counts.
    FlagSubmissionProblemCode;
    = "flag::FlagCode" as flag::FlagCode => {
        /// It is not yours to choose.
        NotAllowed,
        /// There is no such submission for you.
        SubmissionUnknown,
        /// The assignment is closed to you.
        Locked,
    }
}

problems! {
    /// Why it stays a backup.
    PromoteBackupProblem,
    /// The problems of handing in a backup.
    PromoteBackupProblemCode;
    = "promote::PromoteCode" as promote::PromoteCode => {
        /// It is not yours to hand in.
        NotAllowed,
        /// There is no such backup for you.
        BackupUnknown,
        /// It is a submission already.
        HandedIn,
        /// The file that is run is missing.
        MainMissing,
        /// It came when the assignment was closed to you.
        Locked,
        /// All attempts are used.
        AttemptsUsed,
    }
}

#[Object]
impl ChoiceMutation {
    /// Has a submission count in the place of the latest, for all who share the work. They may until the assignment is closed to them, staff
    /// always.
    async fn flag_submission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: FlagSubmissionInput,
    ) -> Result<FlagSubmissionPayload> {
        let request = acting_by(ctx, &[Scope::Submit, Scope::Grade])?;
        let key = id::decode_as(Kind::Submission, &input.submission).unwrap_or(0);
        match error::expected(flag::flag(&request.deps, &request.viewer, key, input.flagged).await)? {
            Ok(()) => {
                Ok(FlagSubmissionPayload { submission: find_submission(request, key).await?, problems: Vec::new() })
            }
            Err(refused) => Ok(FlagSubmissionPayload { submission: None, problems: vec![refused.into()] }),
        }
    }

    /// Hands in a backup after all. When it came counts for lateness.
    async fn promote_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: PromoteBackupInput,
    ) -> Result<PromoteBackupPayload> {
        let request = acting_by(ctx, &[Scope::Submit, Scope::Grade])?;
        let key = id::decode_as(Kind::Backup, &input.backup).unwrap_or(0);
        match error::expected(promote::promote(&request.deps, &request.viewer, key).await)? {
            Ok(key) => {
                Ok(PromoteBackupPayload { submission: find_submission(request, key).await?, problems: Vec::new() })
            }
            Err(refused) => Ok(PromoteBackupPayload { submission: None, problems: vec![refused.into()] }),
        }
    }
}
