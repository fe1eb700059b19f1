//! Saying something about somebody's work.

use actors::submission::comment as commenting;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::id::{self, Kind};
use entity::identity::scope::Scope;

use crate::graphql::context::acting_by;
use crate::graphql::error;
use crate::graphql::problem::problems;
use crate::submission::object::comment::Comment;

/// Comments.
#[derive(Default)]
pub struct CommentMutation;

/// A comment to be written.
#[derive(InputObject)]
pub struct CommentInput {
    /// The global id of the submission, or of a backup that was not handed in.
    submission: ID,
    /// The name of the file that it is about.
    filename: String,
    /// The line that it is about, from 1.
    line: i32,
    /// What you have to say, in Markdown.
    message: String,
}

/// What came of commenting.
#[derive(SimpleObject)]
pub struct CommentPayload {
    /// The comment.
    comment: Option<Comment>,
    /// Why it was not written.
    problems: Vec<CommentProblem>,
}

problems! {
    /// Why a comment was not written.
    CommentProblem,
    /// The problems of commenting.
    CommentProblemCode;
    = "commenting::CommentCode" as commenting::CommentCode => {
        /// Only people comment.
        NotAllowed,
        /// There is no such work for you.
        WorkUnknown,
        /// It is about no line of a file.
        PlaceInvalid,
        /// It is empty, or too long.
        MessageInvalid,
    }
}

#[Object]
impl CommentMutation {
    /// Says something about a line of somebody's work. For whoever may see the work.
    async fn comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and where.")] input: CommentInput,
    ) -> Result<CommentPayload> {
        let request = acting_by(ctx, &[Scope::Submit, Scope::Grade])?;
        let known = |kind| id::decode_as(kind, &input.submission);
        let new = commenting::NewComment {
            // An id of another kind names no work, like one of none.
            backup: known(Kind::Submission).or_else(|| known(Kind::Backup)).unwrap_or(0),
            filename: input.filename,
            line: input.line,
            message: input.message,
        };
        Ok(match error::expected(commenting::comment(&request.deps, &request.viewer, new).await)? {
            Ok(row) => CommentPayload { comment: Some(Comment(row)), problems: Vec::new() },
            Err(refused) => CommentPayload { comment: None, problems: vec![refused.into()] },
        })
    }
}
