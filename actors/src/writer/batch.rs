//! One transaction for many operations.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use entity::execution::record;
use entity::identity::audit;
use entity::job::JobState;
use entity::job::event;
use entity::job::lease::{self, Held, Moved, Renewal, Settlement};
use entity::submission::accept::{self, Batch, HandIn};
use entity::submission::receipt::Receipt;
use entity::submission::work::{self, Works};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::operation::{Answer, Operation, Settling, Sorted};
use crate::cause;
use crate::database::{Promise, Trouble, trouble};
use crate::deps::Deps;
use crate::problem::{Fault, words_of};
use crate::submission;
use crate::submission::receipt::issue::{self, Acknowledged, Prepared};
use crate::write::Write;

/// Runs the operations; one answer for each, in their order. What fails together is tried again by halves.
pub(super) fn run<'b>(deps: &'b Deps, operations: &'b [Operation]) -> BoxFuture<'b, Vec<Result<Answer, Fault>>> {
    Box::pin(async move {
        match again_while_away(deps, operations).await {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            // Halves would wait for the same database, one after the other.
            Err(error) if trouble(&error) == Trouble::Away => {
                tracing::warn!(error = cause::chain(&error), operations = operations.len(), "the database is away");
                operations.iter().map(|_| Err(Fault::Database(error.clone()))).collect()
            }
            Err(error) if operations.len() <= 1 => {
                tracing::warn!(error = cause::chain(&error), "an operation of the writer failed");
                vec![Err(Fault::Database(error))]
            }
            Err(error) => {
                tracing::debug!(error = %error, operations = operations.len(), "a batch of the writer failed; trying its halves");
                let (left, right) = operations.split_at(operations.len() / 2);
                let mut answers = run(deps, left).await;
                answers.extend(run(deps, right).await);
                answers
            }
        }
    })
}

/// How long a batch is tried again whose connection was lost. A database that was started anew is back by then, and the pool has
/// no more connections to the old one.
const AGAIN: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

async fn again_while_away(deps: &Deps, operations: &[Operation]) -> Result<Vec<Answer>, DbErr> {
    let begun = Instant::now();
    loop {
        // An effect that panics is an operation that fails, and must not take its neighbours with it.
        let ended = AssertUnwindSafe(transaction(deps, operations)).catch_unwind().await;
        let ended = ended.unwrap_or_else(|panic| Err(DbErr::Custom(format!("panicked: {}", words_of(panic.as_ref())))));
        match ended {
            Err(error) if trouble(&error) == Trouble::Away && begun.elapsed() < AGAIN => {
                tracing::debug!(error = %error, "a batch of the writer lost its connection; trying it again");
                sleep(PAUSE).await;
            }
            ended => return ended,
        }
    }
}

async fn transaction(deps: &Deps, operations: &[Operation]) -> Result<Vec<Answer>, DbErr> {
    let sorted = Sorted::of(operations);
    // A renewal that is undone by a loss of power leaves a job that is claimed again: who thinks to have it cannot settle it.
    let promise = if operations.iter().all(Operation::is_renewal) { Promise::Visible } else { Promise::Durable };
    let signer = if sorted.accept.is_empty() { None } else { Some(issue::signer(deps).await?) };
    let mut write = Write::promising(deps, promise).await?;
    let mut answers: Vec<Option<Answer>> = vec![None; operations.len()];
    // Each statement takes its rows in their order, but one after the other: two batches could wait for each other. So what several of them
    // take is taken before: work, and then jobs.
    let works = lock_work(&write, &sorted).await?;
    lease::lock(write.tx(), &sorted.contended()).await?;
    settle(&mut write, &sorted, &mut answers).await?;
    renew(&write, &sorted, &mut answers).await?;
    let accepted = accept(&mut write, &sorted, works).await?;
    records(&write, &sorted, &mut answers).await?;
    progress(&mut write, &sorted, &mut answers).await?;
    let accepted = match accepted {
        Some(batch) => Some((prepare(&write, &batch).await?, batch)),
        None => None,
    };
    let ready = write.ready().await?;
    if let (Some(signer), Some((prepared, batch))) = (&signer, accepted) {
        let receipts = issue::issue(deps, ready.tx(), signer, prepared).await?;
        acknowledge(&receipts, batch, &sorted, &mut answers);
    }
    ready.commit().await?;
    answers
        .into_iter()
        .map(|answer| answer.ok_or_else(|| DbErr::Custom("an operation without an answer".into())))
        .collect()
}

/// Locks the work that is handed in or was graded, all at once.
async fn lock_work(write: &Write, sorted: &Sorted<'_>) -> Result<Works, DbErr> {
    let graded = work::graded(write.tx(), &sorted.runs()).await?;
    let handed_in = sorted.accept.iter().map(|(_, hand_in)| hand_in.whose());
    work::lock(write.tx(), graded.into_iter().chain(handed_in)).await
}

