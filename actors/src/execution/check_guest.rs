//! What a guest's run has written, for who has its identifier: all of it in order, however often and from where it is asked.
//!
//! A record's number is its place among those that the guest gets, so a guest who counts can ask for what comes next. Who does not
//! count gets what was given to nobody else who does not. Whoever gets something is noted before: from then on the run cannot begin anew.

use entity::execution::guest::{self, Visit};
use entity::execution::language::Language;
use entity::execution::record::{self, Model, RecordKind};
use entity::execution::run;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::deps::Deps;
use crate::live::Recent;
use crate::problem::Fault;
use crate::write::Write;

/// Records in one answer.
const MOST: u64 = 1000;

/// The furthest place that can be asked for.
const FURTHEST: i64 = i64::MAX >> 1;

/// What is new about a run.
#[derive(Clone, Debug)]
pub struct Checked {
    pub language: Language,
    /// The names of the program's files.
    pub names: Vec<String>,
    pub records: Vec<Model>,
    /// The exit status, once it has ended; none before, and until all records up to the end are given.
    pub ended: Option<i32>,
}

/// What a run has written behind the first `read` records, or behind what was given before to who does not say. None: there is no such
/// run, or its time is over.
///
/// # Errors
/// When something breaks.
pub async fn check_guest(deps: &Deps, identifier: &str, read: Option<i64>) -> Result<Option<Checked>, Fault> {
    let now = deps.clock.now();
    let Some(visit) = guest::find(deps.db.read(), identifier, now).await? else { return Ok(None) };
    // There is no record behind so many, and the places behind them can still be counted.
    let from = read.unwrap_or(visit.drained).min(FURTHEST);
    let mut records = written(deps, visit.run_id, from).await?;
    let given = shown(&records);
    if visit.is_news(given, read.is_none(), now) {
        note(deps, &visit, given, read.is_none().then_some(from + given)).await?;
        // What is given is what was there when it was noted, and what has begun anew meanwhile is not.
        records = written(deps, visit.run_id, from).await?;
        records.retain(|record| record.kind == RecordKind::End || record.position <= from + given);
    }
    answer(deps, visit, from, records).await.map(Some)
}

/// Notes that somebody sees what the run writes, from now on.
///
/// # Errors
/// When something breaks.
pub async fn seen(deps: &Deps, run: i64) -> Result<(), Fault> {
    let write = Write::begin(deps).await?;
    guest::note(write.tx(), run, 1, None, write.now).await?;
    Ok(write.commit().await?)
}

fn shown(records: &[Model]) -> i64 {
    let shown = records.iter().filter(|record| record.kind != RecordKind::End).count();
    i64::try_from(shown).unwrap_or(i64::MAX)
}

async fn note(deps: &Deps, visit: &Visit, given: i64, drained: Option<i64>) -> Result<(), DbErr> {
    let write = Write::begin(deps).await?;
    guest::note(write.tx(), visit.run_id, given, drained, write.now).await?;
    write.commit().await
}

/// The records behind a place: those in the rows, and those that are on their way there.
async fn written(deps: &Deps, run: i64, from: i64) -> Result<Vec<Model>, Fault> {
    // In this order: what leaves the early copies meanwhile is in the rows.
    let recent = deps.live.ask(Recent(run)).await.unwrap_or_default();
    let mut records = record::latest(deps.db.read(), run, from, MOST).await?;
    if records.last().is_some_and(|record| record.kind == RecordKind::End) || records.len() as u64 == MOST {
        return Ok(records);
    }
    for record in recent {
        let next = records.last().map_or(from, |last| last.position) + 1;
        let same = records.last().is_none_or(|last| last.attempt == record.attempt);
        if same && record.position == next {
            records.push(record);
        }
    }
    Ok(records)
}

async fn answer(deps: &Deps, visit: Visit, from: i64, mut records: Vec<Model>) -> Result<Checked, Fault> {
    let end = records.pop_if(|record| record.kind == RecordKind::End);
    let up_to = records.last().map_or(from, |record| record.position);
    let ended = match end {
        Some(end) if end.position <= up_to + 1 => Some(status(deps, visit.run_id).await?),
        _ => None,
    };
    Ok(Checked {
        language: visit.language,
        names: serde_json::from_slice(&visit.names).map_err(Fault::from)?,
        records,
        ended,
    })
}

async fn status(deps: &Deps, run: i64) -> Result<i32, DbErr> {
    let status: Option<Option<i32>> = run::Entity::find()
        .select_only()
        .column(run::Column::Status)
        .filter(run::Column::Id.eq(run))
        .into_tuple()
        .one(deps.db.read())
        .await?;
    Ok(status.flatten().unwrap_or(1))
}
