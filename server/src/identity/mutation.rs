//! Signing in and out.

use actors::identity::create_user::{self as accounts, NewUser};
use actors::identity::{enroll as rosters, sign_in as signing_in, sign_out as signing_out};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use super::object::User;
use crate::course::object::Role;
use crate::graphql::context::{request, signed_in};
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::scalar::DateTime;

/// Signing in and out.
#[derive(Default)]
pub struct IdentityMutation;

/// How to sign in.
#[derive(InputObject)]
pub struct SignInInput {
    /// The address of the account.
    email: String,
    /// Its password.
    password: String,
}

/// What came of signing in.
#[derive(SimpleObject)]
pub struct SignInPayload {
    /// What to send as `Authorization: Bearer …`; null when there are problems.
    token: Option<String>,
    /// When the token stops being good.
    expires_at: Option<DateTime>,
    /// Who is signed in now.
    user: Option<User>,
    /// Why nobody is.
    problems: Vec<SignInProblem>,
}

/// Why signing in did not work.
#[derive(SimpleObject)]
pub struct SignInProblem {
    /// What kind of problem it is.
    code: SignInProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "signing_in::SignInCode")]
pub enum SignInProblemCode {
    /// The address and the password do not belong together. Whether the address is known is not said.
    WrongCredentials,
}

/// What came of signing out.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// Always true: the token is not good any more.
    signed_out: bool,
}

/// An account to be made.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// The address to sign in with.
    email: String,
    /// The name that others see.
    name: String,
    /// The password to sign in with: at least 8 characters, at most 1024 bytes.
    password: String,
    /// Whether they run the site; no when absent.
    admin: Option<bool>,
}

/// What came of making an account.
#[derive(SimpleObject)]
pub struct CreateUserPayload {
    /// The account.
    user: Option<User>,
    /// Why there is none.
    problems: Vec<CreateUserProblem>,
}

/// Why an account was not made.
#[derive(SimpleObject)]
pub struct CreateUserProblem {
    /// What kind of problem it is.
    code: CreateUserProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of making an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "accounts::CreateUserCode")]
pub enum CreateUserProblemCode {
    /// Only the site's staff may.
    NotAllowed,
    /// It is not an address.
    EmailInvalid,
    /// There is an account with that address.
    EmailTaken,
    /// A name is missing.
    NameEmpty,
    /// The password is too short or too long.
    PasswordLength,
}

/// Somebody to be put on a roster.
#[derive(InputObject)]
pub struct EnrollInput {
    /// The address of the account.
    email: String,
    /// The key of the course, such as `data-in-the-wild`.
    course: String,
    /// As what. Somebody who is enrolled already gets this role.
    role: Role,
}

/// What came of enrolling somebody.
#[derive(SimpleObject)]
pub struct EnrollPayload {
    /// Whether they have that role in the course now.
    enrolled: bool,
    /// Why they do not.
    problems: Vec<EnrollProblem>,
}

/// Why somebody was not enrolled.
#[derive(SimpleObject)]
pub struct EnrollProblem {
    /// What kind of problem it is.
    code: EnrollProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of enrolling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "rosters::EnrollCode")]
pub enum EnrollProblemCode {
    /// Only the site's staff may.
    NotAllowed,
    /// There is no account with that address.
    UserUnknown,
    /// There is no such course; synchronise the content first.
    CourseUnknown,
}

#[Object]
impl IdentityMutation {
    /// Makes an account. For the site's staff.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who it is for.")] input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let request = signed_in(ctx)?;
        let new = NewUser {
            email: input.email,
            name: input.name,
            password: input.password,
            admin: input.admin.unwrap_or(false),
        };
        Ok(match error::expected(accounts::create_user(&request.deps, &request.viewer, new).await)? {
            Ok(user) => CreateUserPayload { user: Some(User(user.into())), problems: Vec::new() },
            Err(refused) => {
                let problem =
                    CreateUserProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                CreateUserPayload { user: None, problems: vec![problem] }
            }
        })
    }

    /// Puts somebody on the roster of a course, or changes their role there. For the site's staff.
    async fn enroll(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, where, and as what.")] input: EnrollInput,
    ) -> Result<EnrollPayload> {
        let request = signed_in(ctx)?;
        let (email, course, role) = (input.email, input.course, input.role.into());
        let outcome = rosters::enroll(&request.deps, &request.viewer, &email, &course, role).await;
        Ok(match error::expected(outcome)? {
            Ok(()) => EnrollPayload { enrolled: true, problems: Vec::new() },
            Err(refused) => {
                let problem = EnrollProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                EnrollPayload { enrolled: false, problems: vec![problem] }
            }
        })
    }

    /// Signs in with an address and a password.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address and the password.")] input: SignInInput,
    ) -> Result<SignInPayload> {
        let request = request(ctx)?;
        let outcome = signing_in::sign_in(&request.deps, &input.email, input.password).await;
        Ok(match error::expected(outcome)? {
            Ok(signed_in) => SignInPayload {
                token: Some(signed_in.token),
                expires_at: Some(DateTime(signed_in.session.expires_at)),
                user: Some(User(signed_in.user.into())),
                problems: Vec::new(),
            },
            Err(refused) => SignInPayload {
                token: None,
                expires_at: None,
                user: None,
                problems: vec![SignInProblem {
                    code: refused.code.into(),
                    message: refused.message,
                    path: refused.path,
                }],
            },
        })
    }

    /// Ends the sign-in that this request's token belongs to, wherever that token was copied to.
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<SignOutPayload> {
        let request = signed_in(ctx)?;
        if let Some(session) = request.session {
            signing_out::sign_out(&request.deps, session).await.map_err(error::fault)?;
        }
        Ok(SignOutPayload { signed_out: true })
    }
}
