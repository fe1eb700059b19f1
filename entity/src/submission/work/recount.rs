//! Working out anew what work says after its group, an extension or the choice of what counts has changed.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _, Value};

use super::{Column, Entity, Model, Works};
use crate::assignment::extension;
use crate::clock::Timestamp;
use crate::grading::score::{self, REVISION};
use crate::statement::Rows;
use crate::submission;

/// Writes what the work of these people says who share it from now on, in this group or, alone, in none. Their rows are locked.
///
/// What was handed in stays whose it is: somebody who comes brings theirs, somebody who goes takes theirs along. A choice holds while who
/// handed that in is there.
///
/// # Errors
/// When the database does not answer.
pub async fn recount(tx: &impl ConnectionTrait, together: &[&Model], group: Option<i64>) -> Result<(), DbErr> {
    let Some(first) = together.first() else { return Ok(()) };
    let (assignment, owners) = (first.assignment_id, together.iter().map(|row| row.owner_id));
    let owners: Vec<i64> = owners.collect();
    let (count, latest) = handed_in(tx, assignment, &owners).await?;
    let chosen = chosen(tx, together, &owners).await?;
    Entity::update_many()
        .col_expr(Column::GroupId, Expr::value(group))
        .col_expr(Column::GroupSize, Expr::value(i32::try_from(owners.len()).unwrap_or(i32::MAX)))
        .col_expr(Column::DueAt, Expr::value(more_time(tx, assignment, &owners).await?))
        .col_expr(Column::Submissions, Expr::value(count))
        .col_expr(Column::FinalSubmissionId, Expr::value(chosen.map(|(key, _)| key).or(latest)))
        .col_expr(Column::FlaggedSubmissionId, Expr::value(chosen.map(|(key, _)| key)))
        .col_expr(Column::RevisionId, Expr::value(score::last_marked(tx, assignment, &owners, REVISION).await?))
        .col_expr(Column::FlaggedBy, Expr::value(chosen.and_then(|(_, by)| by)))
        .filter(Column::AssignmentId.eq(assignment))
        .filter(Column::OwnerId.is_in(owners))
        .exec(tx)
        .await
        .map(drop)
}

/// Says that this was sent to revise what these people have handed in. Their rows are locked.
///
/// # Errors
/// When the database does not answer.
pub async fn revised(tx: &impl ConnectionTrait, assignment: i64, owners: &[i64], backup: i64) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::RevisionId, Expr::value(Some(backup)))
        .filter(Column::AssignmentId.eq(assignment))
        .filter(Column::OwnerId.is_in(owners.iter().copied()))
        .exec(tx)
        .await
        .map(drop)
}

/// Writes until when all of that work is on time: the most time that one of those was given who share it. It is locked.
///
/// # Errors
/// When the database does not answer.
pub async fn retime(tx: &impl ConnectionTrait, works: &Works) -> Result<(), DbErr> {
    let rows: Rows = works.rows().map(|row| [Value::from(row.id)]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = "UPDATE work SET due_at = (SELECT max(e.due_at) FROM work AS mate INNER JOIN extension AS e \
           ON e.assignment_id = mate.assignment_id AND e.user_id = mate.owner_id AND e.state = 'granted' \
           WHERE mate.id = work.id OR mate.group_id = work.group_id) \
         FROM {rows} AS v WHERE work.id = v.column1";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

/// How often they handed in, and the last.
async fn handed_in(tx: &impl ConnectionTrait, assignment: i64, owners: &[i64]) -> Result<(i32, Option<i64>), DbErr> {
    let found: Option<(i64, Option<i64>)> = submission::Entity::find()
        .select_only()
        .expr(submission::Column::Id.count())
        .expr(submission::Column::Id.max())
        .filter(submission::Column::AssignmentId.eq(assignment))
        .filter(submission::Column::SubmitterId.is_in(owners.iter().copied()))
        .into_tuple()
        .one(tx)
        .await?;
    let (count, latest) = found.unwrap_or_default();
    Ok((i32::try_from(count).unwrap_or(i32::MAX), latest))
}

/// The choice that still holds, and whose it is; of several, of the one that came last.
async fn chosen(
    tx: &impl ConnectionTrait,
    together: &[&Model],
    owners: &[i64],
) -> Result<Option<(i64, Option<i64>)>, DbErr> {
    let flagged = together.iter().filter_map(|row| row.flagged_submission_id);
    let theirs = submission::Entity::find()
        .filter(submission::Column::Id.is_in(flagged))
        .filter(submission::Column::SubmitterId.is_in(owners.iter().copied()));
    let last = theirs.all(tx).await?.into_iter().map(|row| row.id).max();
    let by = |key| together.iter().find(|row| row.flagged_submission_id == Some(key)).and_then(|row| row.flagged_by);
    Ok(last.map(|key| (key, by(key))))
}

/// The most time that one of them was given.
async fn more_time(tx: &impl ConnectionTrait, assignment: i64, owners: &[i64]) -> Result<Option<Timestamp>, DbErr> {
    let granted = extension::Entity::find()
        .filter(extension::Column::AssignmentId.eq(assignment))
        .filter(extension::Column::UserId.is_in(owners.iter().copied()))
        .filter(extension::Column::State.eq(extension::State::Granted));
    Ok(granted.all(tx).await?.into_iter().map(|row| row.due_at).max())
}
