//! The schema: all nouns put together, its limits, and how it is printed.

pub mod ahead;
mod answer;
pub mod context;
pub mod documents;
pub mod error;
pub mod executor;
pub mod gate;
pub mod known;
pub mod limits;
pub mod load;
pub mod node;
pub mod page;
mod passes;
pub(crate) mod problem;
pub mod quick;
pub mod rate_limit;
mod root;
pub mod rounds;
pub mod scalar;
pub mod server;
mod shape;
pub mod terms;
mod validator;
mod variables;

use std::sync::LazyLock;

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema};

use self::gate::Gated;
use crate::{assignment, content, course, execution, grading, identity, job, submission, taskqueue};

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    server::ServerQuery,
    rate_limit::RateLimitQuery,
    identity::query::IdentityQuery,
    course::query::CourseQuery,
    content::query::ContentQuery,
    assignment::query::AssignmentQuery,
    execution::language::LanguageQuery,
    job::query::JobQuery,
    submission::query::SubmissionQuery,
    taskqueue::query::TaskQueueQuery,
    identity::query::AuditQuery,
);

/// What can be done.
#[derive(MergedObject, Default)]
pub struct Mutation(
    identity::mutation::IdentityMutation,
    course::mutation::CourseMutation,
    content::mutation::ContentMutation,
    execution::mutation::ExecutionMutation,
    submission::mutation::SubmissionMutation,
    assignment::mutation::AssignmentMutation,
    grading::mutation::GradingMutation,
    taskqueue::mutation::TaskQueueMutation,
    job::mutation::JobMutation,
);

/// What can be followed. Every subscription takes a cursor and loses and doubles nothing.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    job::subscription::JobSubscription,
    execution::subscription::ExecutionSubscription,
    course::subscription::CourseSubscription,
    assignment::subscription::AssignmentSubscription,
);

/// The schema of this site.
pub type LecternSchema = executor::Executor<Query, Mutation, Subscription>;

/// The schema. It holds nothing of anybody's: each request brings its [`context::Request`].
#[must_use]
pub fn schema() -> LecternSchema {
    static SCHEMA: LazyLock<LecternSchema> = LazyLock::new(|| {
        LecternSchema::new(Gated::new(Query::default, |root| {
            Schema::build(root, Mutation::default(), Subscription::default())
                .limit_recursive_depth(limits::NESTING.max)
                .disable_suggestions()
                .register_output_type::<node::Node>()
        }))
    });
    SCHEMA.clone()
}

/// The schema as text, sorted: what `schema.graphql` holds.
#[must_use]
pub fn sdl() -> String {
    schema().sdl_with_options(
        SDLExportOptions::new()
            .sorted_fields()
            .sorted_arguments()
            .sorted_enum_items()
            .prefer_single_line_descriptions(),
    )
}
