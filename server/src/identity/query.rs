//! Questions about whoever asks, and about what was changed about rights.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{self, Kind};
use entity::identity::oauth::client;
use entity::identity::{audit, user};
use entity::plan::InOrder;
use entity::visible::{Viewable, Visible};
use sea_orm::ColumnTrait;

use super::object::audit::AuditEntry;
use super::object::program::Program;
use super::object::{User, Viewer};
use crate::graphql::context::{request, signed_in};
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::{Pages, Quick};
use crate::graphql::scalar::DateTime;

/// Questions about whoever asks.
#[derive(Default)]
pub struct IdentityQuery;

#[Object]
impl IdentityQuery {
    /// Whoever asks; null when nobody is signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Quick<Viewer>>> {
        Ok(request(ctx)?.viewer.user().map(Viewer).map(Quick))
    }

    /// The person with that address; null when there is none, or none that you may see.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address that they sign in with.")] email: String,
    ) -> Result<Option<User>> {
        let request = signed_in(ctx)?;
        let Some(email) = user::normal_email(&email) else { return Ok(None) };
        let wanted = user::Entity::visible(&request.viewer).filter(user::Column::Email.eq(email));
        Ok(request.row(ctx, wanted).await?.map(User))
    }
}

/// Questions about what was changed about rights.
#[derive(Default)]
pub struct AuditQuery;

/// Which entries of the audit log; all that are given must hold.
#[derive(InputObject, Default)]
pub struct AuditFilter {
    /// Those of this course, by its global id.
    course: Option<ID>,
    /// Those about this person, by their global id.
    user: Option<ID>,
    /// What this person did, by their global id.
    actor: Option<ID>,
    /// What was done, such as `enrollment.role_changed`, or all that begins so, such as `enrollment.`.
    action: Option<String>,
    /// Those from then on.
    since_at: Option<DateTime>,
    /// Those before then.
    before_at: Option<DateTime>,
}

impl AuditFilter {
    fn apply(self, mut wanted: Visible<audit::Entity>) -> Result<Visible<audit::Entity>> {
        use audit::Column;
        if let Some(course) = self.course {
            wanted = wanted.filter(Column::CourseId.eq(key("course", Kind::Course, &course)?));
        }
        if let Some(user) = self.user {
            wanted = wanted.filter(Column::UserId.eq(key("user", Kind::User, &user)?));
        }
        if let Some(actor) = self.actor {
            wanted = wanted.filter(Column::ActorId.eq(key("actor", Kind::User, &actor)?));
        }
        if let Some(action) = self.action {
            if !action.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'.' || byte == b'_') {
                return Err(error::bad_input("`action` is no action such as `enrollment.role_changed`."));
            }
            wanted = wanted.filter(Column::Action.gte(action.as_str())).filter(Column::Action.lt(format!("{action}~")));
        }
        if let Some(from) = self.since_at {
            wanted = wanted.filter(Column::At.gte(from.0));
        }
        if let Some(before) = self.before_at {
            wanted = wanted.filter(Column::At.lt(before.0));
        }
        Ok(wanted)
    }
}

fn key(name: &str, kind: Kind, id: &ID) -> Result<i64> {
    id::decode_as(kind, id).ok_or_else(|| error::bad_input(format!("`{name}` is not an id of that kind.")))
}

#[Object]
impl AuditQuery {
    /// What was changed about rights, memberships, grades and deadlines, the newest first: in the courses where you may
    /// see it; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries; all when absent.")] filter: Option<AuditFilter>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<AuditEntry>> {
        let (request, page) = (signed_in(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let wanted = filter.unwrap_or_default().apply(audit::Entity::visible(&request.viewer))?;
        let rows = request.rows(ctx, wanted, InOrder::newest(), page).await?;
        Ok(page.connection(rows, |row| row.id, AuditEntry))
    }

    /// The programs that are registered, beside the `ok` client; 20 by default, at most 100. For who runs the site; others are shown none.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn programs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Program>> {
        let (request, page) = (signed_in(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let rows = request.rows(ctx, client::Entity::visible(&request.viewer), InOrder::by_key(), page).await?;
        Ok(page.connection(rows, |row: &client::Model| row.id, Program))
    }
}
