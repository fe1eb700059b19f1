//! The audit log as the schema shows it.

use async_graphql::{Context, Description, ID, Json, Object, Result};
use entity::id::{self, Kind};
use entity::identity::audit;
use serde_json::Value;

use super::User;
use crate::graphql::context::request;
use crate::graphql::scalar::DateTime;

/// Something that was changed about rights, memberships, grades or deadlines. Entries are never changed and never removed.
#[derive(Description)]
pub struct AuditEntry(pub audit::Model);

#[Object(use_type_description)]
impl AuditEntry {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::AuditEntry, self.0.id))
    }

    /// When it was done.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// What was done, such as `enrollment.role_changed`.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// Who did it; null for the site itself, its operator at the machine, and somebody whom you may not see.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        person(ctx, self.0.actor_id).await
    }

    /// Whom it is about; null when it is about nobody, and for somebody whom you may not see.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        person(ctx, self.0.user_id).await
    }

    /// The global id of the course in which it holds; null for the site.
    async fn course_id(&self) -> Option<ID> {
        self.0.course_id.map(|course| ID(id::encode(Kind::Course, course)))
    }

    /// What it was before and is now, as far as that says more than the action.
    async fn details(&self) -> Json<Value> {
        Json(serde_json::from_str(&self.0.details).unwrap_or_default())
    }
}

async fn person(ctx: &Context<'_>, key: Option<i64>) -> Result<Option<User>> {
    let Some(key) = key else { return Ok(None) };
    Ok(request(ctx)?.one(ctx, key).await?.map(User))
}
