//! Trying exercises.

use actors::execution::attempt_exercise as attempts;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::id::{self, Kind};
use entity::job;
use entity::visible::Viewable;

use super::object::Run;
use crate::graphql::context::signed_in;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::job::object::Job;

/// Trying exercises.
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

#[Object]
impl ExecutionMutation {
    /// Runs code on an exercise and checks what it did.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn attempt_exercise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The exercise and the code.")] input: AttemptExerciseInput,
    ) -> Result<AttemptExercisePayload> {
        let request = signed_in(ctx)?;
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
}
