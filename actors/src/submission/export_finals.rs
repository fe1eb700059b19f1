//! The submissions that count, of an assignment or a whole course, one after the other: nothing is held but a page of their heads.

use std::collections::{HashMap, HashSet, VecDeque};

use entity::assignment;
use entity::file::{self, Digest, Entry};
use entity::submission::finals::{self, Choice, Final};
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use tokio::task::JoinHandle;

use crate::database::Database;

/// How many heads are read at once.
const PAGE: u32 = 250;
/// Bytes of files that are read together, unless one alone has more.
const AHEAD: i64 = 512 << 10;

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
    coming: Option<Coming>,
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
        coming: None,
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

    /// The bytes of a file of the last one. Small files are read together with those that come after them, and while these are used the
    /// next are read.
    ///
    /// # Errors
    /// When the database does not answer, or the file is not there.
    pub async fn bytes(&mut self, entry: &Entry) -> Result<&[u8], DbErr> {
        if !self.ahead.contains_key(&entry.digest) {
            self.ahead = match self.coming.take().filter(|coming| coming.names.contains(&entry.digest)) {
                Some(coming) => coming.read.await.map_err(|gone| DbErr::Custom(gone.to_string()))??,
                None => file::find(self.db.read(), self.window(entry, |_| true)).await?,
            };
            let names = self.window(entry, |next| !self.ahead.contains_key(&next.digest));
            self.coming = (!names.is_empty()).then(|| Coming::read(self.db.clone(), names));
        }
        self.ahead.get(&entry.digest).map(Vec::as_slice).ok_or_else(|| file::missing(entry))
    }

    /// The names of the files from the first of that kind on that comes with or after that file, as long as they are few bytes together; of a
    /// large one, that alone.
    fn window(&self, from: &Entry, is_meant: impl Fn(&Entry) -> bool) -> HashSet<Digest> {
        let rest = self.taken.iter().skip_while(|other| *other != from);
        let all = rest.chain(self.waiting.iter().flat_map(|work| &work.files.0)).skip_while(|next| !is_meant(next));
        let mut bytes = 0;
        let small = all.take_while(|next| {
            let is_first = bytes == 0;
            bytes += next.size;
            is_first || bytes <= AHEAD
        });
        small.map(|next| next.digest.clone()).collect()
    }
}

/// Files that are being read before somebody asks for them.
#[derive(Debug)]
struct Coming {
    names: HashSet<Digest>,
    read: JoinHandle<Result<HashMap<Digest, Vec<u8>>, DbErr>>,
}

impl Coming {
    fn read(db: Database, names: HashSet<Digest>) -> Self {
        let wanted = names.clone();
        Self { names, read: tokio::spawn(async move { file::find(db.read(), wanted).await }) }
    }
}
