//! Following what a run writes.

use actors::deps::Deps;
use actors::live::follow::{self, RunNews};
use async_graphql::{Context, ID, Result, Subscription};
use entity::execution::run;
use entity::id::{self, Kind};
use entity::visible::Viewable;
use futures_util::{Stream, StreamExt};

use super::record::{RunRecord, may_see};
use crate::graphql::context::signed_in;
use crate::graphql::error;
use crate::job::cursor;

/// Following runs.
#[derive(Default)]
pub struct ExecutionSubscription;

#[Subscription]
impl ExecutionSubscription {
    /// What a run writes, from the beginning or behind a cursor, until it is done. Nothing is lost or doubled; the last record is
    /// `FINISHED` and has the verdict, and is told also to who has seen it already.
    async fn run_output(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of the run.")] run: ID,
        #[graphql(desc = "Only what was written behind this cursor; everything when absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RunRecord>>> {
        let request = signed_in(ctx)?;
        let after = cursor::decode_place(&request.deps.site.incarnation, after.as_deref())?;
        let key = id::decode_as(Kind::Run, &run).ok_or_else(|| error::not_found("run"))?;
        let row = run::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
        let row = row.map_err(error::database)?.ok_or_else(|| error::not_found("run"))?;
        let staff = row.may_review(&request.viewer);
        let news = follow::run(Deps::clone(&request.deps), key, after);
        Ok(news.filter_map(move |news| {
            let shown = match news {
                Ok(RunNews::Record(record)) => may_see(&record, staff).then_some(Ok(RunRecord::Written(record))),
                Ok(RunNews::Restarted(place)) => Some(Ok(RunRecord::Restarted(place))),
                Ok(RunNews::Finished(run, place)) => Some(Ok(RunRecord::Finished(run, place))),
                Err(broken) => Some(Err(error::database(broken))),
            };
            std::future::ready(shown)
        }))
    }
}
