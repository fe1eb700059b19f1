//! Rosters as a whole: imported from a table.

use actors::course::import_roster as importing;
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use entity::identity::scope::Scope;

use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;

/// Whole rosters.
#[derive(Default)]
pub struct RosterMutation;

/// A roster to be imported.
#[derive(InputObject)]
pub struct ImportRosterInput {
    /// The key of the course, such as `data-in-the-wild`.
    course: String,
    /// The table: comma-separated values with the names of the columns in the first row, at most 10,000 rows. A column has the addresses;
    /// names, roles, student numbers, class accounts and lab sections are known by common names. What no column says stays as it is.
    csv: String,
    /// Whether only to say what would become of it.
    #[graphql(default = false)]
    dry_run: bool,
    /// Makes two requests with the same table one: repeat a request with the same key, and nothing happens twice.
    idempotency_key: Option<String>,
}

/// What came of importing a roster.
#[derive(SimpleObject)]
pub struct ImportRosterPayload {
    /// What became of each row, in their order.
    rows: Vec<ImportedEnrollment>,
    /// How many rows led to something, or would.
    changed: Option<i32>,
    /// How many rows were refused.
    refused: Option<i32>,
    /// The names of columns that say nothing about a roster.
    ignored_columns: Vec<String>,
    /// Why nothing of it was done.
    problems: Vec<ImportRosterProblem>,
}

/// What became of a row of a roster.
#[derive(SimpleObject)]
pub struct ImportedEnrollment {
    /// The line of the table on which the row begins, from 1.
    line: i32,
    /// What became of it.
    outcome: ImportedEnrollmentOutcome,
    /// The same for a person.
    message: String,
}

/// What can become of a row of a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "importing::RosterOutcome")]
pub enum ImportedEnrollmentOutcome {
    /// They are on the roster now.
    Enrolled,
    /// They are on the roster now, and get a letter with which they make their account theirs.
    Invited,
    /// They were on the roster, and something about them is another now.
    Changed,
    /// They were on the roster just so.
    Unchanged,
    /// The row has more cells than the first.
    Malformed,
    /// It has no address, or none that is one.
    EmailInvalid,
    /// The name is too long, or has more than a line.
    NameInvalid,
    /// Another cell is too long, or has more than a line.
    TextInvalid,
    /// The course has no such role.
    RoleUnknown,
    /// The role, or the one that they have, allows more than you may in the course.
    BeyondYours,
    /// The course is theirs.
    Owner,
    /// A row above is about the same person.
    Repeated,
}

impl ImportedEnrollment {
    fn of(row: &importing::ImportedRow) -> Self {
        Self {
            line: i32::try_from(row.line).unwrap_or(i32::MAX),
            outcome: row.outcome.into(),
            message: told(row.outcome).to_owned(),
        }
    }
}

fn told(outcome: importing::RosterOutcome) -> &'static str {
    use importing::RosterOutcome as Outcome;
    match outcome {
        Outcome::Enrolled => "On the roster.",
        Outcome::Invited => "On the roster, and invited by letter.",
        Outcome::Changed => "Changed.",
        Outcome::Unchanged => "As it was.",
        Outcome::Malformed => "This row has more cells than the first. Is there a comma in a cell without quotes?",
        Outcome::EmailInvalid => "There is no address such as ada@example.org.",
        Outcome::NameInvalid => "A name has at most 200 characters, in one line.",
        Outcome::TextInvalid => {
            "A student number, class account or lab section has at most 100 characters, in one line."
        }
        Outcome::RoleUnknown => "The course has no such role.",
        Outcome::BeyondYours => {
            "That role, or the one that they have, allows more than you may in the course yourself."
        }
        Outcome::Owner => "The course is theirs, so they keep their role.",
        Outcome::Repeated => "A row above is about the same person.",
    }
}

problems! {
    /// Why nothing of a roster was imported.
    ImportRosterProblem,
    /// The problems of importing a roster.
    ImportRosterProblemCode;
    = "importing::ImportRosterCode" as importing::ImportRosterCode => {
        /// You may not change the roster of that course.
        NotAllowed,
        /// There is no such course; synchronise the content first.
        CourseUnknown,
        /// It is no table, or too long.
        SheetUnreadable,
        /// No column has addresses.
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
impl RosterMutation {
    /// Puts the people of a table on the roster of a course, or changes what it says of them. Each row has its own outcome. People without
    /// an account get one, and a letter. For who may change the roster, up to what they may themselves.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn import_roster(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, and whom.")] input: ImportRosterInput,
    ) -> Result<ImportRosterPayload> {
        let request = acting(ctx, Scope::Roster)?;
        let import = importing::ImportRoster {
            course: input.course,
            csv: input.csv.into_bytes(),
            dry_run: input.dry_run,
            idempotency_key: input.idempotency_key,
        };
        // A field has room for the largest of its futures: what is large waits elsewhere.
        let imported = Box::pin(importing::import_roster(&request.deps, &request.viewer, import)).await;
        Ok(match error::expected(imported)? {
            Ok(imported) => {
                let count = |wanted: &dyn Fn(importing::RosterOutcome) -> bool| {
                    i32::try_from(imported.rows.iter().filter(|row| wanted(row.outcome)).count()).ok()
                };
                let refused = |outcome: importing::RosterOutcome| outcome.is_refusal();
                let changed = |outcome| !refused(outcome) && outcome != importing::RosterOutcome::Unchanged;
                ImportRosterPayload {
                    changed: count(&changed),
                    refused: count(&refused),
                    rows: imported.rows.iter().map(ImportedEnrollment::of).collect(),
                    ignored_columns: imported.ignored,
                    problems: Vec::new(),
                }
            }
            Err(refused) => ImportRosterPayload {
                rows: Vec::new(),
                changed: None,
                refused: None,
                ignored_columns: Vec::new(),
                problems: vec![refused.into()],
            },
        })
    }
}
