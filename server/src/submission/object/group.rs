//! Groups as the schema shows them.

use async_graphql::{Context, Description, ID, Object, Result};
use entity::id::{self, Kind};
use entity::submission::{group, member};

use crate::assignment::object::Assignment;
use crate::course::object::{Course, course};
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::Page;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::DateTime;
use crate::identity::object::User;

/// Students who share their work on an assignment.
#[derive(Description)]
pub struct Group(pub group::Model);

#[Object(use_type_description)]
impl Group {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Group, self.0.id))
    }

    /// What they work on.
    async fn assignment(&self, ctx: &Context<'_>) -> Result<Quick<Assignment>> {
        let found = request(ctx)?.one(ctx, self.0.assignment_id).await?;
        found.map(Assignment).map(Quick).ok_or_else(|| error::not_found("assignment"))
    }

    /// The course that it belongs to.
    async fn course(&self, ctx: &Context<'_>) -> Result<Quick<Course>> {
        course(ctx, self.0.course_id).await
    }

    /// Who is in it and who is invited, the first one first; at most 20.
    #[graphql(complexity = "child_complexity.saturating_mul(5)")]
    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<Quick<GroupMember>>> {
        let rows = request(ctx)?.many::<member::Of>(ctx, self.0.id, Page::ALL).await?;
        Ok(rows.into_iter().map(GroupMember).map(Quick).collect())
    }

    /// Since when there is the group.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// Somebody in a group, or invited to it.
#[derive(Description)]
pub struct GroupMember(pub member::Model);

#[Object(use_type_description)]
impl GroupMember {
    /// Who.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        Ok(request(ctx)?.one(ctx, self.0.user_id).await?.map(User).map(Quick))
    }

    /// Whether they are in it; otherwise they are invited.
    async fn is_active(&self) -> bool {
        self.0.active
    }

    /// Since when they are what they are.
    async fn since(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}
