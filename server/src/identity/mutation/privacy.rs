//! What somebody may ask of the site about their own data.

use actors::identity::change_password as changing;
use actors::identity::erase_account::{self as erasing, Kept};
use actors::identity::export_account as exporting;
use async_graphql::{Context, InputObject, Json, Object, Result, SimpleObject};
use serde_json::Value;

use crate::graphql::context::signed_in;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;

/// One's own data.
#[derive(Default)]
pub struct PrivacyMutation;

/// A copy of one's data.
#[derive(InputObject)]
pub struct ExportAccountInput {
    /// The present password.
    password: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct ExportAccountPayload {
    /// Everything that the site holds about you, by table, and for each what becomes of it when you are forgotten.
    account: Option<Json<Value>>,
    /// Why you are not given it.
    problems: Vec<ExportAccountProblem>,
}

/// Somebody who wants to be forgotten.
#[derive(InputObject)]
pub struct EraseAccountInput {
    /// The present password.
    password: String,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct EraseAccountPayload {
    /// Whether your name, address, password and every way in are gone. There is no way back.
    erased: bool,
    /// What stays under a number that leads to nobody, and why; at most 20.
    kept: Vec<KeptRows>,
    /// Why you are still there.
    problems: Vec<EraseAccountProblem>,
}

/// Rows about somebody who is forgotten that stay.
#[derive(SimpleObject)]
pub struct KeptRows {
    /// The table, and the column that holds the number.
    what: String,
    /// How many.
    count: i32,
    /// Why they stay.
    reason: String,
}

impl From<Kept> for KeptRows {
    fn from(kept: Kept) -> Self {
        let count = i32::try_from(kept.count).unwrap_or(i32::MAX);
        Self { what: kept.what, count, reason: kept.why.to_owned() }
    }
}

problems! {
    /// Why you are not given your data.
    ExportAccountProblem,
    /// The problems of giving somebody their data.
    ExportAccountProblemCode;
    /// Why you are still there.
    EraseAccountProblem,
    /// The problems of forgetting somebody.
    EraseAccountProblemCode;
    = "changing::AccountCode" as changing::AccountCode => {
        /// Only a sign-in may do that, and no token.
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
impl PrivacyMutation {
    /// Gives you a copy of what the site holds about you.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn export_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Your password.")] input: ExportAccountInput,
    ) -> Result<ExportAccountPayload> {
        let request = signed_in(ctx)?;
        let address = request.caller.address;
        let outcome = exporting::export_account(&request.deps, &request.viewer, input.password, address).await;
        Ok(match error::expected(outcome)? {
            Ok(account) => ExportAccountPayload { account: Some(Json(account)), problems: Vec::new() },
            Err(refused) => ExportAccountPayload { account: None, problems: vec![refused.into()] },
        })
    }

    /// Forgets you: your name, address, password and every way in go. Work and grades stay under a number that leads to nobody.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn erase_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Your password.")] input: EraseAccountInput,
    ) -> Result<EraseAccountPayload> {
        let request = signed_in(ctx)?;
        let address = request.caller.address;
        let outcome = erasing::erase_account(&request.deps, &request.viewer, input.password, address).await;
        Ok(match error::expected(outcome)? {
            Ok(kept) => {
                let kept = kept.into_iter().map(KeptRows::from).collect();
                EraseAccountPayload { erased: true, kept, problems: Vec::new() }
            }
            Err(refused) => EraseAccountPayload { erased: false, kept: Vec::new(), problems: vec![refused.into()] },
        })
    }
}
