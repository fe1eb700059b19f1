//! Granting more time to many, from a table. Each row has its own outcome, and a bad one keeps no other back.

use std::collections::{HashMap, HashSet};

use entity::assignment::deadline::{resolve, written};
use entity::assignment::extension::{self, State};
use entity::assignment::{self, Model as Assignment};
use entity::course::{self, enrollment};
use entity::identity::audit::Action;
use entity::identity::user;
use entity::sheet::{self, Sheet};
use entity::submission::work::{self, Whose};
use entity::viewer::{Permission, ViewerScope};
use entity::visible::Viewable as _;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};

pub use super::sheet::ExtensionOutcome;
use super::sheet::{Layout, LayoutFault, Said, When, Who, rows};
use super::{Until, tell, until, words};
use crate::bulk::{self, Turn};
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// The most rows of a table: each of them is a letter.
pub const ROWS: usize = 1_000;

/// More time to be given.
#[derive(Clone, Debug)]
pub struct ImportExtensions {
    /// The key of the course.
    pub course: String,
    /// The table, as it came.
    pub csv: Vec<u8>,
    /// Whether only to say what would become of it.
    pub dry_run: bool,
    pub idempotency_key: Option<String>,
}

/// What became of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    pub rows: Vec<ImportedRow>,
    /// The names of columns that nobody knows.
    pub ignored: Vec<String>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedRow {
    /// The line on which it begins.
    pub line: u64,
    pub outcome: ExtensionOutcome,
}

/// Why nothing of it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportExtensionsCode {
    NotAllowed,
    CourseUnknown,
    /// It is no table, or too long.
    SheetUnreadable,
    /// A column is missing.
    ColumnMissing,
    /// Two columns say the same.
    ColumnRepeated,
    /// It is no key.
    KeyInvalid,
    /// Something else was asked for under that key.
    KeyReused,
}

type Code = ImportExtensionsCode;

/// A row by its line: what is to be granted, or why nothing is.
type Meant = (u64, Result<extension::Model, ExtensionOutcome>);

/// Grants what a table says, as if each row had been granted by itself. For who may give more time in the course.
///
/// # Errors
/// When the viewer may not, nothing of it can be read, or something breaks.
pub async fn import_extensions(
    deps: &Deps,
    viewer: &ViewerScope,
    import: ImportExtensions,
) -> Result<Imported, Problem<Code>> {
    let (sheet, layout) = read(&import)?;
    let mut write = Write::begin(deps).await?;
    let course = may(&write, viewer, &import.course).await?;
    let asked = (&import.course, entity::file::digest(&import.csv));
    // What is only tried is not done, so nothing of it is kept either.
    let key = import.idempotency_key.as_deref().filter(|_| !import.dry_run);
    let ticket = match bulk::begin(&write, viewer, "import_extensions", key, &asked).await? {
        Turn::Do(ticket) => ticket,
        Turn::Done(before) => return Ok(before),
        Turn::Reused => {
            let message = "Another table was imported under that key. Take a new one for a new table.";
            return Err(Problem::refused_at(Code::KeyReused, message, &["idempotencyKey"]));
        }
    };
    let read = rows(&sheet, &layout);
    let ground = Ground::look(&write, viewer, course, read.iter().filter_map(|(_, said)| said.as_ref().ok())).await?;
    let mut seen = HashSet::new();
    let meant: Vec<Meant> =
        read.into_iter().map(|(line, said)| (line, said.and_then(|said| ground.row(&said, &mut seen)))).collect();
    let new: Vec<&extension::Model> = meant.iter().filter_map(|(_, row)| row.as_ref().ok()).collect();
    let whose: Vec<Whose> = new.iter().map(|row| whose(row)).collect();
    let works = work::lock(write.tx(), whose).await?;
    let before = Before::look(&write, &new).await?;
    let imported = Imported { rows: before.outcomes(&meant), ignored: layout.ignored };
    if import.dry_run {
        // Dropped without a commit, nothing of it has happened.
        return Ok(imported);
    }
    let changes = meant.into_iter().filter_map(|(_, row)| row.ok()).filter(|row| before.outcome(row).grants());
    grant(&mut write, viewer, &before, changes.collect()).await?;
    work::retime(write.tx(), &works).await?;
    ticket.keep(&write, &imported).await?;
    write.commit().await?;
    Ok(imported)
}

fn whose(row: &extension::Model) -> Whose {
    Whose { assignment: row.assignment_id, owner: row.user_id, course: row.course_id }
}

