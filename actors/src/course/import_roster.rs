//! Putting many people on the roster of a course, from a table. Each row has its own outcome, and a bad one keeps no other back.

use std::collections::HashMap;

use entity::course::enrollment::{self, Role};
use entity::course::role::{self, effective};
use entity::identity::audit::{self, Action, Entry};
use entity::identity::user;
use entity::job::queue::NewJob;
use entity::sheet::{self, Sheet};
use entity::viewer::{Permission, ViewerScope};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use super::roster_sheet::RosterOutcome;
use super::roster_sheet::{Layout, LayoutFault, Said, rows};
use super::{find, has_all};
use crate::bulk::{self, Ticket, Turn};
use crate::deps::Deps;
use crate::identity::audit::entry;
use crate::identity::invite_many::{AT_ONCE, InviteMany};
use crate::job::Job as _;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// A roster to be imported.
#[derive(Clone, Debug)]
pub struct ImportRoster {
    /// The key of the course.
    pub course: String,
    /// The table, as it came.
    pub csv: Vec<u8>,
    /// Whether only to say what would become of it.
    pub dry_run: bool,
    pub idempotency_key: Option<String>,
}

/// What became of a roster.
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
    pub outcome: RosterOutcome,
}

/// Why nothing of it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportRosterCode {
    NotAllowed,
    CourseUnknown,
    /// It is no table, or too long.
    SheetUnreadable,
    /// No column has addresses.
    ColumnMissing,
    /// Two columns say the same.
    ColumnRepeated,
    /// It is no key.
    KeyInvalid,
    /// Something else was asked for under that key.
    KeyReused,
}

/// Imports it. For who may change the roster, up to what they may themselves. People without an account get one, with an invitation.
///
/// # Errors
/// When the viewer may not, nothing of it can be read, or something breaks.
pub async fn import_roster(
    deps: &Deps,
    viewer: &ViewerScope,
    import: ImportRoster,
) -> Result<Imported, Problem<ImportRosterCode>> {
    let (sheet, layout) = read(&import)?;
    let mut write = Write::begin(deps).await?;
    let course = may(&write, viewer, &import.course).await?;
    let asked = (&import.course, entity::file::digest(&import.csv));
    // What is only tried is not done, so nothing of it is kept either.
    let key = import.idempotency_key.as_deref().filter(|_| !import.dry_run);
    let ticket = match bulk::begin(&write, viewer, "import_roster", key, &asked).await? {
        Turn::Do(ticket) => ticket,
        Turn::Done(before) => return Ok(before),
        Turn::Reused => {
            let message = "Another table was imported under that key. Take a new one for a new table.";
            return Err(Problem::refused_at(ImportRosterCode::KeyReused, message, &["idempotencyKey"]));
        }
    };
    let roles = role::of_course(write.tx(), course).await?;
    let read = rows(&sheet, &layout, &roles);
    let mut roster = Roster { viewer, course, roles, people: HashMap::new(), there: HashMap::new() };
    roster.meet(&write, read.iter().filter_map(|(_, said)| said.as_ref().ok())).await?;
    let mut changes = Changes::default();
    let outcome = |(line, said): (u64, Result<Said, RosterOutcome>)| {
        let done = said.and_then(|said| roster.decide(&said, &write, &mut changes));
        ImportedRow { line, outcome: done.unwrap_or_else(|refusal| refusal) }
    };
    let rows = read.into_iter().map(outcome).collect();
    let imported = Imported { rows, ignored: layout.ignored };
    if import.dry_run {
        // Dropped without a commit, nothing of it has happened: the accounts were made only to be looked at.
        return Ok(imported);
    }
    changes.apply(&mut write, viewer, course).await?;
    finish(write, ticket, imported).await
}

async fn finish(write: Write, ticket: Ticket, imported: Imported) -> Result<Imported, Problem<ImportRosterCode>> {
    ticket.keep(&write, &imported).await?;
    write.commit().await?;
    Ok(imported)
}

fn read(import: &ImportRoster) -> Result<(Sheet, Layout), Problem<ImportRosterCode>> {
    if import.idempotency_key.as_deref().is_some_and(|key| !bulk::is_key(key)) {
        let message = format!("A key is 1 to {} characters in one line.", bulk::KEY_LENGTH);
        return Err(Problem::refused_at(ImportRosterCode::KeyInvalid, message, &["idempotencyKey"]));
    }
    let at = |code, message: String| Problem::refused_at(code, message, &["csv"]);
    let sheet = sheet::read(&import.csv).map_err(|fault| at(ImportRosterCode::SheetUnreadable, fault.to_string()))?;
    let layout = Layout::read(&sheet.header).map_err(|fault| {
        let code = match fault {
            LayoutFault::NoEmail => ImportRosterCode::ColumnMissing,
            LayoutFault::Twice(..) => ImportRosterCode::ColumnRepeated,
        };
        at(code, fault.to_string())
    })?;
    Ok((sheet, layout))
}

async fn may(write: &Write, viewer: &ViewerScope, key: &str) -> Result<i64, Problem<ImportRosterCode>> {
    match find(write, key).await? {
        Some(course) if viewer.may(Permission::ManageRoster, course.id) => Ok(course.id),
        None if viewer.may_administer() => {
            let message = format!("There is no course `{key}`; sync the content first.");
            Err(Problem::refused_at(ImportRosterCode::CourseUnknown, message, &["course"]))
        }
        _ => {
            let message = "Only who may change the roster of a course may do that.";
            Err(Problem::refused(ImportRosterCode::NotAllowed, message))
        }
    }
}

/// The roster as it is, with everybody whom the table is about.
struct Roster<'v> {
    viewer: &'v ViewerScope,
    course: i64,
    roles: Vec<role::Model>,
    people: HashMap<String, user::Model>,
    there: HashMap<i64, enrollment::Model>,
}

