//! Making a code by which students put themselves on the roster of a course, and ending one.

use entity::clock::Timestamp;
use entity::course::enrollment::{Role, normal_text};
use entity::course::join_code;
use entity::course::role::{effective, of_course};
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::viewer::{Permission, ViewerScope};
use entity::visible::Viewable as _;
use sea_orm::{ActiveModelTrait as _, Set};
use serde_json::json;

use super::{find, has_all};
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::identity::keyring::random;
use crate::identity::secret;
use crate::problem::Problem;
use crate::write::Write;

/// The most people that may be let join by one code.
pub const MOST_USES: i32 = 100_000;

/// A code to be made.
#[derive(Clone, Debug)]
pub struct NewJoinCode {
    /// The key of the course.
    pub course: String,
    /// The lab section of whoever joins by it.
    pub lab_section: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub max_uses: Option<i32>,
}

/// Why a code was not made, or not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinCodeCode {
    NotAllowed,
    CourseUnknown,
    /// There is no such code, or not for this viewer.
    CodeUnknown,
    LabSectionInvalid,
    /// Its end is over.
    EndInvalid,
    UsesInvalid,
    /// Taking part as a student allows more than the viewer may.
    BeyondYours,
}

/// Makes a code; the row and the code itself, which is shown this once. For who may change the roster.
///
/// # Errors
/// When the viewer may not, the input is not good, or something breaks.
pub async fn make_join_code(
    deps: &Deps,
    viewer: &ViewerScope,
    new: NewJoinCode,
) -> Result<(join_code::Model, String), Problem<JoinCodeCode>> {
    let code = hex::encode(random::<16>()?);
    let write = Write::begin(deps).await?;
    let course = match find(&write, &new.course).await? {
        Some(course) if viewer.may(Permission::ManageRoster, course.id) => course.id,
        None if viewer.may_administer() => {
            let message = format!("There is no course `{}`; sync the content first.", new.course);
            return Err(Problem::refused_at(JoinCodeCode::CourseUnknown, message, &["course"]));
        }
        _ => return Err(may_not()),
    };
    let lab_section = check(&new, write.now)?;
    let roles = of_course(write.tx(), course).await?;
    if !has_all(viewer, course, &effective(&roles, Role::Student, None)) {
        let message = "Taking part as a student allows more there than you may in the course yourself.";
        return Err(Problem::refused(JoinCodeCode::BeyondYours, message));
    }
    let row = join_code::ActiveModel {
        course_id: Set(course),
        digest: Set(secret::digest(&code).to_vec()),
        lab_section: Set(lab_section),
        expires_at: Set(new.expires_at),
        max_uses: Set(new.max_uses),
        uses: Set(0),
        creator_id: Set(viewer.user()),
        created_at: Set(write.now),
        revoked_at: Set(None),
        ..Default::default()
    };
    let row = row.insert(write.tx()).await?;
    let details = json!({ "code": id::encode(Kind::JoinCode, row.id), "maxUses": row.max_uses });
    note(&write, Entry { course: Some(course), ..entry(viewer, Action::JoinCodeMade, None, details) }).await?;
    write.commit().await?;
    Ok((row, code))
}

/// Ends a code: nobody joins by it any more. For who may change the roster.
///
/// # Errors
/// When there is no such code for the viewer, they may not, or something breaks.
pub async fn revoke_join_code(
    deps: &Deps,
    viewer: &ViewerScope,
    code: i64,
) -> Result<join_code::Model, Problem<JoinCodeCode>> {
    let write = Write::begin(deps).await?;
    let unknown = || Problem::refused_at(JoinCodeCode::CodeUnknown, "There is no such code.", &["joinCode"]);
    let row = join_code::Entity::visible(viewer).by_key(write.tx(), code).await?.ok_or_else(unknown)?;
    if !viewer.may(Permission::ManageRoster, row.course_id) {
        return Err(may_not());
    }
    let ended = join_code::revoke(write.tx(), row.id, write.now).await?;
    let revoked_at = row.revoked_at.or(Some(write.now));
    if ended {
        let details = json!({ "code": id::encode(Kind::JoinCode, row.id), "uses": row.uses });
        let entry = entry(viewer, Action::JoinCodeRevoked, None, details);
        note(&write, Entry { course: Some(row.course_id), ..entry }).await?;
    }
    write.commit().await?;
    Ok(join_code::Model { revoked_at, ..row })
}

fn check(new: &NewJoinCode, now: Timestamp) -> Result<Option<String>, Problem<JoinCodeCode>> {
    if new.expires_at.is_some_and(|end| end <= now) {
        let message = "Its end is over already.";
        return Err(Problem::refused_at(JoinCodeCode::EndInvalid, message, &["expiresAt"]));
    }
    if new.max_uses.is_some_and(|most| !(1..=MOST_USES).contains(&most)) {
        let message = format!("1 to {MOST_USES} people may be let join by a code.");
        return Err(Problem::refused_at(JoinCodeCode::UsesInvalid, message, &["maxUses"]));
    }
    normal_text(new.lab_section.as_deref().unwrap_or_default()).map_err(|most| {
        let message = format!("A lab section has at most {most} characters, in one line.");
        Problem::refused_at(JoinCodeCode::LabSectionInvalid, message, &["labSection"])
    })
}

fn may_not() -> Problem<JoinCodeCode> {
    Problem::refused(JoinCodeCode::NotAllowed, "Only who may change the roster of a course may do that.")
}
