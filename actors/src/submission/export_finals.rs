//! The submissions that count, of an assignment or a whole course, one after the other: nothing is held but a page of their heads.

use std::collections::VecDeque;

use entity::assignment;
use entity::submission::finals::{self, Choice, Final};
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::database::Database;

/// How many heads are read at once.
const PAGE: u32 = 100;

/// Finals that are being read.
#[derive(Debug)]
pub struct FinalsExport {
    db: Database,
    /// The assignments that are left, each with its name in addresses.
    assignments: VecDeque<(i64, String)>,
    choice: Choice,
    after: i64,
    waiting: VecDeque<Final>,
    /// Whether nothing of the first assignment is left but what waits.
    over: bool,
}

/// What counts of a student's work, and for which assignment, by its name in addresses.
#[derive(Clone, Debug)]
pub struct Exported {
    pub assignment: String,
    pub work: Final,
}

/// Begins to read the finals of a course, or of one of its assignments. None for who may not see all of its work and people, and where
/// there is no such assignment.
///
/// # Errors
/// When the database does not answer.
pub async fn export_finals(
    db: &Database,
    viewer: &ViewerScope,
    course: i64,
    endpoint: Option<&str>,
    choice: Choice,
) -> Result<Option<FinalsExport>, DbErr> {
    if !viewer.may(Permission::ReviewWork, course) || !viewer.may(Permission::SeeRoster, course) {
        return Ok(None);
    }
    let mut wanted = assignment::Entity::find().filter(assignment::Column::CourseId.eq(course));
    if let Some(endpoint) = endpoint {
        wanted = wanted.filter(assignment::Column::Endpoint.eq(endpoint));
    }
    let rows = wanted.order_by_asc(assignment::Column::Id).all(db.read()).await?;
    if endpoint.is_some() && rows.is_empty() {
        return Ok(None);
    }
    let assignments = rows.into_iter().map(|row| (row.id, row.endpoint)).collect();
    Ok(Some(FinalsExport { db: db.clone(), assignments, choice, after: 0, waiting: VecDeque::new(), over: false }))
}

impl FinalsExport {
    /// The next one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next(&mut self) -> Result<Option<Exported>, DbErr> {
        while let Some((assignment, endpoint)) = self.assignments.front() {
            if let Some(work) = self.waiting.pop_front() {
                return Ok(Some(Exported { assignment: endpoint.clone(), work }));
            }
            if self.over {
                self.assignments.pop_front();
                (self.after, self.over) = (0, false);
                continue;
            }
            let page = finals::page(self.db.read(), *assignment, &self.choice, self.after, PAGE).await?;
            self.over = page.len() < PAGE as usize;
            self.after = page.last().map_or(self.after, |work| work.owner);
            self.waiting = page.into();
        }
        Ok(None)
    }

    /// Where their files are read.
    #[must_use]
    pub fn db(&self) -> &Database {
        &self.db
    }
}
