//! More time for many, from a table.

use actors::assignment::extension::import::{self as importing, ExtensionOutcome, ImportExtensionsCode};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use entity::identity::scope::Scope;

use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;

/// More time for many.
#[derive(Default)]
pub struct ExtensionsMutation;

/// More time for many, as a table.
#[derive(InputObject)]
pub struct ImportExtensionsInput {
    /// The key of the course, such as `data-in-the-wild`.
    course: String,
    /// The table: comma-separated values with the names of the columns in the first row, at most 1,000 rows. Columns say who (`email` or
    /// `student number`), for which `assignment`, `until` when as the clock on the wall shows it there, or for how many `days`, and the
    /// `reason`, which the student reads.
    csv: String,
    /// Whether only to say what would become of it.
    #[graphql(default = false)]
    dry_run: bool,
    /// Makes two requests with the same table one: repeat a request with the same key, and nothing happens twice.
    idempotency_key: Option<String>,
}

/// What came of giving more time to many.
#[derive(SimpleObject)]
pub struct ImportExtensionsPayload {
    /// What became of each row, in their order.
    rows: Vec<ImportedExtension>,
    /// How many rows led to something, or would.
    changed: Option<i32>,
    /// How many rows were refused.
    refused: Option<i32>,
    /// The names of columns that say nothing about more time.
    ignored_columns: Vec<String>,
    /// Why nothing of it was done.
    problems: Vec<ImportExtensionsProblem>,
}

/// What became of a row of more time.
#[derive(SimpleObject)]
pub struct ImportedExtension {
    /// The line of the table on which the row begins, from 1.
    line: i32,
    /// What became of it.
    outcome: ImportedExtensionOutcome,
    /// The same for a person.
    message: String,
}

/// What can become of a row of more time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ExtensionOutcome")]
pub enum ImportedExtensionOutcome {
    /// They have the time now.
    Granted,
    /// They have it in the place of other time that they had been given.
    Replaced,
    /// They had just that, for the same reason.
    Unchanged,
    /// The row has more cells than the first.
    Malformed,
    /// Nobody of that address or number takes part in the course.
    PersonUnknown,
    /// Several have that number.
    PersonAmbiguous,
    /// The address is one person's and the number another's.
    PersonContradictory,
    /// The course has no such assignment.
    AssignmentUnknown,
    /// The time is none, is before the deadline, or too far behind it; or both `until` and `days` say something.
    TimeInvalid,
    /// It says that work is taken for longer than it would be.
    LockBeyond,
    /// A reason is missing, or too long.
    ReasonInvalid,
    /// A row above has given the same person time for the same assignment.
    Repeated,
}

fn told(outcome: ExtensionOutcome) -> &'static str {
    match outcome {
        ExtensionOutcome::Granted => "Granted.",
        ExtensionOutcome::Replaced => "Granted, in the place of what they had.",
        ExtensionOutcome::Unchanged => "As it was.",
        ExtensionOutcome::Malformed => {
            "This row has more cells than the first. Is there a comma in a cell without quotes?"
        }
        ExtensionOutcome::PersonUnknown => "Nobody of that address or number takes part in the course.",
        ExtensionOutcome::PersonContradictory => {
            "The number is not that of the person with the address. Was one column sorted without the others?"
        }
        ExtensionOutcome::PersonAmbiguous => "Several have that number. Say the address.",
        ExtensionOutcome::AssignmentUnknown => "The course has no such assignment.",
        ExtensionOutcome::TimeInvalid => {
            "Say until when, like 2027-01-15 23:59, or for how many days: after the deadline, at most 366 days after it, and not at a time that clocks \
             jump over in spring. A lock is written so, too."
        }
        ExtensionOutcome::LockBeyond => {
            "Work is taken until the assignment locks, or until the more time ends, whichever is later; not for longer."
        }
        ExtensionOutcome::ReasonInvalid => "Say why, in at most 2,000 characters.",
        ExtensionOutcome::Repeated => "A row above has given the same person time for the same assignment.",
    }
}

problems! {
    /// Why nothing of a table was granted.
    ImportExtensionsProblem,
    /// The problems of giving more time to many.
    ImportExtensionsProblemCode;
    = "ImportExtensionsCode" as ImportExtensionsCode => {
        /// You may not give more time in that course.
        NotAllowed,
        /// There is no such course; synchronise the content first.
        CourseUnknown,
        /// It is no table, or too long.
        SheetUnreadable,
        /// A column is missing.
        ColumnMissing,
        /// Two columns say the same.
        ColumnRepeated,
        /// It is no key.
        KeyInvalid,
        /// Something else was asked for under that key.
        KeyReused,
    }
}

#[Object]
impl ExtensionsMutation {
    /// Gives more time to the people of a table, as `grantExtension` does to one: what they had is replaced, and each has a letter. Each row
    /// has its own outcome. For who may give more time in the course.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn import_extensions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, to whom, and how much.")] input: ImportExtensionsInput,
    ) -> Result<ImportExtensionsPayload> {
        let request = acting(ctx, Scope::Grade)?;
        let import = importing::ImportExtensions {
            course: input.course,
            csv: input.csv.into_bytes(),
            dry_run: input.dry_run,
            idempotency_key: input.idempotency_key,
        };
        // A field has room for the largest of its futures: what is large waits elsewhere.
        let imported = Box::pin(importing::import_extensions(&request.deps, &request.viewer, import)).await;
        Ok(match error::expected(imported)? {
            Ok(imported) => done(imported),
            Err(refused) => ImportExtensionsPayload {
                rows: Vec::new(),
                changed: None,
                refused: None,
                ignored_columns: Vec::new(),
                problems: vec![refused.into()],
            },
        })
    }
}

fn done(imported: importing::Imported) -> ImportExtensionsPayload {
    let count = |wanted: &dyn Fn(ExtensionOutcome) -> bool| {
        i32::try_from(imported.rows.iter().filter(|row| wanted(row.outcome)).count()).ok()
    };
    let row = |row: &importing::ImportedRow| ImportedExtension {
        line: i32::try_from(row.line).unwrap_or(i32::MAX),
        outcome: row.outcome.into(),
        message: told(row.outcome).to_owned(),
    };
    ImportExtensionsPayload {
        changed: count(&ExtensionOutcome::grants),
        refused: count(&ExtensionOutcome::is_refusal),
        rows: imported.rows.iter().map(row).collect(),
        ignored_columns: imported.ignored,
        problems: Vec::new(),
    }
}
