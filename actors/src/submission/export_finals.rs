//! The submissions that count, of an assignment or a whole course, one after the other: nothing is held but a page of their heads.

use std::collections::{HashMap, VecDeque};

use entity::assignment;
use entity::file::{self, Digest, Entry};
use entity::submission::finals::{self, Choice, Final};
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::database::Database;

/// How many heads are read at once.
const PAGE: u32 = 100;
/// Bytes of files that are read together, unless one alone has more.
const AHEAD: i64 = 1 << 20;

/// Finals that are being read.
#[derive(Debug)]
pub struct FinalsExport {
    db: Database,
    /// The assignments that are left, each with its name in addresses.
    assignments: VecDeque<(i64, String)>,
    choice: Choice,
    after: i64,
    waiting: VecDeque<Final>,
    /// The files of the last that was taken.
    taken: Vec<Entry>,
    /// Files that were read before somebody asked for them.
    ahead: HashMap<Digest, Vec<u8>>,
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
    Ok(Some(FinalsExport {
        db: db.clone(),
        assignments,
        choice,
        after: 0,
        waiting: VecDeque::new(),
        taken: Vec::new(),
        ahead: HashMap::new(),
        over: false,
    }))
}

impl FinalsExport {
    /// The next one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next(&mut self) -> Result<Option<Exported>, DbErr> {
        while let Some((assignment, endpoint)) = self.assignments.front() {
            if let Some(work) = self.waiting.pop_front() {
                self.taken.clone_from(&work.files.0);
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

    /// The bytes of a file of the last one. Read together with those that come after it, as long as they are small.
    ///
    /// # Errors
    /// When the database does not answer, or the file is not there.
    pub async fn bytes(&mut self, entry: &Entry) -> Result<&[u8], DbErr> {
        if !self.ahead.contains_key(&entry.digest) {
            let rest = self.taken.iter().skip_while(|other| *other != entry).skip(1);
            let next = rest.chain(self.waiting.iter().flat_map(|work| &work.files.0));
            let mut left = AHEAD - entry.size;
            let small = next.take_while(|next| {
                left -= next.size;
                left >= 0
            });
            let names = [entry].into_iter().chain(small).map(|entry| entry.digest.clone());
            self.ahead = file::find(self.db.read(), names).await?;
        }
        self.ahead.get(&entry.digest).map(Vec::as_slice).ok_or_else(|| file::missing(entry))
    }
}
