//! Giving a score: a person says what a piece of work is worth in one respect. The score of that kind that was there is archived.

use entity::grading::score::{self, KIND_LENGTH, NewScore, normal_kind};
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::identity::scope::Scope;
use entity::job::event::Stream;
use entity::points::Points;
use entity::submission::backup;
use entity::viewer::{Permission, ViewerScope};
use entity::visible::Viewable as _;
use sea_orm::DbErr;
use serde_json::json;

use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// The most points, and the fewest.
pub const MOST: Points = Points::whole(1_000_000_000);
/// The longest message, in bytes: what an autograder says may be long.
pub const MESSAGE: usize = 256 << 10;

/// A score to be given.
#[derive(Clone, Debug)]
pub struct GiveScore {
    /// The key of the work, handed in or not.
    pub backup: i64,
    pub kind: String,
    pub value: Points,
    /// What its grader says about it, in Markdown; nothing when it is empty.
    pub message: String,
}

/// Why it was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveScoreCode {
    NotAllowed,
    /// There is no such work, or not for this viewer.
    WorkUnknown,
    KindInvalid,
    ValueInvalid,
    MessageTooLong,
}

/// Gives it; the key of the score. For who may give scores in the course.
///
/// # Errors
/// When the viewer may not, there is no such work for them, the input is not good, or something breaks.
pub async fn give_score(deps: &Deps, viewer: &ViewerScope, give: GiveScore) -> Result<i64, Problem<GiveScoreCode>> {
    let (kind, message) = check(&give.kind, give.value, &give.message)?;
    let mut write = Write::begin(deps).await?;
    let work = backup::Entity::visible(viewer).by_key(write.tx(), give.backup).await?;
    let unknown = || Problem::refused_at(GiveScoreCode::WorkUnknown, "There is no such work.", &["submission"]);
    let work = work.ok_or_else(unknown)?;
    if !may(viewer, work.course_id) {
        let message = "Only who may give scores in the course may do that, by a way in that is for grading.";
        return Err(Problem::refused(GiveScoreCode::NotAllowed, message));
    }
    let score = new(&work, viewer, kind, give.value, message);
    let written = score::write(write.tx(), std::slice::from_ref(&score), write.now).await?;
    let written = written.first().copied().ok_or(DbErr::RecordNotInserted)?;
    note(&write, noted(viewer, &score, written.before)).await?;
    let data = json!({
        "assignment": id::encode(Kind::Assignment, score.assignment),
        "submission": id::encode(Kind::Submission, score.backup),
        "score": id::encode(Kind::Score, written.id),
        "kind": score.kind,
        "value": score.value,
    });
    write.emit(Stream::Course(score.course), "score.stored", data);
    write.commit().await?;
    Ok(written.id)
}

/// Whether the viewer may give scores in a course.
#[must_use]
pub fn may(viewer: &ViewerScope, course: i64) -> bool {
    viewer.allows(Scope::Grade) && viewer.may(Permission::Grade, course)
}

/// The kind and the message as they are stored.
pub(super) fn check(
    kind: &str,
    value: Points,
    message: &str,
) -> Result<(String, Option<String>), Problem<GiveScoreCode>> {
    let kind = normal_kind(kind).ok_or_else(|| {
        let message =
            format!("A kind is 1 to {KIND_LENGTH} letters, digits, blanks and `_-./:`, such as `composition`.");
        Problem::refused_at(GiveScoreCode::KindInvalid, message, &["kind"])
    })?;
    if !(-MOST.0..=MOST.0).contains(&value.0) {
        let message = format!("A score is between -{MOST} and {MOST}.");
        return Err(Problem::refused_at(GiveScoreCode::ValueInvalid, message, &["value"]));
    }
    if message.len() > MESSAGE {
        let message = format!("A message has at most {MESSAGE} bytes.");
        return Err(Problem::refused_at(GiveScoreCode::MessageTooLong, message, &["message"]));
    }
    // PostgreSQL has no text with U+0000, which a program's output may have.
    let message = message.replace('\0', "\u{fffd}");
    Ok((kind, (!message.trim().is_empty()).then_some(message)))
}

pub(super) fn new(
    work: &backup::Model,
    viewer: &ViewerScope,
    kind: String,
    value: Points,
    message: Option<String>,
) -> NewScore {
    NewScore {
        backup: work.id,
        assignment: work.assignment_id,
        course: work.course_id,
        owner: work.submitter_id,
        kind,
        value,
        message,
        grader: viewer.impersonator.or(viewer.user()),
    }
}

/// What is noted of a score.
pub(super) fn noted(viewer: &ViewerScope, score: &NewScore, before: Option<Points>) -> Entry {
    let details = json!({
        "submission": id::encode(Kind::Submission, score.backup),
        "kind": score.kind,
        "before": before,
        "value": score.value,
    });
    Entry { course: Some(score.course), ..entry(viewer, Action::ScoreGiven, Some(score.owner), details) }
}
