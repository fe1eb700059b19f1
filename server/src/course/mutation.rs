//! Who takes part in a course, as what, and what that allows.

pub mod join;
pub mod roster;

use actors::course::enroll::{self as rosters, About, As};
use actors::course::remove_role as removing;
use actors::course::set_role as roles;
use actors::course::{transfer, unenroll};
use async_graphql::{Context, InputObject, MergedObject, Object, Result, SimpleObject};
use entity::identity::scope::Scope;

use super::object::Role;
use super::object::role::{CourseRole, Permission};
use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::problem::problems;

/// Everything of this noun that changes something.
#[derive(MergedObject, Default)]
pub struct CourseMutation(RoleMutation, roster::RosterMutation, join::JoinMutation);

/// Who takes part, and roles.
#[derive(Default)]
pub struct RoleMutation;

/// Somebody to be put on a roster.
#[derive(InputObject)]
pub struct EnrollInput {
    /// The address of the account.
    email: String,
    /// The key of the course, such as `data-in-the-wild`.
    course: String,
    /// As what. Somebody who is enrolled already gets this role.
    role: Role,
    /// The key of a role of the course's own, in the place of `role`, which then does not count.
    role_key: Option<String>,
    /// The number by which their school knows them; stays as it is when absent, and goes when empty.
    student_number: Option<String>,
    /// The name of their account on the machines of the class; stays as it is when absent, and goes when empty.
    class_account: Option<String>,
    /// The lab or exercise group that they go to; stays as it is when absent, and goes when empty.
    lab_section: Option<String>,
}

/// What came of enrolling somebody.
#[derive(SimpleObject)]
pub struct EnrollPayload {
    /// Whether they have that role in the course now.
    enrolled: bool,
    /// Why they do not.
    problems: Vec<EnrollProblem>,
}

/// Somebody to be taken off a roster.
#[derive(InputObject)]
pub struct UnenrollInput {
    /// The address of the account.
    email: String,
    /// The key of the course.
    course: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct UnenrollPayload {
    /// Whether they were on it.
    removed: bool,
    /// Why they stay.
    problems: Vec<UnenrollProblem>,
}

/// A course to be given to somebody.
#[derive(InputObject)]
pub struct TransferCourseInput {
    /// The key of the course.
    course: String,
    /// The address of whose it will be.
    email: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct TransferCoursePayload {
    /// Whether it is theirs now.
    transferred: bool,
    /// Why it is not.
    problems: Vec<TransferCourseProblem>,
}

problems! {
    /// Why somebody was not enrolled.
    EnrollProblem,
    /// The problems of enrolling.
    EnrollProblemCode;
    /// Why somebody stays on a roster.
    UnenrollProblem,
    /// The problems of taking somebody off a roster.
    UnenrollProblemCode;
    /// Why a course was not given to somebody.
    TransferCourseProblem,
    /// The problems of giving a course to somebody.
    TransferCourseProblemCode;
    = "rosters::EnrollCode" as rosters::EnrollCode => {
        /// You may not change the roster of that course.
        NotAllowed,
        /// There is no account with that address.
        UserUnknown,
        /// There is no such course; synchronise the content first.
        CourseUnknown,
        /// The course has no such role.
        RoleUnknown,
        /// The role allows more than you may in the course.
        BeyondYours,
        /// The course is theirs.
        Owner,
        /// A student number, class account or lab section is too long, or has more than a line.
        TextInvalid,
    }
}

/// A role as it is to be.
#[derive(InputObject)]
pub struct SetRoleInput {
    /// The key of the course; absent for all courses that say nothing else.
    course: Option<String>,
    /// The word for it: 2 to 40 small letters, digits and `_`; the word of a kind, such as `grader`, says what that kind allows.
    key: String,
    /// How people know it.
    name: String,
    /// As what somebody takes part who has it. Does not change later.
    kind: Role,
    /// What it allows.
    permissions: Vec<Permission>,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct SetRolePayload {
    /// The role as it is now.
    role: Option<CourseRole>,
    /// Why it is not.
    problems: Vec<SetRoleProblem>,
}

problems! {
    /// Why a role stays as it is.
    SetRoleProblem,
    /// The problems of roles.
    SetRoleProblemCode;
    = "roles::SetRoleCode" as roles::SetRoleCode => {
        /// You may not change roles there.
        NotAllowed,
        /// There is no such course; synchronise the content first.
        CourseUnknown,
        /// It is no word for a role.
        KeyInvalid,
        /// It is not a name.
        NameInvalid,
        /// It allows more than you may in the course, or did so before.
        BeyondYours,
        /// The permission to attend is missing.
        AttendMissing,
        /// The course has as many roles of its own as it may have.
        TooMany,
    }
}

/// Something that was said about a role, to be taken back.
#[derive(InputObject)]
pub struct RemoveRoleInput {
    /// The key of the course; the whole site when absent.
    course: Option<String>,
    /// The word for the role.
    key: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct RemoveRolePayload {
    /// How many people had the role, and are left with its kind.
    people: Option<i32>,
    /// Why it stays.
    problems: Vec<RemoveRoleProblem>,
}

problems! {
    /// Why a role stays.
    RemoveRoleProblem,
    /// The problems of taking a role back.
    RemoveRoleProblemCode;
    = "removing::RemoveRoleCode" as removing::RemoveRoleCode => {
        /// Only who may change roles there may do that.
        NotAllowed,
        /// There is no course with that key.
        CourseUnknown,
        /// Nothing is said about a role of that word there.
        RoleUnknown,
        /// It allows more than you may in the course yourself, or what comes in its place does.
        BeyondYours,
    }
}

#[Object]
impl RoleMutation {
    /// Puts somebody on the roster of a course, or changes their role there. For who may change the roster, up to what they may themselves.
    async fn enroll(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, where, and as what.")] input: EnrollInput,
    ) -> Result<EnrollPayload> {
        let request = acting(ctx, Scope::Roster)?;
        let role = input.role_key.map_or_else(|| As::Kind(input.role.into()), As::Own);
        let about = About {
            student_number: input.student_number,
            class_account: input.class_account,
            lab_section: input.lab_section,
        };
        let outcome = rosters::enroll(&request.deps, &request.viewer, &input.email, &input.course, &role, about).await;
        Ok(match error::expected(outcome)? {
            Ok(()) => EnrollPayload { enrolled: true, problems: Vec::new() },
            Err(refused) => EnrollPayload { enrolled: false, problems: vec![refused.into()] },
        })
    }

