//! Groups: inviting, answering, leaving, and what staff does.

use actors::submission::group::{self as groups, answer, form, invite, leave, remove};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use entity::submission::group;
use entity::visible::Viewable as _;

use crate::graphql::context::{Request, acting, acting_by};
use crate::graphql::error;
use crate::graphql::problem::problems;
use crate::submission::object::group::Group;

/// Groups.
#[derive(Default)]
pub struct GroupMutation;

/// Somebody to be invited.
#[derive(InputObject)]
pub struct InviteToGroupInput {
    /// The global id of the assignment.
    assignment: ID,
    /// The address of somebody who takes part in the course.
    email: String,
}

/// An invitation to be answered.
#[derive(InputObject)]
pub struct AnswerInvitationInput {
    /// The global id of the group that you are invited to.
    group: ID,
    /// Whether you accept.
    accept: bool,
}

/// A group to be left.
#[derive(InputObject)]
pub struct LeaveGroupInput {
    /// The global id of the group that you are in.
    group: ID,
}

/// Somebody to be taken out of a group, or whose invitation is taken back.
#[derive(InputObject)]
pub struct RemoveFromGroupInput {
    /// The global id of the group.
    group: ID,
    /// The global id of the person.
    user: ID,
}

/// People to be put together.
#[derive(InputObject)]
pub struct FormGroupInput {
    /// The global id of the assignment.
    assignment: ID,
    /// The addresses of people who take part in the course, and are in no group.
    emails: Vec<String>,
}

/// What came of inviting.
#[derive(SimpleObject)]
pub struct InviteToGroupPayload {
    /// The group as you see it now; null when there is none any more, or none for you.
    group: Option<Group>,
    /// Why it stays as it was.
    problems: Vec<InviteToGroupProblem>,
}

/// What came of answering an invitation.
#[derive(SimpleObject)]
pub struct AnswerInvitationPayload {
    /// The group as you see it now; null when there is none any more, or none for you.
    group: Option<Group>,
    /// Why it stays as it was.
    problems: Vec<AnswerInvitationProblem>,
}

/// What came of leaving a group.
#[derive(SimpleObject)]
pub struct LeaveGroupPayload {
    /// The group as you see it now; null when there is none any more, or none for you.
    group: Option<Group>,
    /// Why it stays as it was.
    problems: Vec<LeaveGroupProblem>,
}

/// What came of taking somebody out of a group.
#[derive(SimpleObject)]
pub struct RemoveFromGroupPayload {
    /// The group as you see it now; null when there is none any more, or none for you.
    group: Option<Group>,
    /// Why it stays as it was.
    problems: Vec<RemoveFromGroupProblem>,
}

/// What came of putting people together.
#[derive(SimpleObject)]
pub struct FormGroupPayload {
    /// The group as you see it now; null when there is none any more, or none for you.
    group: Option<Group>,
    /// Why it stays as it was.
    problems: Vec<FormGroupProblem>,
}

problems! {
    /// Why the group stays as it was.
    InviteToGroupProblem,
    /// The problems of inviting.
    InviteToGroupProblemCode;
    /// Why the group stays as it was.
    AnswerInvitationProblem,
    /// The problems of answering an invitation.
    AnswerInvitationProblemCode;
    /// Why the group stays as it was.
    LeaveGroupProblem,
    /// The problems of leaving a group.
    LeaveGroupProblemCode;
    /// Why the group stays as it was.
    RemoveFromGroupProblem,
    /// The problems of taking somebody out of a group.
    RemoveFromGroupProblemCode;
    /// Why the group stays as it was.
    FormGroupProblem,
    /// The problems of putting people together.
    FormGroupProblemCode;
    = "groups::GroupCode" as groups::GroupCode => {
        /// It is not yours to do.
        NotAllowed,
        /// There is no such assignment for you.
        AssignmentUnknown,
        /// There is no such group for you.
        GroupUnknown,
        /// Nobody with that address takes part in the course.
        PersonUnknown,
        /// The assignment is for each on their own.
        Alone,
        /// It has as many as it may, or would have too few.
        Full,
        /// Groups cannot be changed any more.
        Closed,
        /// They are in it, or invited to it, already.
        AlreadyThere,
        /// They are in another group.
        InAnother,
        /// They are not in it, or not invited.
        NotThere,
    }
}

