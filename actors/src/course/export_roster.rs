//! The roster of a course as a table, row after row.

use std::collections::VecDeque;

use entity::course::roster::{self, Choice, Member};
use entity::sheet::{Cell, line};
use entity::viewer::{Permission, ViewerScope};
use sea_orm::DbErr;

use crate::database::Database;

/// How many people are read at once.
const PAGE: u32 = 500;
/// The columns, by names with which the table can be imported again.
const HEADER: [&str; 6] = ["Email", "Name", "Role", "Student number", "Class account", "Lab section"];

/// A roster that is being read.
#[derive(Debug)]
pub struct RosterExport {
    db: Database,
    course: i64,
    choice: Choice,
    after: i64,
    waiting: VecDeque<Member>,
    over: bool,
}

/// Begins to read the roster of a course. None for who may not see it.
#[must_use]
pub fn export_roster(db: &Database, viewer: &ViewerScope, course: i64, choice: Choice) -> Option<RosterExport> {
    let may = viewer.may(Permission::SeeRoster, course);
    may.then(|| RosterExport { db: db.clone(), course, choice, after: 0, waiting: VecDeque::new(), over: false })
}

impl RosterExport {
    /// The first row.
    #[must_use]
    pub fn header() -> Vec<u8> {
        line(HEADER.map(Cell::from))
    }

    /// The next person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next(&mut self) -> Result<Option<Member>, DbErr> {
        if self.waiting.is_empty() && !self.over {
            let page = roster::page(self.db.read(), self.course, &self.choice, self.after, PAGE).await?;
            self.over = page.len() < PAGE as usize;
            self.after = page.last().map_or(self.after, |member| member.enrollment);
            self.waiting = page.into();
        }
        Ok(self.waiting.pop_front())
    }

    /// The row of the next person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn line(&mut self) -> Result<Option<Vec<u8>>, DbErr> {
        Ok(self.next().await?.map(|member| {
            line([
                Cell::from(member.email.as_str()),
                Cell::from(member.name.as_str()),
                Cell::from(member.word().as_str()),
                Cell::from(member.student_number.as_deref()),
                Cell::from(member.class_account.as_deref()),
                Cell::from(member.lab_section.as_deref()),
            ])
        }))
    }
}