async fn settle(write: &mut Write, sorted: &Sorted<'_>, answers: &mut [Option<Answer>]) -> Result<(), DbErr> {
    // Of each lease the first: who did not hear the answer may have asked again.
    let mut first: BTreeMap<Held, &Settling> = BTreeMap::new();
    for (_, settling) in &sorted.settle {
        first.entry(settling.held).or_insert(settling);
    }
    let settlements: Vec<_> = first.values().map(|settling| (settling.held, settling.settlement.clone())).collect();
    let moved: BTreeMap<Held, Moved> = lease::settle(write.tx(), &settlements).await?.into_iter().collect();
    for (held, moved) in &moved {
        match (moved.state, first.get(held)) {
            (JobState::Done, Some(settling)) => settling.done.apply(write).await?,
            (JobState::Dead, Some(settling)) => settling.dead.apply(write).await?,
            (JobState::Cancelled, Some(settling)) if matches!(settling.settlement, Settlement::Cancelled { .. }) => {
                settling.cancelled.apply(write).await?;
            }
            (JobState::Cancelled, _) => write.gave_way(moved.id).await?,
            _ => {}
        }
        announce(write, moved);
    }
    let unheard: Vec<Held> = first.keys().filter(|held| !moved.contains_key(held)).copied().collect();
    let before: HashMap<Held, Moved> = lease::settled(write.tx(), &unheard).await?.into_iter().collect();
    for (place, settling) in &sorted.settle {
        let moved = moved.get(&settling.held).or_else(|| before.get(&settling.held));
        answers[*place] = Some(Answer::Settled(moved.cloned()));
    }
    Ok(())
}

/// The event that says where a job went.
pub(crate) fn announce(write: &mut Write, moved: &Moved) {
    if let Some((position, at)) = moved.claimed {
        write.keep(event::leased(moved.id, position, moved.attempt, at));
    }
    let data = json!({ "attempt": moved.attempt, "error": moved.error });
    match moved.finished_at.filter(|_| moved.state == JobState::Done) {
        Some(at) => write.tell_moved(moved.id, moved.head, moved.state.word(), data, at),
        None => write.emit_moved(moved.id, moved.head, moved.state.word(), data),
    }
    if moved.state == JobState::Queued {
        write.ring(moved.lane.clone());
    }
}

async fn renew(write: &Write, sorted: &Sorted<'_>, answers: &mut [Option<Answer>]) -> Result<(), DbErr> {
    // All lanes of a process lease for the same time; the longest is right for each.
    let Some(longest) = sorted.renew.iter().map(|(_, _, lease)| *lease).max() else { return Ok(()) };
    let leases: Vec<Held> = sorted.renew.iter().map(|(_, held, _)| *held).collect();
    let held = lease::renew(write.tx(), &leases, longest).await?;
    for (place, lease, _) in &sorted.renew {
        answers[*place] = Some(Answer::Renewed(held.get(lease).copied().unwrap_or(Renewal::Lost)));
    }
    Ok(())
}

async fn accept(write: &mut Write, sorted: &Sorted<'_>, works: Works) -> Result<Option<Batch>, DbErr> {
    if sorted.accept.is_empty() {
        return Ok(None);
    }
    let hand_ins: Vec<&HandIn> = sorted.accept.iter().map(|(_, hand_in)| *hand_in).collect();
    let batch = accept::accept(&write.turn.tx, &hand_ins, works, &mut write.shares).await?;
    submission::submit::announce(write, &batch);
    let late = batch.accepted.iter().filter(|accepted| accepted.marked && accepted.repeated);
    audit::note_all(write.tx(), late.map(submission::submit::handed_in_after_all).collect(), write.now).await?;
    Ok(Some(batch))
}

/// What is done for the receipts before everybody else has to wait for them.
async fn prepare(write: &Write, batch: &Batch) -> Result<Prepared, DbErr> {
    let new: BTreeSet<i64> = batch.fresh.iter().map(|fresh| fresh.backup).collect();
    let all = batch.accepted.iter().map(|accepted| accepted.submission);
    let again: Vec<i64> = all.filter(|backup| !new.contains(backup)).collect();
    issue::prepare(write.tx(), &batch.fresh, &again).await
}

/// Answers what was taken in, with receipts.
fn acknowledge(
    receipts: &HashMap<i64, Arc<Receipt>>,
    batch: Batch,
    sorted: &Sorted<'_>,
    answers: &mut [Option<Answer>],
) {
    for ((place, _), accepted) in sorted.accept.iter().zip(batch.accepted) {
        let receipt = receipts.get(&accepted.submission).cloned();
        answers[*place] = Some(Answer::Accepted(Acknowledged { accepted, receipt }));
    }
}

async fn records(write: &Write, sorted: &Sorted<'_>, answers: &mut [Option<Answer>]) -> Result<(), DbErr> {
    let chunks: Vec<record::Chunk> = sorted.record.iter().map(|(_, chunk)| (*chunk).clone()).collect();
    let held = record::append(write.tx(), &chunks).await?;
    for ((place, _), held) in sorted.record.iter().zip(held) {
        answers[*place] = Some(Answer::Held(held));
    }
    Ok(())
}

async fn progress(write: &mut Write, sorted: &Sorted<'_>, answers: &mut [Option<Answer>]) -> Result<(), DbErr> {
    let mut told = lease::told(write.tx(), &sorted.holders()).await?;
    let mut steps = HashMap::new();
    for (place, lease, number, event) in &sorted.progress {
        let last = told.get_mut(lease);
        answers[*place] = Some(Answer::Held(last.is_some()));
        // One that was told, but whose teller did not hear so, is not told again.
        if let Some(last) = last.filter(|last| **last < *number) {
            *last = *number;
            steps.insert(lease.0, *number);
            write.emit(event.stream, event.kind, event.data.clone());
        }
    }
    lease::note_told(write.tx(), &steps).await
}
