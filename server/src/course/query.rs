//! Questions about the catalogue.

use async_graphql::{Context, InputObject, Object, Result};
use entity::course::{self, section};
use entity::plan::InOrder;
use entity::viewer::{Courses, Permission};
use entity::visible::{Viewable, padded};
use sea_orm::ColumnTrait;

use super::object::{Course, Section};
use crate::graphql::context::signed_in;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::{Pages, Quick};

/// Questions about the catalogue.
#[derive(Default)]
pub struct CourseQuery;

/// Which courses.
#[derive(InputObject, Default)]
pub struct CourseFilter {
    /// Only those that you take part in.
    enrolled: Option<bool>,
}

#[Object]
impl CourseQuery {
    /// The sections of the catalogue; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn sections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Section>> {
        let (request, page) = (signed_in(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let all = section::Entity::visible(&request.viewer);
        let rows = request.rows(ctx, all, InOrder::by_key(), page).await?;
        Ok(page.connection(rows, |row| row.id, Section))
    }

    /// The courses of the catalogue; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn courses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when absent.")] filter: Option<CourseFilter>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Course>> {
        let (request, page) = (signed_in(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let mut wanted = course::Entity::visible(&request.viewer);
        if filter.unwrap_or_default().enrolled == Some(true)
            && let Courses::These(courses) = request.viewer.courses(Permission::Attend)
        {
            wanted = wanted.filter(course::Column::Id.is_in(padded(courses.iter().copied())));
        }
        let rows = request.rows(ctx, wanted, InOrder::by_key(), page).await?;
        Ok(page.connection(rows, |row| row.id, Course))
    }

    /// The course with that key; null when there is none.
    async fn course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name in addresses, such as `data-in-the-wild`.")] key: String,
    ) -> Result<Option<Quick<Course>>> {
        let request = signed_in(ctx)?;
        let wanted = course::Entity::visible(&request.viewer).filter(course::Column::Key.eq(key));
        Ok(request.row(ctx, wanted).await?.map(Course).map(Quick))
    }
}
