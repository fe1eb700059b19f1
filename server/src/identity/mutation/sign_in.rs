//! Signing in and out.

use actors::identity::sign_in::{self as signing_in, Credentials, SignedIn};
use actors::identity::{renew as renewing, sign_out as signing_out};
use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::graphql::context::{request, signed_in};
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;
use crate::graphql::scalar::DateTime;
use crate::identity::object::User;

/// Signing in and out.
#[derive(Default)]
pub struct SignInMutation;

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
    /// When the token stops being good: after an hour.
    expires_at: Option<DateTime>,
    /// What gets the next token from `renewSignIn`, once.
    refresh_token: Option<String>,
    /// Who is signed in now.
    user: Option<User>,
    /// Why nobody is.
    problems: Vec<SignInProblem>,
}

problems! {
    /// Why signing in did not work.
    SignInProblem,
    /// The problems of signing in.
    SignInProblemCode;
    = "signing_in::SignInCode" as signing_in::SignInCode => {
        /// The address and the password do not belong together. Whether the address is known is not said.
        WrongCredentials,
        /// There were too many attempts with a wrong password. Whether the address is known is not said.
        TooManyAttempts,
    }
}

/// A sign-in to be renewed.
#[derive(InputObject)]
pub struct RenewSignInInput {
    /// The refresh token that came last.
    refresh_token: String,
}

/// What came of renewing a sign-in.
#[derive(SimpleObject)]
pub struct RenewSignInPayload {
    /// What to send as `Authorization: Bearer …`; null when there are problems.
    token: Option<String>,
    /// When the token stops being good: after an hour.
    expires_at: Option<DateTime>,
    /// What gets the next token, once. The one that was sent is not good any more.
    refresh_token: Option<String>,
    /// Who is signed in.
    user: Option<User>,
    /// Why nobody is.
    problems: Vec<RenewSignInProblem>,
}

problems! {
    /// Why a sign-in was not renewed.
    RenewSignInProblem,
    /// The problems of renewing a sign-in.
    RenewSignInProblemCode;
    = "renewing::RenewCode" as renewing::RenewCode => {
        /// The token is not one of this site's, or its sign-in has ended.
        NotGood,
        /// It was used before, so it may have been copied. The sign-in has ended.
        Reused,
    }
}

/// What came of signing out.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// Always true: the token is not good any more.
    signed_out: bool,
}

#[Object]
impl SignInMutation {
    /// Signs in with an address and a password.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address and the password.")] input: SignInInput,
    ) -> Result<SignInPayload> {
        let request = request(ctx)?;
        let shown = Credentials {
            email: input.email,
            password: input.password,
            address: request.caller.address,
            program: request.caller.program(),
        };
        Ok(match error::expected(signing_in::sign_in(&request.deps, shown).await)? {
            Ok(SignedIn { tokens, user, .. }) => SignInPayload {
                token: Some(tokens.access.token),
                expires_at: Some(DateTime(tokens.access.expires_at)),
                refresh_token: Some(tokens.refresh),
                user: Some(User(user.into())),
                problems: Vec::new(),
            },
            Err(refused) => SignInPayload {
                token: None,
                expires_at: None,
                refresh_token: None,
                user: None,
                problems: vec![refused.into()],
            },
        })
    }

    /// Gets the next token of a sign-in. Needs no token, which may have expired.
    #[graphql(complexity = "20 + child_complexity")]
    async fn renew_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token.")] input: RenewSignInInput,
    ) -> Result<RenewSignInPayload> {
        let request = request(ctx)?;
        Ok(match error::expected(renewing::renew(&request.deps, &input.refresh_token).await)? {
            Ok(SignedIn { tokens, user, .. }) => RenewSignInPayload {
                token: Some(tokens.access.token),
                expires_at: Some(DateTime(tokens.access.expires_at)),
                refresh_token: Some(tokens.refresh),
                user: Some(User(user.into())),
                problems: Vec::new(),
            },
            Err(refused) => RenewSignInPayload {
                token: None,
                expires_at: None,
                refresh_token: None,
                user: None,
                problems: vec![refused.into()],
            },
        })
    }

    /// Ends the sign-in that this request's token or cookie belongs to, wherever that was copied to.
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<SignOutPayload> {
        let request = signed_in(ctx)?;
        if let (Some(person), Some(session)) = (request.viewer.user(), request.viewer.session) {
            signing_out::sign_out(&request.deps, person, session).await.map_err(error::fault)?;
        }
        Ok(SignOutPayload { signed_out: true })
    }
}
