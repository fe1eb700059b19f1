//! Running a program of somebody's own: of a person, who finds it among their runs, or of a guest, who gets an identifier.

use entity::execution::guest;
use entity::execution::language::Language;
use entity::execution::run::{self, RunState};
use entity::execution::verdict::{Blame, Verdict};
use entity::file::{self, Entries, Entry};
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait, Set};

use super::conclusion::not_run;
use super::finish::FinishRun;
use super::program_input::{ProgramCode, ProgramInput, names, pack};
use super::run::Run;
use crate::deps::Deps;
use crate::problem::{Fault, Problem, Refused};
use crate::write::Write;

/// Programs of one person that may be waiting or running.
pub const OWN: u64 = 8;
/// Programs of all guests together that may be waiting or running.
pub const GUESTS: u64 = 256;

/// A program that is on its way.
#[derive(Debug)]
pub struct Started {
    pub run: run::Model,
    pub job: i64,
}

/// Has a person's program run.
///
/// # Errors
/// When it cannot be run, the person has too many under way, or something breaks.
pub async fn run_program(
    deps: &Deps,
    viewer: &ViewerScope,
    input: ProgramInput,
) -> Result<Started, Problem<ProgramCode>> {
    let person = viewer.user().ok_or_else(|| Problem::refused(ProgramCode::NotAPerson, "Sign in to run a program."))?;
    if !viewer.reaches(None) {
        let message = "A token that is limited to courses runs no programs of none.";
        return Err(Problem::refused(ProgramCode::NotAPerson, message));
    }
    input.check_files().map_err(Problem::Refused)?;
    let toolchain = input.toolchain(&deps.workshop.toolchains).map_err(Problem::Refused)?;
    let plan = input.plan(toolchain).map_err(Problem::Refused)?;
    let mut write = Write::begin(deps).await?;
    if run::own_waiting(write.tx(), person).await? >= OWN {
        let message = format!("{OWN} of your programs are waiting or running. Wait for one to end, or cancel one.");
        return Err(Problem::refused(ProgramCode::Busy, message));
    }
    let files: Vec<(String, Vec<u8>)> = input.files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let entries = files.iter().map(|(name, bytes)| Entry::of(name, bytes)).collect();
    file::keep(write.tx(), files.into_iter().map(|(_, bytes)| bytes).collect()).await?;
    let plan = (plan.language.clone(), serde_json::to_vec(&plan).map_err(Fault::from)?);
    let run = insert(&write, Some(person), input.mode, plan, Entries(entries)).await?;
    let job = enqueue(&mut write, &run).await?;
    write.commit().await?;
    Ok(Started { run, job })
}

/// A guest's program that is on its way, or that is not run and says why in its log.
#[derive(Clone, Debug)]
pub struct Visiting {
    /// Who has it, has the run. Kept nowhere.
    pub identifier: String,
    pub run: i64,
    pub language: Language,
    /// The names of the program's files.
    pub names: Vec<String>,
}

/// Has a guest's program run. `origin` is the network address that it comes from, of which so many programs may be under way.
///
/// What is wrong with the program itself, rather than with its files, is told as its output, where pages look for it.
///
/// # Errors
/// When its files cannot be taken, too many programs are under way, or something breaks.
pub async fn run_guest_program(
    deps: &Deps,
    origin: &str,
    most: u64,
    mut input: ProgramInput,
) -> Result<Visiting, Problem<ProgramCode>> {
    input.check_files().map_err(Problem::Refused)?;
    let mut write = Write::begin(deps).await?;
    let (all, here) = guest::waiting(write.tx(), origin).await?;
    if all >= GUESTS || here >= most {
        return Err(Problem::refused(ProgramCode::Busy, "the machine is busy processing too many requests"));
    }
    let toolchain = input.toolchain(&deps.workshop.toolchains).map_err(Problem::Refused)?;
    let lengths = input.check_lengths();
    input.take_special();
    let (plan, wrong) = match lengths.and_then(|()| input.plan(toolchain)) {
        Ok(plan) => (serde_json::to_vec(&plan).map_err(Fault::from)?, None),
        Err(wrong) => (Vec::new(), Some(wrong)),
    };
    let run = insert(&write, None, input.mode, (toolchain.name.clone(), plan), Entries::default()).await?;
    let identifier = identifier()?;
    let row = guest::ActiveModel {
        run_id: Set(run.id),
        digest: Set(guest::digest(&identifier)),
        origin: Set(origin.to_owned()),
        names: Set(names(&input.files)?),
        sources: Set(if wrong.is_none() { pack(&input.files)? } else { Vec::new() }),
        delivered_at: Set(None),
        drained: Set(0),
        expires_at: Set(write.now + guest::KEPT),
    };
    row.insert(write.tx()).await?;
    match wrong {
        Some(wrong) => refuse(&mut write, run.id, &wrong).await?,
        None => enqueue(&mut write, &run).await.map(drop)?,
    }
    write.commit().await?;
    let names = input.files.into_iter().map(|(name, _)| name).collect();
    Ok(Visiting { identifier, run: run.id, language: run.language, names })
}

/// Ends a run at its beginning.
async fn refuse(write: &mut Write, run: i64, wrong: &Refused<ProgramCode>) -> Result<(), Problem<ProgramCode>> {
    let (outcome, conclusion) = not_run(Verdict::BuildFailed, Some(Blame::Student), &wrong.message);
    FinishRun::concluded(run, &outcome, conclusion)?.finish(write).await?;
    Ok(())
}

async fn insert(
    write: &Write,
    person: Option<i64>,
    mode: String,
    (language, plan): (Language, Vec<u8>),
    files: Entries,
) -> Result<run::Model, Problem<ProgramCode>> {
    let row = run::ActiveModel {
        requester_id: Set(person),
        language: Set(language),
        state: Set(RunState::Queued),
        plan: Set(plan),
        files: Set(files),
        created_at: Set(write.now),
        mode: Set(Some(mode)),
        ..Default::default()
    };
    Ok(row.insert(write.tx()).await?)
}

async fn enqueue(write: &mut Write, run: &run::Model) -> Result<i64, Problem<ProgramCode>> {
    let mut job = Run::job(run.id);
    job.requester = run.requester_id;
    Ok(write.enqueue(job).await?)
}

/// 128 random bits.
fn identifier() -> Result<String, Fault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Internal(format!("no random numbers: {error}")))?;
    Ok(hex::encode(bytes))
}
