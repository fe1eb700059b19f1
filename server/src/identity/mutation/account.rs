//! What people do about their own accounts: getting one, and changing it.

use actors::identity::change_email::{self as moving, Moved};
use actors::identity::change_password::{self as changing, NewPassword, change_password};
use actors::identity::{redeem as redeeming, requests as requesting};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::{request, signed_in};
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;
use crate::identity::object::User;

/// Getting an account, and changing it.
#[derive(Default)]
pub struct AccountMutation;

/// Somebody who wants an account.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The address to sign in with.
    email: String,
    /// The name that others see.
    name: String,
}

/// Somebody who has forgotten their password.
#[derive(InputObject)]
pub struct RequestPasswordInput {
    /// The address of the account.
    email: String,
}

/// What came of asking for an account. It says nothing about whether there is such an account: that is told in a letter to its address.
#[derive(SimpleObject)]
pub struct RegisterPayload {
    /// Whether the request was taken.
    taken: bool,
    /// Why it was not.
    problems: Vec<RegisterProblem>,
}

/// What came of asking for a new password. It says nothing about whether there is such an account: that is told in a letter to its address.
#[derive(SimpleObject)]
pub struct RequestPasswordPayload {
    /// Whether the request was taken.
    taken: bool,
    /// Why it was not.
    problems: Vec<RequestPasswordProblem>,
}

problems! {
    /// Why a registration was not taken.
    RegisterProblem,
    /// The problems of registering.
    RegisterProblemCode;
    /// Why a request for a new password was not taken.
    RequestPasswordProblem,
    /// The problems of asking for a new password.
    RequestPasswordProblemCode;
    = "requesting::RequestCode" as requesting::RequestCode => {
        /// It is not an address.
        EmailInvalid,
        /// It is not a name.
        NameInvalid,
        /// People cannot register here by themselves.
        RegistrationClosed,
        /// There were too many requests.
        TooManyAttempts,
    }
}

/// An invitation to be accepted, or a registration to be finished.
#[derive(InputObject)]
pub struct AcceptInvitationInput {
    /// The code of the letter.
    code: String,
    /// The password to sign in with: at least 10 characters, at most 1024 bytes, and not one that is guessed early.
    password: String,
    /// The name that others see. Of an invitation, the one that was given before when absent; of a registration it must be said.
    name: Option<String>,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct AcceptInvitationPayload {
    /// Whose account it is. They can sign in now.
    user: Option<User>,
    /// Why it is not theirs.
    problems: Vec<AcceptInvitationProblem>,
}

/// A new password, by the code of a letter.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// The code of the letter.
    code: String,
    /// The new password: at least 10 characters, at most 1024 bytes, and not one that is guessed early.
    password: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct ResetPasswordPayload {
    /// Whether the password is the new one. All sign-ins and tokens of the account have ended then.
    changed: bool,
    /// Why it is not.
    problems: Vec<ResetPasswordProblem>,
}

/// The half of a change of address.
#[derive(InputObject)]
pub struct ConfirmEmailInput {
    /// The code of the letter.
    code: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct ConfirmEmailPayload {
    /// How far the change is; null when there are problems.
    moved: Option<EmailMoved>,
    /// Why nothing was confirmed.
    problems: Vec<ConfirmEmailProblem>,
}

/// How far a change of address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Moved")]
pub enum EmailMoved {
    /// The other half is missing: a letter about it waits at the other address.
    Half,
    /// The account has its new address.
    Whole,
}

problems! {
    /// Why an invitation was not accepted.
    AcceptInvitationProblem,
    /// The problems of accepting an invitation.
    AcceptInvitationProblemCode;
    /// Why a password was not set.
    ResetPasswordProblem,
    /// The problems of setting a new password.
    ResetPasswordProblemCode;
    /// Why nothing was confirmed.
    ConfirmEmailProblem,
    /// The problems of confirming an address.
    ConfirmEmailProblemCode;
    = "redeeming::RedeemCode" as redeeming::RedeemCode => {
        /// It is none, was used, is too old, or was withdrawn.
        NotGood,
        /// It is not a name.
        NameInvalid,
        /// The password is too short or too long.
        PasswordLength,
        /// The password is guessed early.
        PasswordCommon,
    }
}

/// Another password for one's account.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The present password.
    password: String,
    /// The new one: at least 10 characters, at most 1024 bytes, and not one that is guessed early.
    new_password: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct ChangePasswordPayload {
    /// Whether the password is the new one. The other sign-ins of the account have ended then.
    changed: bool,
    /// Why it is not.
    problems: Vec<ChangePasswordProblem>,
}

/// Another address for one's account.
#[derive(InputObject)]
pub struct RequestEmailChangeInput {
    /// The present password.
    password: String,
    /// The new address.
    email: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct RequestEmailChangePayload {
    /// Whether letters were sent to both addresses. The account moves when both have been answered.
    taken: bool,
    /// Why none were.
    problems: Vec<RequestEmailChangeProblem>,
}

problems! {
    /// Why a password was not changed.
    ChangePasswordProblem,
    /// The problems of changing a password.
    ChangePasswordProblemCode;
    /// Why no letters were sent.
    RequestEmailChangeProblem,
    /// The problems of changing an address.
    RequestEmailChangeProblemCode;
    = "changing::AccountCode" as changing::AccountCode => {
        /// Only a sign-in may change an account, and no token.
        NotAllowed,
        /// The present password is not right.
        WrongPassword,
        /// There were too many attempts with a wrong password.
        TooManyAttempts,
        /// The password is too short or too long.
        PasswordLength,
        /// The password is guessed early.
        PasswordCommon,
        /// It is not an address.
        EmailInvalid,
        /// A course is theirs, or they run the site.
        Needed,
    }
}

#[Object]
impl AccountMutation {
    /// Asks for an account, where people may register. Everything else goes by letter; the answer is the same whether there is such an
    /// account already.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who wants it.")] input: RegisterInput,
    ) -> Result<RegisterPayload> {
        let request = request(ctx)?;
        let address = request.caller.address;
        let outcome = requesting::register(&request.deps, &input.email, &input.name, address).await;
        Ok(match error::expected(outcome)? {
            Ok(()) => RegisterPayload { taken: true, problems: Vec::new() },
            Err(refused) => RegisterPayload { taken: false, problems: vec![refused.into()] },
        })
    }

