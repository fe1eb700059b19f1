//! What those who run the site do about accounts and rosters.

use actors::identity::create_user::{self as accounts, NewUser};
use actors::identity::disable_user as managing;
use actors::identity::{enroll as rosters, invite, rotate_keys as rotating};
use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use entity::identity::scope::Scope;

use crate::course::object::Role;
use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;
use crate::identity::object::User;

/// Accounts and rosters.
#[derive(Default)]
pub struct UserMutation;

/// An account to be made.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// The address to sign in with.
    email: String,
    /// The name that others see.
    name: String,
    /// The password to sign in with: at least 10 characters, at most 1024 bytes, and not one that is guessed early.
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

/// Somebody to be invited.
#[derive(InputObject)]
pub struct InviteUserInput {
    /// The address to sign in with, to which the invitation goes.
    email: String,
    /// The name that others see; they may choose another.
    name: String,
}

/// What came of inviting somebody.
#[derive(SimpleObject)]
pub struct InviteUserPayload {
    /// The account, which becomes theirs when they accept.
    user: Option<User>,
    /// Why they were not invited.
    problems: Vec<CreateUserProblem>,
}

problems! {
    /// Why an account was not made.
    CreateUserProblem;
    /// The problems of making an account.
    CreateUserProblemCode = "accounts::CreateUserCode" as accounts::CreateUserCode {
        /// Only who runs the site may.
        NotAllowed,
        /// It is not an address.
        EmailInvalid,
        /// There is an account with that address.
        EmailTaken,
        /// It is not a name.
        NameInvalid,
        /// The password is too short or too long.
        PasswordLength,
        /// The password is guessed early.
        PasswordCommon,
    }
}

/// An account to be closed, or opened again.
#[derive(InputObject)]
pub struct DisableUserInput {
    /// The address of the account.
    email: String,
    /// Whether it is to be closed; false opens it again.
    #[graphql(default = true)]
    disabled: bool,
}

/// What came of closing an account.
#[derive(SimpleObject)]
pub struct DisableUserPayload {
    /// Whose account it is.
    user: Option<User>,
    /// Why nothing was done.
    problems: Vec<ManageUserProblem>,
}

/// Somebody who needs a new password.
#[derive(InputObject)]
pub struct SendNewPasswordInput {
    /// The address of the account.
    email: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct SendNewPasswordPayload {
    /// To whom a letter goes.
    user: Option<User>,
    /// Why none does.
    problems: Vec<ManageUserProblem>,
}

problems! {
    /// Why nothing was done to an account.
    ManageUserProblem;
    /// The problems of looking after accounts.
    ManageUserProblemCode = "managing::ManageUserCode" as managing::ManageUserCode {
        /// Only who runs the site may.
        NotAllowed,
        /// There is no account with that address.
        UserUnknown,
        /// Nobody closes the account by which they have come.
        Oneself,
    }
}

/// What came of replacing the key that signs.
#[derive(SimpleObject)]
pub struct RotateKeysPayload {
    /// The name of the new key, the `kid` of tokens and of the published set.
    key_id: Option<String>,
    /// Why there is none.
    problems: Vec<RotateKeysProblem>,
}

problems! {
    /// Why the key was not replaced.
    RotateKeysProblem;
    /// The problems of replacing the key.
    RotateKeysProblemCode = "rotating::RotateKeysCode" as rotating::RotateKeysCode {
        /// Only who runs the site may.
        NotAllowed,
    }
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

problems! {
    /// Why somebody was not enrolled.
    EnrollProblem;
    /// The problems of enrolling.
    EnrollProblemCode = "rosters::EnrollCode" as rosters::EnrollCode {
        /// Only who runs the site may.
        NotAllowed,
        /// There is no account with that address.
        UserUnknown,
        /// There is no such course; synchronise the content first.
        CourseUnknown,
    }
}

#[Object]
impl UserMutation {
    /// Makes an account with a password, for the first people of a site and for programs; others are better invited. For who runs the site.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who it is for.")] input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let request = acting(ctx, Scope::Admin)?;
        let new = NewUser {
            email: input.email,
            name: input.name,
            password: input.password,
            admin: input.admin.unwrap_or(false),
        };
        Ok(match error::expected(accounts::create_user(&request.deps, &request.viewer, new).await)? {
            Ok(user) => CreateUserPayload { user: Some(User(user.into())), problems: Vec::new() },
            Err(refused) => CreateUserPayload { user: None, problems: vec![refused.into()] },
        })
    }

    /// Makes an account that its owner makes theirs by a letter. Somebody who was invited before gets a new letter. For who runs the site.
    #[graphql(complexity = "20 + child_complexity")]
    async fn invite_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who it is for.")] input: InviteUserInput,
    ) -> Result<InviteUserPayload> {
        let request = acting(ctx, Scope::Admin)?;
        let outcome = invite::invite(&request.deps, &request.viewer, &input.email, &input.name).await;
        Ok(match error::expected(outcome)? {
            Ok(user) => InviteUserPayload { user: Some(User(user.into())), problems: Vec::new() },
            Err(refused) => InviteUserPayload { user: None, problems: vec![refused.into()] },
        })
    }

    /// Closes an account: its sign-ins and tokens end, and nobody can come in by it. What its owner handed in stays. For who runs the site.
    async fn disable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: DisableUserInput,
    ) -> Result<DisableUserPayload> {
        let request = acting(ctx, Scope::Admin)?;
        let outcome = managing::disable_user(&request.deps, &request.viewer, &input.email, input.disabled).await;
        Ok(match error::expected(outcome)? {
            Ok(user) => DisableUserPayload { user: Some(User(user.into())), problems: Vec::new() },
            Err(refused) => DisableUserPayload { user: None, problems: vec![refused.into()] },
        })
    }

    /// Sends the owner of an account a letter with which they choose a new password. For who runs the site.
    #[graphql(complexity = "20 + child_complexity")]
    async fn send_new_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: SendNewPasswordInput,
    ) -> Result<SendNewPasswordPayload> {
        let request = acting(ctx, Scope::Admin)?;
        let outcome = managing::send_new_password(&request.deps, &request.viewer, &input.email).await;
        Ok(match error::expected(outcome)? {
            Ok(user) => SendNewPasswordPayload { user: Some(User(user.into())), problems: Vec::new() },
            Err(refused) => SendNewPasswordPayload { user: None, problems: vec![refused.into()] },
        })
    }

    /// Has a new key sign access tokens from now on; what the one before has signed stays good until it expires. For who runs the site.
    async fn rotate_keys(&self, ctx: &Context<'_>) -> Result<RotateKeysPayload> {
        let request = acting(ctx, Scope::Admin)?;
        Ok(match error::expected(rotating::rotate_keys(&request.deps, &request.viewer).await)? {
            Ok(kid) => RotateKeysPayload { key_id: Some(kid), problems: Vec::new() },
            Err(refused) => RotateKeysPayload { key_id: None, problems: vec![refused.into()] },
        })
    }

    /// Puts somebody on the roster of a course, or changes their role there. For who runs the site.
    async fn enroll(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, where, and as what.")] input: EnrollInput,
    ) -> Result<EnrollPayload> {
        let request = acting(ctx, Scope::Roster)?;
        let (email, course, role) = (input.email, input.course, input.role.into());
        let outcome = rosters::enroll(&request.deps, &request.viewer, &email, &course, role).await;
        Ok(match error::expected(outcome)? {
            Ok(()) => EnrollPayload { enrolled: true, problems: Vec::new() },
            Err(refused) => EnrollPayload { enrolled: false, problems: vec![refused.into()] },
        })
    }
}
