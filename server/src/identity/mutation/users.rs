//! What those who run the site do about accounts.

use actors::identity::create_user::{self as accounts, NewUser};
use actors::identity::disable_user as managing;
use actors::identity::keyring::Purpose;
use actors::identity::{impersonate as impersonating, invite, rotate_keys as rotating, set_admin as promoting};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use entity::identity::scope::Scope;
use entity::identity::session::SessionKind;

use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;
use crate::identity::object::User;

/// Accounts.
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
    problems: Vec<InviteUserProblem>,
}

problems! {
    /// Why an account was not made.
    CreateUserProblem,
    /// The problems of making an account.
    CreateUserProblemCode;
    /// Why somebody was not invited.
    InviteUserProblem,
    /// The problems of inviting somebody.
    InviteUserProblemCode;
    = "accounts::CreateUserCode" as accounts::CreateUserCode => {
        /// Only who runs the site may.
        NotAllowed,
        /// It is not an address.
        EmailInvalid,
        /// There is an account with that address.
        EmailTaken,
        /// It is not a name.
        NameEmpty,
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
    problems: Vec<DisableUserProblem>,
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
    problems: Vec<SendNewPasswordProblem>,
}

problems! {
    /// Why an account was neither closed nor opened.
    DisableUserProblem,
    /// The problems of closing an account.
    DisableUserProblemCode;
    /// Why no letter was sent.
    SendNewPasswordProblem,
    /// The problems of sending a letter for a new password.
    SendNewPasswordProblemCode;
    = "managing::ManageUserCode" as managing::ManageUserCode => {
        /// Only who runs the site may.
        NotAllowed,
        /// There is no account with that address.
        UserUnknown,
        /// Nobody closes the account by which they have come.
        Oneself,
    }
}

/// Somebody who is to run the site, or not any more.
#[derive(InputObject)]
pub struct SetAdminInput {
    /// The address of the account.
    email: String,
    /// Whether they run the site.
    admin: bool,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct SetAdminPayload {
    /// Whose account it is.
    user: Option<User>,
    /// Why nothing was changed.
    problems: Vec<SetAdminProblem>,
}

problems! {
    /// Why somebody was neither made one who runs the site, nor is that any less.
    SetAdminProblem,
    /// The problems of saying who runs the site.
    SetAdminProblemCode;
    = "promoting::SetAdminCode" as promoting::SetAdminCode => {
        /// Only who runs the site may, after a sign-in and not with a token.
        NotAllowed,
        /// There is no account with that address that somebody uses.
        UserUnknown,
        /// Nobody changes that about themselves.
        Oneself,
    }
}

/// Which key is to be replaced.
#[derive(InputObject, Default)]
pub struct RotateKeysInput {
    /// What it signs.
    #[graphql(default)]
    purpose: KeyPurpose,
}

/// What a key signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum KeyPurpose {
    /// Access tokens.
    #[default]
    Access,
    /// Receipts.
    Receipt,
}

/// What came of replacing the key that signs.
#[derive(SimpleObject)]
pub struct RotateKeysPayload {
    /// The name of the new key, the `kid` of tokens, or the `keyId` of receipts, and of the published set.
    key_id: Option<String>,
    /// Why there is none.
    problems: Vec<RotateKeysProblem>,
}

problems! {
    /// Why the key was not replaced.
    RotateKeysProblem,
    /// The problems of replacing the key.
    RotateKeysProblemCode;
    = "rotating::RotateKeysCode" as rotating::RotateKeysCode => {
        /// Only who runs the site may.
        NotAllowed,
    }
}

/// Somebody in whose name to act.
#[derive(InputObject)]
pub struct ImpersonateInput {
    /// The address of the account.
    email: String,
    /// Why, in up to 500 characters. It stays in the audit log.
    reason: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct ImpersonatePayload {
    /// What to send as `Authorization: Bearer …` to act in their name, for an hour.
    token: Option<String>,
    /// In whose name.
    user: Option<User>,
    /// Why not.
    problems: Vec<ImpersonateProblem>,
}

problems! {
    /// Why nobody acts in another's name.
    ImpersonateProblem,
    /// The problems of acting in another's name.
    ImpersonateProblemCode;
    = "impersonating::ImpersonateCode" as impersonating::ImpersonateCode => {
        /// Only who runs the site may, after a sign-in of their own.
        NotAllowed,
        /// There is no account with that address that somebody uses.
        UserUnknown,
        /// A reason is missing.
        ReasonMissing,
        /// Nobody acts in the name of somebody who runs the site.
        RunsSite,
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

    /// Makes somebody one who runs the site, or takes that away. For who runs it, after a sign-in.
    async fn set_admin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: SetAdminInput,
    ) -> Result<SetAdminPayload> {
        let request = acting(ctx, Scope::Admin)?;
        let outcome = promoting::set_admin(&request.deps, &request.viewer, &input.email, input.admin).await;
        Ok(match error::expected(outcome)? {
            Ok(user) => SetAdminPayload { user: Some(User(user.into())), problems: Vec::new() },
            Err(refused) => SetAdminPayload { user: None, problems: vec![refused.into()] },
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

    /// Has a new key sign from now on; what the one before has signed stays good: access tokens until they expire, receipts for ever. For
    /// who runs the site.
    async fn rotate_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; the one for access tokens when nothing is said.")] input: Option<RotateKeysInput>,
    ) -> Result<RotateKeysPayload> {
        let request = acting(ctx, Scope::Admin)?;
        let purpose = match input.unwrap_or_default().purpose {
            KeyPurpose::Access => Purpose::Access,
            KeyPurpose::Receipt => Purpose::Receipt,
        };
        Ok(match error::expected(rotating::rotate_keys(&request.deps, &request.viewer, purpose).await)? {
            Ok(kid) => RotateKeysPayload { key_id: Some(kid), problems: Vec::new() },
            Err(refused) => RotateKeysPayload { key_id: None, problems: vec![refused.into()] },
        })
    }

    /// Opens a way to act in somebody's name for an hour, to see what they see. It never changes their account, and the audit log names who
    /// did what. For who runs the site, after a sign-in of their own.
    async fn impersonate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In whose name, and why.")] input: ImpersonateInput,
    ) -> Result<ImpersonatePayload> {
        let request = acting(ctx, Scope::Admin)?;
        let (email, reason) = (&input.email, &input.reason);
        let outcome =
            impersonating::impersonate(&request.deps, &request.viewer, email, reason, SessionKind::Token).await;
        Ok(match error::expected(outcome)? {
            Ok(opened) => ImpersonatePayload {
                token: Some(opened.secret),
                user: Some(User(opened.user.into())),
                problems: Vec::new(),
            },
            Err(refused) => ImpersonatePayload { token: None, user: None, problems: vec![refused.into()] },
        })
    }
}