fn read(import: &ImportExtensions) -> Result<(Sheet, Layout), Problem<Code>> {
    if import.idempotency_key.as_deref().is_some_and(|key| !bulk::is_key(key)) {
        let message = format!("A key is 1 to {} characters in one line.", bulk::KEY_LENGTH);
        return Err(Problem::refused_at(Code::KeyInvalid, message, &["idempotencyKey"]));
    }
    let at = |code, message: String| Problem::refused_at(code, message, &["csv"]);
    let sheet = sheet::read(&import.csv).map_err(|fault| at(Code::SheetUnreadable, fault.to_string()))?;
    if sheet.rows.len() > ROWS {
        return Err(at(Code::SheetUnreadable, format!("It has more than {ROWS} rows. Send several.")));
    }
    let layout = Layout::read(&sheet.header).map_err(|fault| {
        let code = match fault {
            LayoutFault::Missing(..) => Code::ColumnMissing,
            LayoutFault::Twice(..) => Code::ColumnRepeated,
        };
        at(code, fault.to_string())
    })?;
    Ok((sheet, layout))
}

async fn may(write: &Write, viewer: &ViewerScope, key: &str) -> Result<i64, Problem<Code>> {
    match course::Entity::find().filter(course::Column::Key.eq(key)).one(write.tx()).await? {
        Some(course) if viewer.sees_to_work(course.id) => Ok(course.id),
        None if viewer.may_administer() => {
            let message = format!("There is no course `{key}`; sync the content first.");
            Err(Problem::refused_at(Code::CourseUnknown, message, &["course"]))
        }
        _ => {
            let message = "Only who may give more time in the course may do that.";
            Err(Problem::refused(Code::NotAllowed, message))
        }
    }
}

/// The people and assignments that a table is about.
struct Ground<'v> {
    viewer: &'v ViewerScope,
    now: entity::clock::Timestamp,
    /// Those who take part in the course, with their numbers.
    emails: HashMap<String, (i64, Option<String>)>,
    numbers: HashMap<String, Vec<i64>>,
    /// By their names in addresses, and by the part behind the course.
    assignments: HashMap<String, Assignment>,
}

impl<'v> Ground<'v> {
    async fn look(
        write: &Write,
        viewer: &'v ViewerScope,
        course: i64,
        said: impl Iterator<Item = &Said>,
    ) -> Result<Self, Fault> {
        let (mut emails, mut numbers) = (Vec::new(), Vec::new());
        // Numbers are for who may see the roster: from anybody else's table none leads to a person.
        let sees_numbers = viewer.may(Permission::SeeRoster, course);
        for said in said {
            emails.extend(said.who.email.clone());
            numbers.extend(said.who.number.clone().filter(|_| sees_numbers));
        }
        let people = user::by_emails(write.tx(), &emails).await?;
        let keys = people.iter().map(|person| person.id);
        let parts = || enrollment::Entity::find().filter(enrollment::Column::CourseId.eq(course));
        let there = parts().filter(enrollment::Column::UserId.is_in(keys)).all(write.tx()).await?;
        let there: HashMap<i64, Option<String>> =
            there.into_iter().map(|part| (part.user_id, part.student_number.filter(|_| sees_numbers))).collect();
        let taking_part = |person: user::Model| Some((person.email, (person.id, there.get(&person.id)?.clone())));
        let mut ground = Self {
            viewer,
            now: write.now,
            emails: people.into_iter().filter_map(taking_part).collect(),
            numbers: HashMap::new(),
            assignments: HashMap::new(),
        };
        for part in parts().filter(enrollment::Column::StudentNumber.is_in(numbers)).all(write.tx()).await? {
            ground.numbers.entry(part.student_number.unwrap_or_default()).or_default().push(part.user_id);
        }
        let visible = assignment::Entity::visible(viewer).filter(assignment::Column::CourseId.eq(course));
        for row in visible.all(write.tx(), assignment::Column::Id).await? {
            let short = row.endpoint.split('/').next_back().unwrap_or_default().to_owned();
            ground.assignments.insert(short, row.clone());
            ground.assignments.insert(row.endpoint.clone(), row);
        }
        Ok(ground)
    }

