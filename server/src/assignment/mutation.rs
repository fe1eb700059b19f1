//! What is settled about an assignment: its rules; and more time on it, asking for it, granting and declining it, taking it back.

pub mod import;
pub mod update;

use actors::assignment::extension::{self as extensions, Until, decline, grant, request, withdraw};
use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object, Result, SimpleObject};
use entity::assignment::extension;
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use entity::visible::Viewable as _;

use super::object::deadline::Extension;
use crate::graphql::context::{Request, acting, acting_by};
use crate::graphql::error;
use crate::graphql::problem::problems;

/// What is settled about assignments.
#[derive(MergedObject, Default)]
pub struct AssignmentMutation(ExtensionMutation, update::UpdateMutation, import::ExtensionsMutation);

/// More time.
#[derive(Default)]
pub struct ExtensionMutation;

/// Until when: either of the two.
#[derive(InputObject)]
pub struct UntilInput {
    /// As the clock on the wall shows it, in the zone of the assignment, such as `2027-01-15T23:59:00`.
    local: Option<String>,
    /// So many days of the calendar after the deadline that all have, 1 to 366.
    days: Option<i32>,
}

impl UntilInput {
    fn until(self) -> Result<Until> {
        match (self.local, self.days) {
            (Some(local), None) => Ok(Until::Local(local)),
            (None, Some(days)) => {
                u16::try_from(days).map(Until::Days).map_err(|_| error::bad_input("`days` must be between 1 and 366."))
            }
            (Some(_), Some(_)) | (None, None) => Err(error::bad_input("`until` must have either `local` or `days`.")),
        }
    }
}

/// More time that one asks for.
#[derive(InputObject)]
pub struct RequestExtensionInput {
    /// The global id of the assignment.
    assignment: ID,
    /// Until when.
    until: UntilInput,
    /// Why, in at most 2,000 characters.
    reason: String,
}

/// More time for somebody.
#[derive(InputObject)]
pub struct GrantExtensionInput {
    /// The global id of the assignment.
    assignment: ID,
    /// The address of somebody who takes part in the course.
    email: String,
    /// Until when.
    until: UntilInput,
    /// Why, in at most 2,000 characters. The student reads it.
    reason: String,
}

/// What staff says to a wish.
#[derive(InputObject)]
pub struct AnswerExtensionInput {
    /// The global id of the extension.
    extension: ID,
    /// What it says.
    decision: Decision,
    /// Until when, where that is another time than was asked for.
    until: Option<UntilInput>,
    /// A word for the student, of at most 2,000 characters.
    answer: Option<String>,
}

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Decision {
    /// They have the time.
    Grant,
    /// They do not.
    Decline,
}

/// What is to be taken back.
#[derive(InputObject)]
pub struct WithdrawExtensionInput {
    /// The global id of the extension.
    extension: ID,
}

/// What came of asking.
#[derive(SimpleObject)]
pub struct RequestExtensionPayload {
    /// The extension as it is now.
    extension: Option<Extension>,
    /// Why it is not so.
    problems: Vec<RequestExtensionProblem>,
}

/// What came of granting.
#[derive(SimpleObject)]
pub struct GrantExtensionPayload {
    /// The extension as it is now.
    extension: Option<Extension>,
    /// Why it is not so.
    problems: Vec<GrantExtensionProblem>,
}

/// What came of answering.
#[derive(SimpleObject)]
pub struct AnswerExtensionPayload {
    /// The extension as it is now.
    extension: Option<Extension>,
    /// Why it is not so.
    problems: Vec<AnswerExtensionProblem>,
}

/// What came of taking back.
#[derive(SimpleObject)]
pub struct WithdrawExtensionPayload {
    /// The extension as it is now.
    extension: Option<Extension>,
    /// Why it is not so.
    problems: Vec<WithdrawExtensionProblem>,
}

