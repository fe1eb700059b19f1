//! Trying exercises, running programs of one's own, and stopping runs.

use actors::execution::program_input::{ProgramCode, ProgramInput};
use actors::execution::{attempt_exercise as attempts, cancel_run as cancels, run_program as programs};
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use entity::job;
use entity::visible::Viewable;

use super::object::Run;
use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::job::object::Job;

/// Trying exercises, running programs of one's own, and stopping runs.
#[derive(Default)]
pub struct ExecutionMutation;

/// An attempt at an exercise.
#[derive(InputObject)]
pub struct AttemptExerciseInput {
    /// The global id of the exercise.
    exercise: ID,
    /// The code.
    code: String,
}

/// What came of trying an exercise.
#[derive(SimpleObject)]
pub struct AttemptExercisePayload {
    /// The run. Follow it by the subscription `runOutput`, whose last record has the verdict.
    run: Option<Run>,
    /// The job of that run.
    job: Option<Job>,
    /// Why it is not run.
    problems: Vec<AttemptExerciseProblem>,
}

/// Why an attempt is not run.
#[derive(SimpleObject)]
pub struct AttemptExerciseProblem {
    /// What kind of problem it is.
    code: AttemptExerciseProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of trying an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "attempts::AttemptCode")]
pub enum AttemptExerciseProblemCode {
    /// There is no such exercise for you.
    ExerciseUnknown,
    /// The code is too long.
    TooLarge,
    /// Only people try exercises.
    NotAPerson,
}

/// A program of one's own.
#[derive(InputObject)]
pub struct RunProgramInput {
    /// Its files: at most 64, with at most 1 MiB together.
    files: Vec<ProgramFileInput>,
    /// The name of the language, as `languages` tells it.
    language: String,
    /// What is to be done, as the language has it: `run` if nothing is said.
    #[graphql(default = "run")]
    mode: String,
    /// Switches for the tools of the language. Those that are not allowed are left out.
    #[graphql(default)]
    switches: Vec<SwitchesInput>,
    /// The words of the command line, as they are.
    #[graphql(default)]
    arguments: Vec<String>,
    /// What the program reads.
    #[graphql(default)]
    stdin: String,
    /// The main file; without it, the language's rule finds it.
    main: Option<String>,
    /// For the mode `submit`, the cases of a lab: lines `in 0:words` and `out 0:text`.
    lab: Option<String>,
}

/// A file of a program.
#[derive(InputObject)]
pub struct ProgramFileInput {
    /// Its name: 1 to 128 letters, digits, dots, hyphens and underscores, not beginning with a dot or hyphen.
    name: String,
    /// Its text.
    text: String,
}

/// Switches for one tool.
#[derive(InputObject)]
pub struct SwitchesInput {
    /// The tool, as the language calls it: `Builder`, `Compiler`.
    package: String,
    /// The switches.
    switches: Vec<String>,
}

impl RunProgramInput {
    fn program(self) -> ProgramInput {
        ProgramInput {
            language: self.language,
            mode: self.mode,
            main: self.main,
            switches: self.switches.into_iter().map(|tool| (tool.package, tool.switches)).collect(),
            arguments: self.arguments,
            stdin: self.stdin,
            files: self.files.into_iter().map(|file| (file.name, file.text)).collect(),
            lab: self.lab,
        }
    }
}

/// What came of running a program.
#[derive(SimpleObject)]
pub struct RunProgramPayload {
    /// The run. Follow it by the subscription `runOutput`, whose last record has the verdict.
    run: Option<Run>,
    /// The job of that run.
    job: Option<Job>,
    /// Why it is not run.
    problems: Vec<RunProgramProblem>,
}

/// Why a program is not run.
#[derive(SimpleObject)]
pub struct RunProgramProblem {
    /// What kind of problem it is.
    code: RunProgramProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of running a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ProgramCode")]
pub enum RunProgramProblemCode {
    /// A name that is none here, or that two files have.
    FileName,
    /// There is nothing to run.
    NoFiles,
    /// More than 64 files.
    TooManyFiles,
    /// The files are too long.
    TooLarge,
    /// There is no such language here.
    LanguageUnknown,
    /// The language has no such mode.
    ModeUnknown,
    /// Switches for a tool that the language has not.
    Switches,
    /// Words that no program can be given.
    Arguments,
    /// No cases, or cases that cannot be tried.
    Lab,
    /// Too many of your programs are waiting or running.
    Busy,
    /// Only people run programs.
    NotAPerson,
}

/// A run that is not wanted any more.
#[derive(InputObject)]
pub struct CancelRunInput {
    /// The global id of the run.
    run: ID,
}

/// What came of stopping a run.
#[derive(SimpleObject)]
pub struct CancelRunPayload {
    /// The run. If it was being worked on, it is stopped in a moment: its last record says so. One that is done stays as it is.
    run: Option<Run>,
    /// Why it is not stopped.
    problems: Vec<CancelRunProblem>,
}

/// Why a run is not stopped.
#[derive(SimpleObject)]
pub struct CancelRunProblem {
    /// What kind of problem it is.
    code: CancelRunProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of stopping a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "cancels::CancelCode")]
pub enum CancelRunProblemCode {
    /// There is no such run for you.
    RunUnknown,
}

#[Object]
impl ExecutionMutation {
    /// Runs code on an exercise and checks what it did.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn attempt_exercise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The exercise and the code.")] input: AttemptExerciseInput,
    ) -> Result<AttemptExercisePayload> {
        let request = acting(ctx, Scope::Submit)?;
        let key = id::decode_as(Kind::Exercise, &input.exercise).unwrap_or(0);
        let outcome = attempts::attempt_exercise(&request.deps, &request.viewer, key, input.code).await;
        Ok(match error::expected(outcome)? {
            Ok(attempted) => {
                let job = job::Entity::visible(&request.viewer).by_key(request.deps.db.read(), attempted.job).await;
                let job = job.map_err(error::database)?.map(Job);
                AttemptExercisePayload { run: Some(Run(attempted.run)), job, problems: Vec::new() }
            }
            Err(refused) => {
                let problem =
                    AttemptExerciseProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                AttemptExercisePayload { run: None, job: None, problems: vec![problem] }
            }
        })
    }

    /// Has a program of one's own checked, built, run or proved.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn run_program(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The program, and what is to be done with it.")] input: RunProgramInput,
    ) -> Result<RunProgramPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let outcome = programs::run_program(&request.deps, &request.viewer, input.program()).await;
        Ok(match error::expected(outcome)? {
            Ok(started) => {
                let job = job::Entity::visible(&request.viewer).by_key(request.deps.db.read(), started.job).await;
                let job = job.map_err(error::database)?.map(Job);
                RunProgramPayload { run: Some(Run(started.run)), job, problems: Vec::new() }
            }
            Err(refused) => {
                let problem =
                    RunProgramProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                RunProgramPayload { run: None, job: None, problems: vec![problem] }
            }
        })
    }

    /// Stops a run: one's own, or one that one reviews.
    async fn cancel_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run.")] input: CancelRunInput,
    ) -> Result<CancelRunPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let key = id::decode_as(Kind::Run, &input.run).unwrap_or(0);
        let outcome = cancels::cancel_run(&request.deps, &request.viewer, key).await;
        Ok(match error::expected(outcome)? {
            Ok(run) => CancelRunPayload { run: Some(Run(run)), problems: Vec::new() },
            Err(refused) => {
                let problem =
                    CancelRunProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                CancelRunPayload { run: None, problems: vec![problem] }
            }
        })
    }
}
