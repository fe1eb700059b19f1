//! Questions about what was handed in.

use actors::submission::receipt::verify;
use async_graphql::{Context, Object, Result};

use super::object::receipt::ReceiptVerification;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::HEAVY;

/// Questions about what was handed in.
#[derive(Default)]
pub struct SubmissionQuery;

#[Object]
impl SubmissionQuery {
    /// Looks at a receipt: whether it is genuine, and whether this site still has what it proves. For everybody who has one; of a receipt
    /// that is not genuine nothing is told but that.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn verify_receipt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its text, as it was given.")] receipt: String,
    ) -> Result<ReceiptVerification> {
        let verified = verify::verify(&request(ctx)?.deps, &receipt).await;
        match error::expected(verified)? {
            Ok(verified) => Ok(verified.into()),
            Err(refused) => Err(error::bad_input(format!("`receipt`: {}.", refused.message))),
        }
    }
}
