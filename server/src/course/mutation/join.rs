//! Codes by which students put themselves on a roster.

use actors::course::{join, make_join_code as codes};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::id::{self, Kind};
use entity::identity::scope::Scope;

use crate::course::object::Enrollment;
use crate::course::object::join_code::JoinCode;
use crate::graphql::context::{acting, signed_in};
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;
use crate::graphql::scalar::DateTime;

/// Codes to join by.
#[derive(Default)]
pub struct JoinMutation;

/// A code to be made.
#[derive(InputObject)]
pub struct CreateJoinCodeInput {
    /// The key of the course.
    course: String,
    /// The lab section of whoever joins by it.
    lab_section: Option<String>,
    /// When it ends; never, when absent.
    expires_at: Option<DateTime>,
    /// How many may join by it; any number, when absent.
    max_uses: Option<i32>,
}

/// What came of making a code.
#[derive(SimpleObject)]
pub struct CreateJoinCodePayload {
    /// What is kept of the code.
    join_code: Option<JoinCode>,
    /// The code itself, which is shown this once.
    code: Option<String>,
    /// Why it was not made.
    problems: Vec<CreateJoinCodeProblem>,
}

/// A code to be ended.
#[derive(InputObject)]
pub struct RevokeJoinCodeInput {
    /// Its global id.
    join_code: ID,
}

/// What came of ending a code.
#[derive(SimpleObject)]
pub struct RevokeJoinCodePayload {
    /// The code, by which nobody joins any more.
    join_code: Option<JoinCode>,
    /// Why it was not ended.
    problems: Vec<RevokeJoinCodeProblem>,
}

problems! {
    /// Why a code was not made.
    CreateJoinCodeProblem,
    /// The problems of making a code.
    CreateJoinCodeProblemCode;
    /// Why a code was not ended.
    RevokeJoinCodeProblem,
    /// The problems of ending a code.
    RevokeJoinCodeProblemCode;
    = "codes::JoinCodeCode" as codes::JoinCodeCode => {
        /// You may not change the roster of that course.
        NotAllowed,
        /// There is no such course; synchronise the content first.
        CourseUnknown,
        /// There is no such code.
        CodeUnknown,
        /// The lab section is too long, or has more than a line.
        LabSectionInvalid,
        /// Its end is over already.
        EndInvalid,
        /// So many cannot be let join.
        UsesInvalid,
        /// Taking part as a student allows more than you may in the course.
        BeyondYours,
    }
}

/// A course to be joined.
#[derive(InputObject)]
pub struct JoinCourseInput {
    /// The code that its staff has given away.
    code: String,
}

/// What came of joining a course.
#[derive(SimpleObject)]
pub struct JoinCoursePayload {
    /// Your part in the course, which is as it was if you took part already.
    enrollment: Option<Enrollment>,
    /// Why you did not join.
    problems: Vec<JoinCourseProblem>,
}

problems! {
    /// Why somebody did not join a course.
    JoinCourseProblem,
    /// The problems of joining a course.
    JoinCourseProblemCode;
    = "join::JoinCode" as join::JoinCode => {
        /// Only people join, after a sign-in and not with a token.
        NotAPerson,
        /// No course has that code, or it has ended.
        CodeUnknown,
        /// There were too many attempts with wrong codes.
        TooManyAttempts,
    }
}

#[Object]
impl JoinMutation {
    /// Makes a code by which people put themselves on the roster of a course as students. For who may change the roster.
    async fn create_join_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For which course, whom and how long.")] input: CreateJoinCodeInput,
    ) -> Result<CreateJoinCodePayload> {
        let request = acting(ctx, Scope::Roster)?;
        let new = codes::NewJoinCode {
            course: input.course,
            lab_section: input.lab_section,
            expires_at: input.expires_at.map(|time| time.0),
            max_uses: input.max_uses,
        };
        Ok(match error::expected(codes::make_join_code(&request.deps, &request.viewer, new).await)? {
            Ok((row, code)) => {
                CreateJoinCodePayload { join_code: Some(JoinCode(row)), code: Some(code), problems: Vec::new() }
            }
            Err(refused) => CreateJoinCodePayload { join_code: None, code: None, problems: vec![refused.into()] },
        })
    }

    /// Ends a code: nobody joins by it any more, and who has stays. For who may change the roster.
    async fn revoke_join_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RevokeJoinCodeInput,
    ) -> Result<RevokeJoinCodePayload> {
        let request = acting(ctx, Scope::Roster)?;
        // An id of another kind names no code, like one of none.
        let key = id::decode_as(Kind::JoinCode, &input.join_code).unwrap_or(0);
        Ok(match error::expected(codes::revoke_join_code(&request.deps, &request.viewer, key).await)? {
            Ok(row) => RevokeJoinCodePayload { join_code: Some(JoinCode(row)), problems: Vec::new() },
            Err(refused) => RevokeJoinCodePayload { join_code: None, problems: vec![refused.into()] },
        })
    }

    /// Puts you on the roster of a course as a student, by a code that its staff has given away.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn join_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By which code.")] input: JoinCourseInput,
    ) -> Result<JoinCoursePayload> {
        let request = signed_in(ctx)?;
        let joined = join::join(&request.deps, &request.viewer, &input.code, request.caller.address).await;
        Ok(match error::expected(joined)? {
            Ok(row) => JoinCoursePayload { enrollment: Some(Enrollment(row)), problems: Vec::new() },
            Err(refused) => JoinCoursePayload { enrollment: None, problems: vec![refused.into()] },
        })
    }
}
