//! To a student: what a submission is worth.

use entity::id::{self, Kind};
use entity::identity::user;
use entity::mail::letter;
use entity::submission::member;
use entity::{assignment, course, grading::score, submission};
use minijinja::context;
use sea_orm::EntityTrait;

use super::{Words, fill};
use crate::deps::Deps;
use crate::job::BodyFault;

pub(super) const KIND: &str = "score";

pub(super) async fn compose(
    deps: &Deps,
    letter: &letter::Model,
    recipient: &user::Model,
) -> Result<Option<Words>, BodyFault> {
    let gone = || BodyFault::GiveUp("what it is about is gone".into());
    let db = deps.db.read();
    let key = id::decode_as(Kind::Score, &letter.cause).ok_or_else(gone)?;
    let score = score::Entity::find_by_id(key).one(db).await?.ok_or_else(gone)?;
    let submission = submission::Entity::find_by_id(score.submission_id).one(db).await?.ok_or_else(gone)?;
    let owners = member::sharing(db, submission.assignment_id, submission.submitter_id).await?;
    if !owners.contains(&recipient.id) {
        return Ok(None);
    }
    let assignment = assignment::Entity::find_by_id(submission.assignment_id).one(db).await?.ok_or_else(gone)?;
    let course = course::Entity::find_by_id(submission.course_id).one(db).await?.ok_or_else(gone)?;
    let facts = context! {
        name => recipient.name,
        submission => id::encode(Kind::Submission, submission.id),
        submitted_at => submission.submitted_at.to_string(),
        assignment => assignment.title,
        course => course.title,
        value => score.value.to_string(),
        maximum => score.maximum.map(|maximum| maximum.to_string()).unwrap_or_default(),
        url => deps.site.public_url,
    };
    fill(include_str!("score/subject.txt"), include_str!("score/body.txt"), &facts).map(Some)
}