#[Object]
impl GroupMutation {
    /// Invites somebody of the course to share your work on an assignment.
    async fn invite_to_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and what for.")] input: InviteToGroupInput,
    ) -> Result<InviteToGroupPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let assignment = id::decode_as(Kind::Assignment, &input.assignment).unwrap_or(0);
        match error::expected(invite::invite(&request.deps, &request.viewer, assignment, &input.email).await)? {
            Ok(key) => Ok(InviteToGroupPayload { group: show(request, key).await?, problems: Vec::new() }),
            Err(refused) => Ok(InviteToGroupPayload { group: None, problems: vec![refused.into()] }),
        }
    }

    /// Accepts an invitation, so that the work is shared from now on, or declines it.
    async fn answer_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and how.")] input: AnswerInvitationInput,
    ) -> Result<AnswerInvitationPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let key = key(&input.group);
        let outcome = match input.accept {
            true => answer::accept(&request.deps, &request.viewer, key).await,
            false => answer::decline(&request.deps, &request.viewer, key).await,
        };
        match error::expected(outcome)? {
            Ok(()) => Ok(AnswerInvitationPayload { group: show(request, key).await?, problems: Vec::new() }),
            Err(refused) => Ok(AnswerInvitationPayload { group: None, problems: vec![refused.into()] }),
        }
    }

    /// Takes you out of a group. What you handed in stays yours, what the others handed in stays theirs.
    async fn leave_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: LeaveGroupInput,
    ) -> Result<LeaveGroupPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let key = key(&input.group);
        match error::expected(leave::leave(&request.deps, &request.viewer, key).await)? {
            Ok(()) => Ok(LeaveGroupPayload { group: show(request, key).await?, problems: Vec::new() }),
            Err(refused) => Ok(LeaveGroupPayload { group: None, problems: vec![refused.into()] }),
        }
    }

    /// Takes somebody out of a group, for staff; or an invitation back, for who is in the group, too.
    async fn remove_from_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and of which one.")] input: RemoveFromGroupInput,
    ) -> Result<RemoveFromGroupPayload> {
        let request = acting_by(ctx, &[Scope::Submit, Scope::Grade])?;
        let key = key(&input.group);
        let person = id::decode_as(Kind::User, &input.user).unwrap_or(0);
        match error::expected(remove::remove(&request.deps, &request.viewer, key, person).await)? {
            Ok(()) => Ok(RemoveFromGroupPayload { group: show(request, key).await?, problems: Vec::new() }),
            Err(refused) => Ok(RemoveFromGroupPayload { group: None, problems: vec![refused.into()] }),
        }
    }

    /// Puts people together, for staff: nobody is asked, and it is never too late.
    async fn form_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and what for.")] input: FormGroupInput,
    ) -> Result<FormGroupPayload> {
        let request = acting(ctx, Scope::Grade)?;
        let assignment = id::decode_as(Kind::Assignment, &input.assignment).unwrap_or(0);
        match error::expected(form::form(&request.deps, &request.viewer, assignment, &input.emails).await)? {
            Ok(key) => Ok(FormGroupPayload { group: show(request, key).await?, problems: Vec::new() }),
            Err(refused) => Ok(FormGroupPayload { group: None, problems: vec![refused.into()] }),
        }
    }
}

fn key(id: &ID) -> i64 {
    id::decode_as(Kind::Group, id).unwrap_or(0)
}

/// The group as the viewer sees it now: their rights are others than when the request came.
async fn show(request: &Request, key: i64) -> Result<Option<Group>> {
    let db = request.deps.db.read();
    if let Some(person) = request.viewer.user() {
        let groups = entity::submission::member::groups_of(db, person).await.map_err(error::database)?;
        let active = groups.into_iter().find(|(group, _)| *group == key).map(|(_, active)| active);
        request.viewer.note_group(key, active);
    }
    let row = group::Entity::visible(&request.viewer).by_key(db, key).await.map_err(error::database)?;
    Ok(row.map(Group))
}
