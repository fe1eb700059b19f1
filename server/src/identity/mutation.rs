//! Signing in and out.

use actors::identity::{sign_in as signing_in, sign_out as signing_out};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use super::object::User;
use crate::graphql::context::{request, signed_in};
use crate::graphql::error;
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

#[Object]
impl IdentityMutation {
    /// Signs in with an address and a password.
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
                user: Some(User(signed_in.user)),
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