/// What is to be changed.
#[derive(Default)]
struct Changes {
    enrollments: Vec<enrollment::Model>,
    /// Whose rights are others now.
    rights: Vec<i64>,
    invited: Vec<i64>,
    entries: Vec<Entry>,
}

impl Roster<'_> {
    /// Finds those whom the table is about, and makes accounts for the others.
    async fn meet(&mut self, write: &Write, said: impl Iterator<Item = &Said> + Clone) -> Result<(), Fault> {
        let emails: Vec<String> = said.clone().map(|said| said.email.clone()).collect();
        let mut people = user::by_emails(write.tx(), &emails).await?;
        let known: std::collections::HashSet<&str> = people.iter().map(|user| user.email.as_str()).collect();
        let new: Vec<(String, String)> = said
            .filter(|said| !known.contains(said.email.as_str()))
            .map(|said| (said.email.clone(), said.name.clone().unwrap_or_else(|| unnamed(&said.email))))
            .collect();
        user::begin(write.tx(), &new, write.now).await?;
        let new: Vec<String> = new.into_iter().map(|(email, _)| email).collect();
        people.extend(user::by_emails(write.tx(), &new).await?);
        let keys: Vec<i64> = people.iter().map(|user| user.id).collect();
        let there = enrollment::lock(write.tx(), self.course, &keys).await?;
        self.there = there.into_iter().map(|row| (row.user_id, row)).collect();
        self.people = people.into_iter().map(|user| (user.email.clone(), user)).collect();
        Ok(())
    }

    /// What becomes of somebody, and what has to be changed for it.
    fn decide(&self, said: &Said, write: &Write, changes: &mut Changes) -> Result<RosterOutcome, RosterOutcome> {
        let person = self.people.get(&said.email).ok_or(RosterOutcome::EmailInvalid)?;
        let before = self.there.get(&person.id);
        let there = before.map(|before| (before.role, before.role_id));
        let (role, role_id) = said.role.or(there).unwrap_or((Role::Student, None));
        if there != Some((role, role_id)) {
            self.may_give(before, role, role_id)?;
        }
        let text = |said: &Option<Option<String>>, before: Option<&Option<String>>| {
            said.clone().unwrap_or_else(|| before.cloned().flatten())
        };
        let after = enrollment::Model {
            id: before.map_or(0, |before| before.id),
            user_id: person.id,
            course_id: self.course,
            role,
            role_id,
            owner: before.is_some_and(|before| before.owner),
            created_at: before.map_or(write.now, |before| before.created_at),
            student_number: text(&said.student_number, before.map(|before| &before.student_number)),
            class_account: text(&said.class_account, before.map(|before| &before.class_account)),
            lab_section: text(&said.lab_section, before.map(|before| &before.lab_section)),
        };
        if before == Some(&after) {
            return Ok(RosterOutcome::Unchanged);
        }
        let word = |(role, own): (Role, Option<i64>)| word(&self.roles, role, own);
        let (action, details) = match there {
            None => (Action::Enrolled, json!({ "before": null, "role": word((role, role_id)) })),
            Some(there) if there != (role, role_id) => {
                (Action::RoleChanged, json!({ "before": word(there), "role": word((role, role_id)) }))
            }
            // What it says of them names them, so it is not noted.
            Some(_) => (Action::EnrollmentChanged, json!({})),
        };
        if action != Action::EnrollmentChanged {
            changes.rights.push(person.id);
        }
        let note = |action, details| Entry {
            course: Some(self.course),
            ..entry(self.viewer, action, Some(person.id), details)
        };
        changes.entries.push(note(action, details));
        changes.enrollments.push(after);
        if before.is_some() {
            return Ok(RosterOutcome::Changed);
        }
        if person.verified_at.is_some() || person.disabled_at.is_some() {
            return Ok(RosterOutcome::Enrolled);
        }
        changes.entries.push(note(Action::UserInvited, json!({})));
        changes.invited.push(person.id);
        Ok(RosterOutcome::Invited)
    }

    /// Whether the viewer may give that role to somebody who has that one.
    fn may_give(&self, before: Option<&enrollment::Model>, role: Role, own: Option<i64>) -> Result<(), RosterOutcome> {
        if before.is_some_and(|before| before.owner) {
            return Err(RosterOutcome::Owner);
        }
        let may = |permissions| has_all(self.viewer, self.course, &permissions);
        let takes = before.is_none_or(|before| may(before.allows(&self.roles)));
        if takes && may(effective(&self.roles, role, own)) { Ok(()) } else { Err(RosterOutcome::BeyondYours) }
    }
}

impl Changes {
    async fn apply(self, write: &mut Write, viewer: &ViewerScope, course: i64) -> Result<(), Fault> {
        enrollment::put(write.tx(), &self.enrollments).await?;
        user::rights_of_all_changed(write.tx(), &self.rights).await?;
        if !self.rights.is_empty() {
            write.rights_changed();
        }
        audit::note_all(write.tx(), self.entries, write.now).await?;
        for users in self.invited.chunks(AT_ONCE) {
            let job = InviteMany { users: users.to_vec() }.new();
            write.enqueue(NewJob { course: Some(course), requester: viewer.user(), ..job }).await?;
        }
        Ok(())
    }
}

/// The word for a role of a course that has these.
fn word(roles: &[role::Model], kind: Role, own: Option<i64>) -> String {
    let own = own.and_then(|own| roles.iter().find(|role| role.id == own));
    own.map_or_else(|| kind.word(), |role| role.key.clone())
}

/// How somebody is called of whom only the address is known, until they say it.
fn unnamed(email: &str) -> String {
    email.split('@').next().unwrap_or(email).to_owned()
}