    /// Asks for a letter with which one chooses a new password. The answer is the same whether there is such an account.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn request_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For which account.")] input: RequestPasswordInput,
    ) -> Result<RequestPasswordPayload> {
        let request = request(ctx)?;
        let outcome = requesting::request_password(&request.deps, &input.email, request.caller.address).await;
        Ok(match error::expected(outcome)? {
            Ok(()) => RequestPasswordPayload { taken: true, problems: Vec::new() },
            Err(refused) => RequestPasswordPayload { taken: false, problems: vec![refused.into()] },
        })
    }

    /// Makes the account of an invitation or a registration one's own.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the letter, and the password.")] input: AcceptInvitationInput,
    ) -> Result<AcceptInvitationPayload> {
        let request = request(ctx)?;
        let outcome = redeeming::accept(&request.deps, &input.code, input.password, input.name.as_deref()).await;
        Ok(match error::expected(outcome)? {
            Ok(user) => AcceptInvitationPayload { user: Some(User(user.into())), problems: Vec::new() },
            Err(refused) => AcceptInvitationPayload { user: None, problems: vec![refused.into()] },
        })
    }

    /// Sets a new password, by the code of a letter.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the letter, and the password.")] input: ResetPasswordInput,
    ) -> Result<ResetPasswordPayload> {
        let request = request(ctx)?;
        Ok(match error::expected(redeeming::reset(&request.deps, &input.code, input.password).await)? {
            Ok(_) => ResetPasswordPayload { changed: true, problems: Vec::new() },
            Err(refused) => ResetPasswordPayload { changed: false, problems: vec![refused.into()] },
        })
    }

    /// Confirms one half of a change of address, by the code of a letter.
    #[graphql(complexity = "20 + child_complexity")]
    async fn confirm_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the letter.")] input: ConfirmEmailInput,
    ) -> Result<ConfirmEmailPayload> {
        let request = request(ctx)?;
        Ok(match error::expected(moving::confirm_email(&request.deps, &input.code).await)? {
            Ok(moved) => ConfirmEmailPayload { moved: Some(moved.into()), problems: Vec::new() },
            Err(refused) => ConfirmEmailPayload { moved: None, problems: vec![refused.into()] },
        })
    }

    /// Gives one's account another password, and ends its other sign-ins.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present password and the new one.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let request = signed_in(ctx)?;
        let (present, new, address) = (input.password, input.new_password, request.caller.address);
        let new = NewPassword {
            present,
            new,
            hands_cookie: request.cookie.as_ref().is_some_and(|slot| slot.get().is_none()),
        };
        let outcome = change_password(&request.deps, &request.viewer, new, address).await;
        Ok(match error::expected(outcome)? {
            Ok(cookie) => {
                if let (Some(slot), Some(cookie)) = (&request.cookie, cookie) {
                    // Once: of two changes in one request the second would come by a session that has another secret.
                    let _ = slot.set(cookie);
                }
                ChangePasswordPayload { changed: true, problems: Vec::new() }
            }
            Err(refused) => ChangePasswordPayload { changed: false, problems: vec![refused.into()] },
        })
    }

    /// Begins to move one's account to another address: letters go to both, and both must be answered.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn request_email_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present password and the new address.")] input: RequestEmailChangeInput,
    ) -> Result<RequestEmailChangePayload> {
        let request = signed_in(ctx)?;
        let (password, address) = (input.password, request.caller.address);
        let outcome =
            moving::request_email_change(&request.deps, &request.viewer, password, &input.email, address).await;
        Ok(match error::expected(outcome)? {
            Ok(()) => RequestEmailChangePayload { taken: true, problems: Vec::new() },
            Err(refused) => RequestEmailChangePayload { taken: false, problems: vec![refused.into()] },
        })
    }
}
