//! Programs that may ask people to be let in: registered, and taken away.

use actors::identity::oauth::{register as registering, remove as removing};
use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use entity::identity::scope::Scope;

use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::problem::problems;
use crate::identity::object::session::TokenScope;

/// Programs.
#[derive(Default)]
pub struct ProgramMutation;

/// A program to be registered.
#[derive(InputObject)]
pub struct RegisterProgramInput {
    /// The name by which it asks, its `client_id`: 3 to 40 small letters, digits and dashes.
    key: String,
    /// How people know it.
    name: String,
    /// Where answers may go, letter for letter: addresses of https, or `http://127.0.0.1/` for any port of the person's own machine.
    redirects: Vec<String>,
    /// What it may ask for at most.
    scopes: Vec<TokenScope>,
    /// Whether it keeps a secret, as a program on a server can. One on people's own machines cannot.
    #[graphql(default = false)]
    confidential: bool,
}

/// What came of registering a program.
#[derive(SimpleObject)]
pub struct RegisterProgramPayload {
    /// Its `client_id`.
    client_id: Option<String>,
    /// Its `client_secret`, if it keeps one. It is shown this once.
    client_secret: Option<String>,
    /// Why it was not registered.
    problems: Vec<RegisterProgramProblem>,
}

problems! {
    /// Why a program was not registered.
    RegisterProgramProblem,
    /// The problems of registering a program.
    RegisterProgramProblemCode;
    = "registering::RegisterProgramCode" as registering::RegisterProgramCode => {
        /// Only who runs the site may.
        NotAllowed,
        /// It is no `client_id`.
        KeyInvalid,
        /// There is a program of that name.
        KeyTaken,
        /// It is not a name.
        NameInvalid,
        /// It is no place where answers may go.
        RedirectInvalid,
        /// A scope is missing.
        ScopeMissing,
    }
}

/// A program to be taken away.
#[derive(InputObject)]
pub struct RemoveProgramInput {
    /// The name by which it asks.
    client_id: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct RemoveProgramPayload {
    /// How many times it was let in until now; that has ended.
    ended: Option<i32>,
    /// Why it stays.
    problems: Vec<RemoveProgramProblem>,
}

problems! {
    /// Why a program stays.
    RemoveProgramProblem,
    /// The problems of taking a program away.
    RemoveProgramProblemCode;
    = "removing::RemoveProgramCode" as removing::RemoveProgramCode => {
        /// Only who runs the site may, after a sign-in.
        NotAllowed,
        /// No program of that name is registered.
        ProgramUnknown,
        /// It comes with Lectern.
        BuiltIn,
    }
}

#[Object]
impl ProgramMutation {
    /// Registers a program that may ask people to be let in by OAuth 2. For who runs the site.
    async fn register_program(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which program.")] input: RegisterProgramInput,
    ) -> Result<RegisterProgramPayload> {
        let request = acting(ctx, Scope::Admin)?;
        let new = registering::NewProgram {
            key: input.key,
            name: input.name,
            redirects: input.redirects,
            scopes: input.scopes.into_iter().map(Into::into).collect(),
            confidential: input.confidential,
        };
        Ok(match error::expected(registering::register(&request.deps, &request.viewer, new).await)? {
            Ok(registered) => RegisterProgramPayload {
                client_id: Some(registered.client.key),
                client_secret: registered.secret,
                problems: Vec::new(),
            },
            Err(refused) => {
                RegisterProgramPayload { client_id: None, client_secret: None, problems: vec![refused.into()] }
            }
        })
    }

    /// Takes a program away: nobody lets it in any more, and who did has not. For who runs the site.
    async fn remove_program(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which program.")] input: RemoveProgramInput,
    ) -> Result<RemoveProgramPayload> {
        let request = acting(ctx, Scope::Admin)?;
        Ok(match error::expected(removing::remove(&request.deps, &request.viewer, &input.client_id).await)? {
            Ok(ended) => {
                RemoveProgramPayload { ended: Some(i32::try_from(ended).unwrap_or(i32::MAX)), problems: Vec::new() }
            }
            Err(refused) => RemoveProgramPayload { ended: None, problems: vec![refused.into()] },
        })
    }
}