    /// Takes somebody off the roster of a course. What they have handed in stays. For who may change the roster, up to what they may themselves.
    async fn unenroll(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and where.")] input: UnenrollInput,
    ) -> Result<UnenrollPayload> {
        let request = acting(ctx, Scope::Roster)?;
        let outcome = unenroll::unenroll(&request.deps, &request.viewer, &input.email, &input.course).await;
        Ok(match error::expected(outcome)? {
            Ok(removed) => UnenrollPayload { removed, problems: Vec::new() },
            Err(refused) => UnenrollPayload { removed: false, problems: vec![refused.into()] },
        })
    }

    /// Makes a course somebody's, who may everything in it then. For whose it is, and for who runs the site.
    async fn transfer_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which course, and whose it will be.")] input: TransferCourseInput,
    ) -> Result<TransferCoursePayload> {
        let request = acting(ctx, Scope::Roster)?;
        let outcome = transfer::transfer(&request.deps, &request.viewer, &input.course, &input.email).await;
        Ok(match error::expected(outcome)? {
            Ok(()) => TransferCoursePayload { transferred: true, problems: Vec::new() },
            Err(refused) => TransferCoursePayload { transferred: false, problems: vec![refused.into()] },
        })
    }

    /// Makes a role of a course, or changes what a role allows there. For who may change roles in the course, up to what they may themselves;
    /// for the whole site, for who runs it.
    async fn set_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role as it is to be.")] input: SetRoleInput,
    ) -> Result<SetRolePayload> {
        let request = acting(ctx, Scope::Roster)?;
        let new = roles::NewRole {
            course: input.course,
            key: input.key,
            name: input.name,
            kind: input.kind.into(),
            permissions: input.permissions.into_iter().map(Into::into).collect(),
        };
        Ok(match error::expected(roles::set_role(&request.deps, &request.viewer, new).await)? {
            Ok(role) => SetRolePayload { role: Some(CourseRole::of(&role)), problems: Vec::new() },
            Err(refused) => SetRolePayload { role: None, problems: vec![refused.into()] },
        })
    }

    /// Takes back what a course, or the site, says about a role. A course's own role goes, and who has it is left with its kind; of a kind,
    /// the next word about it counts.
    async fn remove_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RemoveRoleInput,
    ) -> Result<RemoveRolePayload> {
        let request = acting(ctx, Scope::Roster)?;
        let (course, key) = (input.course.as_deref(), input.key.as_str());
        Ok(match error::expected(removing::remove_role(&request.deps, &request.viewer, course, key).await)? {
            Ok(people) => {
                RemoveRolePayload { people: Some(i32::try_from(people).unwrap_or(i32::MAX)), problems: Vec::new() }
            }
            Err(refused) => RemoveRolePayload { people: None, problems: vec![refused.into()] },
        })
    }
}
