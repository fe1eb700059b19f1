//! Backups as the schema shows them.

use async_graphql::{Context, Description, ID, InputObject, Object, Result, SimpleObject};
use entity::execution::run;
use entity::id::{self, Kind};
use entity::submission::{backup, message};

use super::receipt::{Receipt, receipt_of};
use super::{SourceFile, Submission};
use crate::assignment::object::Assignment;
use crate::course::object::{Course, course};
use crate::execution::object::Run;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::{Pages, Quick};
use crate::graphql::scalar::DateTime;
use crate::identity::object::User;

/// A snapshot of somebody's work, handed in or not.
#[derive(Description)]
pub struct Backup(pub backup::Model);

#[Object(use_type_description)]
impl Backup {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Backup, self.0.id))
    }

    /// What it is for.
    async fn assignment(&self, ctx: &Context<'_>) -> Result<Quick<Assignment>> {
        let found = request(ctx)?.one(ctx, self.0.assignment_id).await?;
        found.map(Assignment).map(Quick).ok_or_else(|| error::not_found("assignment"))
    }

    /// The course that it belongs to.
    async fn course(&self, ctx: &Context<'_>) -> Result<Quick<Course>> {
        course(ctx, self.0.course_id).await
    }

    /// Who sent it.
    async fn submitter(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        Ok(request(ctx)?.one(ctx, self.0.submitter_id).await?.map(User).map(Quick))
    }

    /// When the request that brought it arrived.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.received_at)
    }

    /// When it was made by the client's clock, right or wrong; null when the client did not say.
    async fn client_created_at(&self) -> Option<DateTime> {
        self.0.client_created_at.map(DateTime)
    }

    /// When it was done: by the client's clock, but never after it came. Its place in the timeline.
    async fn done_at(&self) -> DateTime {
        DateTime(self.0.done_at)
    }

    /// Whether something that was done later had come before it: it could not be sent when it was done.
    async fn is_resent(&self) -> bool {
        self.0.resent
    }

    /// Its files.
    async fn files(&self) -> Vec<SourceFile> {
        self.0.files.0.iter().cloned().map(SourceFile).collect()
    }

    /// What the `ok` client said about it, kind by kind; none of work that came otherwise.
    #[graphql(complexity = "20 + child_complexity.saturating_mul(10)")]
    async fn messages(&self, ctx: &Context<'_>) -> Result<Vec<ClientMessage>> {
        let found = message::of_backup(request(ctx)?.deps.db.read(), self.0.id).await.map_err(error::database)?;
        let told = |(kind, bytes): (String, Vec<u8>)| ClientMessage {
            kind,
            json: String::from_utf8_lossy(&bytes).into_owned(),
        };
        Ok(found.into_iter().map(told).collect())
    }

    /// Proof that it was taken in. Its holder's own has their address; what others see proves the rest. Null for what came before there
    /// were receipts.
    async fn receipt(&self, ctx: &Context<'_>) -> Result<Option<Receipt>> {
        receipt_of(ctx, self.0.id, self.0.submitter_id).await
    }

    /// The runs by which staff tried it, for those who review work; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Run>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<run::OfBackup>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Run))
    }

    /// The submission that it is, if it was handed in.
    async fn submission(&self, ctx: &Context<'_>) -> Result<Option<Quick<Submission>>> {
        Ok(request(ctx)?.one(ctx, self.0.id).await?.map(Submission).map(Quick))
    }
}

/// What the client said, of one kind.
#[derive(SimpleObject)]
pub struct ClientMessage {
    /// Its kind, such as `analytics`.
    kind: String,
    /// The JSON as it came; of `file_contents`, what is no file.
    json: String,
}

/// Which backups.
#[derive(InputObject, Default)]
pub struct BackupFilter {
    /// Only those of the person with this global id.
    submitter: Option<ID>,
    /// Only those that were handed in, or only the others.
    is_submission: Option<bool>,
}

impl BackupFilter {
    /// What it chooses.
    ///
    /// # Errors
    /// When an id is not a person's.
    pub fn choice(self) -> Result<backup::Choice> {
        let person = |id: ID| {
            let wrong = || error::bad_input("`submitter` is not the global id of a person.");
            id::decode_as(Kind::User, &id).ok_or_else(wrong)
        };
        Ok(backup::Choice { submitter: self.submitter.map(person).transpose()?, handed_in: self.is_submission })
    }
}
