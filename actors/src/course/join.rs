//! Putting oneself on the roster of a course, by a code that its staff has given away.

use entity::course::enrollment::{self, Role};
use entity::course::join_code;
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::viewer::ViewerScope;
use serde_json::json;

use super::enroll::{current, rights_changed};
use crate::deps::Deps;
use crate::identity::attempts::Attempt;
use crate::identity::audit::{entry, note};
use crate::identity::secret;
use crate::problem::Problem;
use crate::write::Write;

/// Why somebody did not join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinCode {
    /// Nobody is signed in who could.
    NotAPerson,
    /// No course has that code, or it has ended.
    CodeUnknown,
    /// There were too many attempts with wrong codes.
    TooManyAttempts,
}

/// Puts the viewer on the roster of the course that has that code, as a student; who takes part already stays as they are. Their part in
/// the course.
///
/// # Errors
/// When there is no such code, there were too many wrong ones, or something breaks.
pub async fn join(
    deps: &Deps,
    viewer: &ViewerScope,
    code: &str,
    address: u64,
) -> Result<enrollment::Model, Problem<JoinCode>> {
    let not_a_person = || Problem::refused(JoinCode::NotAPerson, "Sign in to join a course.");
    let person = viewer.user().filter(|_| viewer.is_unlimited()).ok_or_else(not_a_person)?;
    let attempt = Attempt::new(&format!("joins as {person}"), address);
    if deps.attempts.wait(&attempt, deps.clock.now()).is_some() {
        let message = "There were too many attempts with wrong codes. Try again in some minutes.";
        return Err(Problem::refused(JoinCode::TooManyAttempts, message));
    }
    let wrong = || {
        let message = "No course has that code, or it has ended. Ask whoever gave it to you.";
        Problem::refused_at(JoinCode::CodeUnknown, message, &["code"])
    };
    let mut write = Write::begin(deps).await?;
    let digest = secret::digest(&code.trim().to_ascii_lowercase());
    let known = join_code::find(write.tx(), &digest).await?;
    let Some(known) = known else {
        deps.attempts.failed(&attempt, deps.clock.now());
        return Err(wrong());
    };
    if let Some(there) = current(&write, person, known.course_id).await? {
        return Ok(there);
    }
    if !join_code::use_up(write.tx(), known.id, write.now).await? {
        return Err(wrong());
    }
    let row = enrollment::Model {
        id: 0,
        user_id: person,
        course_id: known.course_id,
        role: Role::Student,
        role_id: None,
        owner: false,
        created_at: write.now,
        student_number: None,
        class_account: None,
        lab_section: known.lab_section,
    };
    enrollment::put(write.tx(), &[row]).await?;
    rights_changed(&mut write, person).await?;
    let details = json!({ "before": null, "role": Role::Student.word(), "code": id::encode(Kind::JoinCode, known.id) });
    let entry = entry(viewer, Action::Enrolled, Some(person), details);
    note(&write, Entry { course: Some(known.course_id), ..entry }).await?;
    let joined = current(&write, person, known.course_id).await?;
    write.commit().await?;
    joined.ok_or_else(|| sea_orm::DbErr::RecordNotInserted.into())
}
