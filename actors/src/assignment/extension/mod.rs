//! More time on an assignment. A student [asks](request) for it, staff [grants](grant) it, asked or not, or [declines](decline); a wish can be
//! [withdrawn](withdraw) by who has it, and what was granted by staff. A table [grants](import) it to many.
//!
//! Whoever changes what is granted locks the student's work, with that of the whole group, and works out anew until when it is on time.

pub mod decline;
pub mod grant;
pub mod import;
pub mod request;
mod sheet;
pub mod withdraw;

use chrono::{Days, NaiveDateTime};
use entity::assignment::deadline::{is_shown, is_told, local, read, resolve};
use entity::assignment::{self, extension};
use entity::clock::Timestamp;
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::job::event::Stream;
use entity::submission::work::{self, Whose};
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use sea_orm::DbErr;
use serde_json::json;

use super::change::jumped;
use crate::identity::audit::{entry, note};
use crate::mail::{self, NewLetter};
use crate::problem::Problem;
use crate::write::Write;

/// The most days after the deadline.
pub const MOST_DAYS: u16 = 366;
/// The longest reason or answer, in characters.
pub const WORDS: usize = 2_000;

/// Why it is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionCode {
    NotAllowed,
    AssignmentUnknown,
    ExtensionUnknown,
    PersonUnknown,
    /// The time is none, is before the deadline, or too far behind it.
    BadTime,
    /// A reason is missing, or too long.
    BadReason,
    /// It is asked for already.
    AlreadyRequested,
    /// It is decided already, or was withdrawn.
    Decided,
}

/// Until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Until {
    /// As the clock on the wall shows it, in the zone of the assignment: `2027-01-15T23:59:00`.
    Local(String),
    /// So many days of the calendar after the deadline that all have.
    Days(u16),
}

type Done<T> = Result<T, Problem<ExtensionCode>>;

/// What it is until, as an instant and as the wall shows it.
fn until(assignment: &assignment::Model, said: &Until) -> Done<(Timestamp, NaiveDateTime)> {
    let bad = |message: String| Problem::refused_at(ExtensionCode::BadTime, message, &["until"]);
    let zone = assignment.zone();
    let due = local(zone, assignment.due_at).ok_or_else(|| bad("The deadline is beyond the calendar.".to_owned()))?;
    let wall = match said {
        Until::Local(text) => read(text).ok_or_else(|| {
            bad("Write the time as the clock on the wall shows it there, like 2027-01-15T23:59:00.".to_owned())
        })?,
        Until::Days(days) => due.checked_add_days(Days::new(u64::from(*days))).unwrap_or(due),
    };
    if matches!(said, Until::Local(_)) && !is_shown(zone, wall) {
        return Err(bad(jumped(zone, wall)));
    }
    let farthest = due.checked_add_days(Days::new(u64::from(MOST_DAYS))).unwrap_or(due);
    let instant = resolve(zone, wall).filter(|instant| *instant > assignment.due_at && wall <= farthest);
    // What the wall shows then: of days that are counted, one may end at a time that clocks jump over.
    let moment = instant.and_then(|instant| Some((instant, local(zone, instant).filter(is_told)?)));
    moment.ok_or_else(|| {
        bad(format!("It must be after the deadline, {due} in {zone}, and at most {MOST_DAYS} days after it."))
    })
}

fn words(text: &str, path: &str, needed: bool) -> Done<String> {
    let text = text.trim();
    let count = text.chars().count();
    if count > WORDS || text.contains('\0') || (needed && count == 0) {
        let message = format!("Say why, in at most {WORDS} characters.");
        return Err(Problem::refused_at(ExtensionCode::BadReason, message, &[path]));
    }
    Ok(text.to_owned())
}

async fn find_assignment(write: &Write, viewer: &ViewerScope, key: i64) -> Done<assignment::Model> {
    let found = assignment::Entity::visible(viewer).by_key(write.tx(), key).await?;
    found.ok_or_else(|| {
        Problem::refused_at(ExtensionCode::AssignmentUnknown, "There is no such assignment.", &["assignment"])
    })
}

fn may_grant(viewer: &ViewerScope, course: i64) -> Done<()> {
    if viewer.sees_to_work(course) {
        return Ok(());
    }
    let message = "Only who may give more time in the course may do that, by a sign-in or a token with `grade`. Others ask for it.";
    Err(Problem::refused(ExtensionCode::NotAllowed, message))
}

/// An extension that the viewer may see, and its assignment, with the student's work locked.
async fn find(write: &Write, viewer: &ViewerScope, key: i64) -> Done<(extension::Model, work::Works)> {
    let unknown =
        || Problem::refused_at(ExtensionCode::ExtensionUnknown, "There is no such extension for you.", &["extension"]);
    let found = extension::Entity::visible(viewer).by_key(write.tx(), key).await?.ok_or_else(unknown)?;
    let works = lock(write, &found).await?;
    // It may have been decided before the lock was there.
    let now = extension::Entity::visible(viewer).by_key(write.tx(), key).await?.ok_or_else(unknown)?;
    Ok((now, works))
}

async fn lock(write: &Write, row: &extension::Model) -> Result<work::Works, DbErr> {
    let whose = Whose { assignment: row.assignment_id, owner: row.user_id, course: row.course_id };
    work::lock(write.tx(), [whose]).await
}

/// Works out anew until when the work is on time of all who share it with that student.
async fn settle(write: &Write, works: &work::Works) -> Result<(), DbErr> {
    work::retime(write.tx(), works).await
}

/// Notes what was done, tells the student unless it was they, and ends.
async fn finish(mut write: Write, viewer: &ViewerScope, action: Action, row: &extension::Model) -> Result<(), DbErr> {
    tell(&mut write, viewer, action, row).await?;
    write.commit().await
}

/// Notes what was done, and tells the student unless it was they.
async fn tell(write: &mut Write, viewer: &ViewerScope, action: Action, row: &extension::Model) -> Result<(), DbErr> {
    let details = json!({
        "assignment": id::encode(Kind::Assignment, row.assignment_id),
        "extension": id::encode(Kind::Extension, row.id),
        "due": row.due_local,
    });
    let about = Entry { course: Some(row.course_id), ..entry(viewer, action, Some(row.user_id), details.clone()) };
    let cause = id::encode(Kind::AuditEntry, note(write, about).await?);
    if viewer.user() != Some(row.user_id) {
        let letter = NewLetter {
            cause,
            recipient: row.user_id,
            kind: mail::letters::EXTENSION,
            course: Some(row.course_id),
            address: None,
        };
        mail::post(write, letter).await?;
    }
    let person = id::encode(Kind::User, row.user_id);
    let data = json!({ "extension": details["extension"], "assignment": details["assignment"], "person": person });
    write.emit(Stream::Course(row.course_id), action.word(), data);
    Ok(())
}