    /// Whom a row is about. What says the same twice has to say the same: as when one column of a table was sorted without the others.
    fn person(&self, who: &Who) -> Result<i64, ExtensionOutcome> {
        let holders = who.number.as_ref().and_then(|number| self.numbers.get(number)).map_or(&[][..], Vec::as_slice);
        let Some(email) = &who.email else {
            return match holders {
                [] => Err(ExtensionOutcome::PersonUnknown),
                [one] => Ok(*one),
                _ => Err(ExtensionOutcome::PersonAmbiguous),
            };
        };
        let (person, own) = self.emails.get(email).ok_or(ExtensionOutcome::PersonUnknown)?;
        let is_others = !holders.is_empty() && !holders.contains(person);
        let is_another = own.is_some() && who.number.is_some() && who.number != *own;
        if is_others || is_another { Err(ExtensionOutcome::PersonContradictory) } else { Ok(*person) }
    }

    /// What a row asks for, as it would be stored. Nobody is in `seen` twice for one assignment, however they are called; a row that is refused
    /// does not count.
    fn row(&self, said: &Said, seen: &mut HashSet<(i64, i64)>) -> Result<extension::Model, ExtensionOutcome> {
        let person = self.person(&said.who)?;
        let assignment = self.assignments.get(&said.assignment).ok_or(ExtensionOutcome::AssignmentUnknown)?;
        let when = match said.when {
            When::Wall(wall) => Until::Local(written(wall)),
            When::Days(days) => Until::Days(days),
        };
        let (due_at, wall) = until(assignment, &when).map_err(|_| ExtensionOutcome::TimeInvalid)?;
        if let Some(lock) = said.lock {
            let lock = resolve(assignment.zone(), lock).ok_or(ExtensionOutcome::TimeInvalid)?;
            if assignment.deadline(Some(due_at)).is_locked(lock) {
                return Err(ExtensionOutcome::LockBeyond);
            }
        }
        let reason = words(&said.reason, "reason", true).map_err(|_| ExtensionOutcome::ReasonInvalid)?;
        if !seen.insert((assignment.id, person)) {
            return Err(ExtensionOutcome::Repeated);
        }
        Ok(extension::Model {
            id: 0,
            assignment_id: assignment.id,
            course_id: assignment.course_id,
            user_id: person,
            state: State::Granted,
            due_at,
            due_local: written(wall),
            reason,
            answer: String::new(),
            decided_by: self.viewer.user(),
            created_at: self.now,
            decided_at: Some(self.now),
        })
    }
}

/// What those of the table had and asked for, by assignment and person.
struct Before(HashMap<(i64, i64), Vec<extension::Model>>);

impl Before {
    async fn look(write: &Write, new: &[&extension::Model]) -> Result<Self, Fault> {
        let mut before: HashMap<(i64, i64), Vec<extension::Model>> = HashMap::new();
        let pairs: Vec<(i64, i64)> = new.iter().map(|row| (row.assignment_id, row.user_id)).collect();
        for row in extension::live(write.tx(), &pairs).await? {
            before.entry((row.assignment_id, row.user_id)).or_default().push(row);
        }
        Ok(Self(before))
    }

    fn of(&self, row: &extension::Model) -> &[extension::Model] {
        self.0.get(&(row.assignment_id, row.user_id)).map(Vec::as_slice).unwrap_or_default()
    }

    fn outcomes(&self, meant: &[Meant]) -> Vec<ImportedRow> {
        let outcome = |(line, row): &Meant| ImportedRow {
            line: *line,
            outcome: row.as_ref().map_or_else(|refusal| *refusal, |row| self.outcome(row)),
        };
        meant.iter().map(outcome).collect()
    }

    fn outcome(&self, row: &extension::Model) -> ExtensionOutcome {
        match self.of(row).iter().find(|before| before.state == State::Granted) {
            None => ExtensionOutcome::Granted,
            // What is asked for is answered by it all the same.
            Some(before) if before.due_at == row.due_at && before.reason == row.reason && self.of(row).len() == 1 => {
                ExtensionOutcome::Unchanged
            }
            Some(_) => ExtensionOutcome::Replaced,
        }
    }
}

/// Grants these: what their people had makes place, and each has a letter.
async fn grant(
    write: &mut Write,
    viewer: &ViewerScope,
    before: &Before,
    rows: Vec<extension::Model>,
) -> Result<(), Fault> {
    let gone: Vec<i64> = rows.iter().flat_map(|row| before.of(row)).map(|row| row.id).collect();
    extension::replace(write.tx(), &gone).await?;
    for row in rows {
        let row = super::request::insert(write, row).await?;
        tell(write, viewer, Action::ExtensionGranted, &row).await?;
    }
    Ok(())
}
