//! Codes to join a course by, as the schema shows them.

use async_graphql::{Context, Description, ID, Object, Result};
use entity::course::join_code;
use entity::id::{self, Kind};

use super::{Course, course};
use crate::graphql::context::request;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::DateTime;
use crate::identity::object::User;

/// A code by which people put themselves on the roster of a course. The code itself is kept nowhere.
#[derive(Description)]
pub struct JoinCode(pub join_code::Model);

#[Object(use_type_description)]
impl JoinCode {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::JoinCode, self.0.id))
    }

    /// The course.
    async fn course(&self, ctx: &Context<'_>) -> Result<Quick<Course>> {
        course(ctx, self.0.course_id).await
    }

    /// The lab section of whoever joins by it; null for none.
    async fn lab_section(&self) -> Option<&str> {
        self.0.lab_section.as_deref()
    }

    /// When it ends; null for never.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// How many may join by it; null for any number.
    async fn max_uses(&self) -> Option<i32> {
        self.0.max_uses
    }

    /// How many have joined by it.
    async fn uses(&self) -> i32 {
        self.0.uses
    }

    /// Whether somebody may join by it now.
    async fn is_open(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.0.is_good(request(ctx)?.deps.clock.now()))
    }

    /// Who made it; null for the site's operator.
    async fn creator(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        let Some(creator) = self.0.creator_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, creator).await?.map(User).map(Quick))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When somebody ended it; null when nobody has.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }
}
