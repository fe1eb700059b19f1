//! Revising what was handed in, by the `ok` client: what it sends is kept as a backup in any case, and where revisions are allowed it is marked by
//! a score, which says to graders that there is something to look at. What counts stays what was handed in.

use entity::grading::score::{self, NewScore, REVISION};
use entity::id::{self, Kind};
use entity::job::event::Stream;
use entity::points::Points;
use entity::submission::work::{self, Whose};
use entity::viewer::ViewerScope;
use serde_json::json;

use super::receive::{Arrival, ReceiveCode, Received, receive};
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// What the mark of a revision is worth, in the manner of the predecessor.
const MARK: Points = Points::whole(2);

/// What is kept of it, and why it is no revision where it is none.
#[derive(Debug)]
pub struct Revised {
    pub received: Received,
    pub refused: Option<Unrevised>,
}

/// Why something is no revision, but a backup.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrevised {
    #[error("Revisions are not enabled for {0}. Your work was kept as a backup.")]
    Closed(String),
    #[error("No Submission to Revise. Your work was kept as a backup.")]
    NothingHandedIn,
}

/// Keeps what has arrived, and marks it as the revision of what the viewer or their group has handed in. Marks of revisions before are archived.
///
/// # Errors
/// When the viewer may not, there is no such assignment for them, what was sent cannot be kept, or something breaks.
pub async fn revise(deps: &Deps, viewer: &ViewerScope, arrival: &Arrival) -> Result<Revised, Problem<ReceiveCode>> {
    let received = receive(deps, viewer, arrival).await?;
    let refused = mark(deps, &received).await?;
    Ok(Revised { received, refused })
}

/// Marks a backup; why not, where it cannot be.
async fn mark(deps: &Deps, received: &Received) -> Result<Option<Unrevised>, Fault> {
    let (assignment, owner) = (&received.posted.assignment, received.owner);
    if !assignment.revisions {
        return Ok(Some(Unrevised::Closed(assignment.endpoint.clone())));
    }
    let mut write = Write::begin(deps).await?;
    let whose = Whose { assignment: assignment.id, owner, course: assignment.course_id };
    let mut works = work::lock(write.tx(), [whose]).await?;
    if works.of(assignment.id, owner).is_none_or(|own| own.final_submission_id.is_none()) {
        return Ok(Some(Unrevised::NothingHandedIn));
    }
    // The client sends again what was not answered in time; by then there may be a later one.
    if score::was_marked(write.tx(), received.backup, REVISION).await? {
        return Ok(None);
    }
    let owners: Vec<i64> = works.unit(assignment.id, owner).map(|row| row.owner_id).collect();
    score::archive_of(write.tx(), assignment.id, &owners, REVISION, write.now).await?;
    let given = NewScore {
        backup: received.backup,
        assignment: assignment.id,
        course: assignment.course_id,
        owner,
        kind: REVISION.to_owned(),
        value: MARK,
        message: None,
        grader: None,
    };
    score::write(write.tx(), &[given], write.now).await?;
    work::revised(write.tx(), assignment.id, &owners, received.backup).await?;
    let data = json!({
        "backup": id::encode(Kind::Backup, received.backup),
        "assignment": id::encode(Kind::Assignment, assignment.id),
        "submitter": id::encode(Kind::User, owner),
    });
    write.emit(Stream::Course(assignment.course_id), "submission.revised", data);
    write.commit().await?;
    Ok(None)
}