problems! {
    /// Why it is not so.
    RequestExtensionProblem,
    /// The problems of asking for more time.
    RequestExtensionProblemCode;
    /// Why it is not so.
    GrantExtensionProblem,
    /// The problems of granting it.
    GrantExtensionProblemCode;
    /// Why it is not so.
    AnswerExtensionProblem,
    /// The problems of answering a wish.
    AnswerExtensionProblemCode;
    /// Why it is not so.
    WithdrawExtensionProblem,
    /// The problems of taking it back.
    WithdrawExtensionProblemCode;
    = "extensions::ExtensionCode" as extensions::ExtensionCode => {
        /// It is not yours to do.
        NotAllowed,
        /// There is no such assignment for you.
        AssignmentUnknown,
        /// There is no such extension for you.
        ExtensionUnknown,
        /// Nobody with that address takes part in the course.
        PersonUnknown,
        /// The time is none, is before the deadline, or too far behind it.
        BadTime,
        /// A reason is missing, or too long.
        BadReason,
        /// It is asked for already.
        AlreadyRequested,
        /// It is decided already, or was withdrawn.
        Decided,
    }
}

#[Object]
impl ExtensionMutation {
    /// Asks for more time for your own work on an assignment.
    async fn request_extension(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, what for, and why.")] input: RequestExtensionInput,
    ) -> Result<RequestExtensionPayload> {
        let asked = acting(ctx, Scope::Submit)?;
        let (assignment, until) = (key(Kind::Assignment, &input.assignment), input.until.until()?);
        let outcome = request::request(&asked.deps, &asked.viewer, assignment, &until, &input.reason).await;
        match error::expected(outcome)? {
            Ok(key) => Ok(RequestExtensionPayload { extension: show(asked, key).await?, problems: Vec::new() }),
            Err(refused) => Ok(RequestExtensionPayload { extension: None, problems: vec![refused.into()] }),
        }
    }

    /// Gives somebody more time, whether they asked or not. What they had is replaced.
    async fn grant_extension(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To whom, how much, what for, and why.")] input: GrantExtensionInput,
    ) -> Result<GrantExtensionPayload> {
        let asked = acting(ctx, Scope::Grade)?;
        let (assignment, until) = (key(Kind::Assignment, &input.assignment), input.until.until()?);
        let (deps, viewer) = (&asked.deps, &asked.viewer);
        let outcome = grant::grant(deps, viewer, assignment, &input.email, &until, &input.reason).await;
        match error::expected(outcome)? {
            Ok(key) => Ok(GrantExtensionPayload { extension: show(asked, key).await?, problems: Vec::new() }),
            Err(refused) => Ok(GrantExtensionPayload { extension: None, problems: vec![refused.into()] }),
        }
    }

    /// Grants what somebody asked for, or another time in its place, or declines it.
    async fn answer_extension(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and how.")] input: AnswerExtensionInput,
    ) -> Result<AnswerExtensionPayload> {
        let asked = acting(ctx, Scope::Grade)?;
        let key = key(Kind::Extension, &input.extension);
        let (until, answer) = (input.until.map(UntilInput::until).transpose()?, input.answer.unwrap_or_default());
        let (deps, viewer) = (&asked.deps, &asked.viewer);
        let outcome = match input.decision {
            Decision::Grant => grant::approve(deps, viewer, key, until.as_ref(), &answer).await,
            Decision::Decline => decline::decline(deps, viewer, key, &answer).await,
        };
        match error::expected(outcome)? {
            Ok(()) => Ok(AnswerExtensionPayload { extension: show(asked, key).await?, problems: Vec::new() }),
            Err(refused) => Ok(AnswerExtensionPayload { extension: None, problems: vec![refused.into()] }),
        }
    }

    /// Takes back what one asked for, or, for staff, what was granted.
    async fn withdraw_extension(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: WithdrawExtensionInput,
    ) -> Result<WithdrawExtensionPayload> {
        let asked = acting_by(ctx, &[Scope::Submit, Scope::Grade])?;
        let key = key(Kind::Extension, &input.extension);
        match error::expected(withdraw::withdraw(&asked.deps, &asked.viewer, key).await)? {
            Ok(()) => Ok(WithdrawExtensionPayload { extension: show(asked, key).await?, problems: Vec::new() }),
            Err(refused) => Ok(WithdrawExtensionPayload { extension: None, problems: vec![refused.into()] }),
        }
    }
}

fn key(kind: Kind, id: &ID) -> i64 {
    // An id of another kind names nothing, like one of none.
    id::decode_as(kind, id).unwrap_or(0)
}

async fn show(request: &Request, key: i64) -> Result<Option<Extension>> {
    let found = extension::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
    Ok(found.map_err(error::database)?.map(Extension))
}
