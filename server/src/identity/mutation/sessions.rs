//! Ending one's sessions and connections, and making tokens.

use actors::identity::external::disconnect as disconnecting;
use actors::identity::{create_token as creating, sign_out as ending};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::id::{self, Kind};

use crate::graphql::context::signed_in;
use crate::graphql::error;
use crate::graphql::problem::problems;
use crate::identity::object::session::{Session, TokenScope};

/// Ending one's sessions, and making tokens.
#[derive(Default)]
pub struct SessionMutation;

/// A session to be ended.
#[derive(InputObject)]
pub struct EndSessionInput {
    /// The global id of the session.
    session: ID,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct EndSessionPayload {
    /// Whether it has ended, now or before.
    ended: bool,
    /// Why it has not.
    problems: Vec<EndSessionProblem>,
}

problems! {
    /// Why a session was not ended.
    EndSessionProblem,
    /// The problems of ending a session.
    EndSessionProblemCode;
    /// Why sign-ins were not ended.
    EndOtherSessionsProblem,
    /// The problems of ending sign-ins.
    EndOtherSessionsProblemCode;
    = "ending::EndSessionCode" as ending::EndSessionCode => {
        /// There is no such session of yours.
        NotFound,
        /// Only a sign-in may end others, and no token.
        NotAllowed,
    }
}

/// What came of ending all others.
#[derive(SimpleObject)]
pub struct EndOtherSessionsPayload {
    /// How many sign-ins have ended.
    ended: i32,
    /// Why none have.
    problems: Vec<EndOtherSessionsProblem>,
}

/// A connection with a provider to be ended.
#[derive(InputObject)]
pub struct DisconnectIdentityInput {
    /// The global id of who somebody is there.
    identity: ID,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct DisconnectIdentityPayload {
    /// Whether it has ended.
    disconnected: bool,
    /// Why it has not.
    problems: Vec<DisconnectIdentityProblem>,
}

problems! {
    /// Why a connection with a provider was not ended.
    DisconnectIdentityProblem,
    /// The problems of ending a connection with a provider.
    DisconnectIdentityProblemCode;
    = "disconnecting::DisconnectCode" as disconnecting::DisconnectCode => {
        /// There is no such connection of yours.
        NotFound,
        /// Only a sign-in changes the ways into an account, and no token.
        NotAllowed,
    }
}

/// A token to be made.
#[derive(InputObject)]
pub struct CreateTokenInput {
    /// How you will know it: 1 to 100 characters.
    name: String,
    /// Whose it will be, by the address: for the site's operator at the machine. Yours when absent.
    email: Option<String>,
    /// What it may be used for; at least one. It never allows more than you may do yourself.
    scopes: Vec<TokenScope>,
    /// The global ids of the only courses that it may be used for; all when absent.
    courses: Option<Vec<ID>>,
    /// After how many days it ends, 1 to 366.
    #[graphql(default = 90)]
    days: i32,
}

/// What came of making a token.
#[derive(SimpleObject)]
pub struct CreateTokenPayload {
    /// What to send as `Authorization: Bearer …`. It is shown this once.
    token: Option<String>,
    /// The session that it opens: to look after it, and to end it.
    session: Option<Session>,
    /// Why there is none.
    problems: Vec<CreateTokenProblem>,
}

problems! {
    /// Why a token was not made.
    CreateTokenProblem,
    /// The problems of making a token.
    CreateTokenProblemCode;
    = "creating::CreateTokenCode" as creating::CreateTokenCode => {
        /// Only a sign-in may make tokens, and no token.
        NotAllowed,
        /// It is not a name.
        NameInvalid,
        /// A scope is missing.
        ScopeMissing,
        /// There is no such course.
        CourseUnknown,
        /// It must end after 1 to 366 days.
        DaysInvalid,
        /// There is no account with that address.
        UserUnknown,
        /// There are as many tokens as somebody may have.
        TooMany,
    }
}

#[Object]
impl SessionMutation {
    /// Ends one of your sessions, and whatever was given for it.
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: EndSessionInput,
    ) -> Result<EndSessionPayload> {
        let request = signed_in(ctx)?;
        // What is no session's id is no session.
        let session = id::decode_as(Kind::Session, &input.session).unwrap_or_default();
        Ok(match error::expected(ending::end_session(&request.deps, &request.viewer, session).await)? {
            Ok(()) => EndSessionPayload { ended: true, problems: Vec::new() },
            Err(refused) => EndSessionPayload { ended: false, problems: vec![refused.into()] },
        })
    }

    /// Ends all your sign-ins but the one by which you have come. Tokens that you made stay.
    async fn end_other_sessions(&self, ctx: &Context<'_>) -> Result<EndOtherSessionsPayload> {
        let request = signed_in(ctx)?;
        Ok(match error::expected(ending::end_others(&request.deps, &request.viewer).await)? {
            Ok(ended) => {
                let ended = i32::try_from(ended).unwrap_or(i32::MAX);
                EndOtherSessionsPayload { ended, problems: Vec::new() }
            }
            Err(refused) => EndOtherSessionsPayload { ended: 0, problems: vec![refused.into()] },
        })
    }

    /// Ends the connection of an account with a provider: who signs in there shows a password before they come into it again. Sign-ins that
    /// are open stay.
    async fn disconnect_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: DisconnectIdentityInput,
    ) -> Result<DisconnectIdentityPayload> {
        let request = signed_in(ctx)?;
        // What is no identity's id is none.
        let identity = id::decode_as(Kind::ExternalIdentity, &input.identity).unwrap_or_default();
        Ok(match error::expected(disconnecting::disconnect(&request.deps, &request.viewer, identity).await)? {
            Ok(()) => DisconnectIdentityPayload { disconnected: true, problems: Vec::new() },
            Err(refused) => DisconnectIdentityPayload { disconnected: false, problems: vec![refused.into()] },
        })
    }

    /// Makes a token for a script. It is shown once.
    async fn create_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is for.")] input: CreateTokenInput,
    ) -> Result<CreateTokenPayload> {
        let request = signed_in(ctx)?;
        let courses = input.courses.map(|courses| {
            courses.iter().map(|course| id::decode_as(Kind::Course, course).unwrap_or_default()).collect()
        });
        let new = creating::NewToken {
            name: input.name,
            scopes: input.scopes.into_iter().map(Into::into).collect(),
            courses,
            days: input.days,
        };
        Ok(
            match error::expected(
                creating::create_token(&request.deps, &request.viewer, input.email.as_deref(), new).await,
            )? {
                Ok(made) => CreateTokenPayload {
                    token: Some(made.token),
                    session: Some(Session(made.session.into())),
                    problems: Vec::new(),
                },
                Err(refused) => CreateTokenPayload { token: None, session: None, problems: vec![refused.into()] },
            },
        )
    }
}
