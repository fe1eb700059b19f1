//! Deadlines, what lateness costs, and more time, as the schema shows them.

use async_graphql::{Context, Description, Enum, ID, Object, Result, SimpleObject};
use entity::assignment::deadline;
use entity::assignment::extension;
use entity::grading::late;
use entity::id::{self, Kind};

use super::Assignment;
use crate::course::object::{Course, course};
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::{DateTime, Decimal};
use crate::identity::object::User;

/// The deadlines that hold for somebody, extensions considered.
#[derive(SimpleObject)]
pub struct Deadline {
    /// On time until then, the instant itself included.
    due_at: DateTime,
    /// Taken until then; null: there is no end.
    lock_at: Option<DateTime>,
    /// Whether there is more time than others have.
    is_extended: bool,
}

impl From<deadline::Deadline> for Deadline {
    fn from(found: deadline::Deadline) -> Self {
        Self { due_at: DateTime(found.due_at), lock_at: found.lock_at.map(DateTime), is_extended: found.extended }
    }
}

/// What lateness costs.
#[derive(SimpleObject)]
pub struct LatePolicy {
    /// So many seconds after the deadline count as on time.
    grace: f64,
    /// Percent for each day that is begun.
    percent_per_day: Decimal,
    /// Of what that is.
    of: LatePercentOf,
    /// At most so many percent; null: all of it.
    cap_percent: Option<Decimal>,
}

/// What a percentage is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "late::Of")]
pub enum LatePercentOf {
    /// Of the points that were earned.
    Earned,
    /// Of the points that could be earned.
    Maximum,
}

impl From<late::LatePolicy> for LatePolicy {
    fn from(policy: late::LatePolicy) -> Self {
        Self {
            grace: policy.grace_s.into(),
            percent_per_day: Decimal(policy.percent_per_day),
            of: policy.of.into(),
            cap_percent: policy.cap_percent.map(Decimal),
        }
    }
}

/// More time for somebody: asked for, granted or declined.
#[derive(Description)]
pub struct Extension(pub extension::Model);

#[Object(use_type_description)]
impl Extension {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Extension, self.0.id))
    }

    /// What for.
    async fn assignment(&self, ctx: &Context<'_>) -> Result<Quick<Assignment>> {
        let found = request(ctx)?.one(ctx, self.0.assignment_id).await?;
        found.map(Assignment).map(Quick).ok_or_else(|| error::not_found("assignment"))
    }

    /// The course that it belongs to.
    async fn course(&self, ctx: &Context<'_>) -> Result<Quick<Course>> {
        course(ctx, self.0.course_id).await
    }

    /// Whose.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        Ok(request(ctx)?.one(ctx, self.0.user_id).await?.map(User).map(Quick))
    }

    /// Where it is.
    async fn state(&self) -> ExtensionState {
        self.0.state.into()
    }

    /// Until when their work is on time, if it is granted.
    async fn due_at(&self) -> DateTime {
        DateTime(self.0.due_at)
    }

    /// The same as the clock on the wall shows it, in the zone of the assignment.
    async fn due_local(&self) -> &str {
        &self.0.due_local
    }

    /// Why, in the words of who asked for it or of who granted it unasked.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// What staff says to it; empty when nothing.
    async fn answer(&self) -> &str {
        &self.0.answer
    }

    /// Since when it is asked for, or granted unasked.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }
}

/// Where an extension is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "extension::State")]
pub enum ExtensionState {
    /// Asked for.
    Requested,
    /// Theirs.
    Granted,
    /// Not theirs.
    Declined,
    /// The student does not ask for it any more, or staff has taken it back.
    Withdrawn,
    /// Another took its place.
    Replaced,
}
