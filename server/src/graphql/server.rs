//! What the site says about itself.

use async_graphql::{Context, Description, Object, Result};

use super::context::request;
use super::scalar::DateTime;
use crate::submission::mutation::MAX_BYTES;

/// Questions about the site.
#[derive(Default)]
pub struct ServerQuery;

#[Object]
impl ServerQuery {
    /// The site itself.
    async fn server(&self) -> Server {
        Server
    }
}

/// The site itself.
#[derive(Description)]
pub struct Server;

#[Object(use_type_description)]
impl Server {
    /// The version of Lectern that answers.
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The time of the site's clock.
    async fn time(&self, ctx: &Context<'_>) -> Result<DateTime> {
        Ok(DateTime(request(ctx)?.deps.clock.now()))
    }

    /// The most bytes of all files of a submission together.
    async fn max_submission_bytes(&self) -> i32 {
        i32::try_from(MAX_BYTES).unwrap_or(i32::MAX)
    }
}
