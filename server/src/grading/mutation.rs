//! Giving scores, one or many.

use actors::grading::give_score as giving;
use actors::grading::import_scores::{self as importing, ImportedScore as Row, ScoreOutcome, ScoreRow};
use actors::grading::score_sheet::key_of;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::grading::score;
use entity::identity::scope::Scope;
use entity::visible::Viewable as _;

use super::object::Score;
use crate::graphql::context::{acting, request};
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::{Decimal, DecimalOfRow};

/// Giving scores.
#[derive(Default)]
pub struct GradingMutation;

/// A score to be given.
#[derive(InputObject)]
pub struct ScoreInput {
    /// The global id of the submission, or of a backup that was not handed in.
    submission: ID,
    /// In which respect: a word such as `composition`, in small letters; `total` for what it is worth as a whole.
    kind: String,
    /// The points.
    value: Decimal,
    /// What you have to say about it, in Markdown.
    #[graphql(default)]
    message: String,
}

/// What came of giving a score.
#[derive(SimpleObject)]
pub struct ScorePayload {
    /// The score. One of the same kind that was there is archived.
    score: Option<Score>,
    /// Why it was not given.
    problems: Vec<ScoreProblem>,
}

problems! {
    /// Why a score was not given.
    ScoreProblem,
    /// The problems of giving a score.
    ScoreProblemCode;
    = "giving::GiveScoreCode" as giving::GiveScoreCode => {
        /// You may not give scores in that course.
        NotAllowed,
        /// There is no such work for you.
        WorkUnknown,
        /// It is no word for a kind.
        KindInvalid,
        /// So many points cannot be given.
        ValueInvalid,
        /// The message is too long.
        MessageTooLong,
    }
}

/// Scores to be given: either `csv` or `scores`.
#[derive(InputObject)]
pub struct ImportScoresInput {
    /// The key of the course, such as `data-in-the-wild`.
    course: String,
    /// A table: comma-separated values with the names of the columns in the first row, at most 10,000 rows. Columns are `submission` (or
    /// `email` and `assignment`, for the submission that counts; beside `submission` these have to agree with it), `kind`, `value` and `message`.
    csv: Option<String>,
    /// A list.
    scores: Option<Vec<ScoreRowInput>>,
    /// Whether only to say what would become of them.
    #[graphql(default = false)]
    dry_run: bool,
    /// Makes two requests with the same scores one: repeat a request with the same key, and nothing happens twice.
    idempotency_key: Option<String>,
}

/// A score of many.
#[derive(InputObject)]
pub struct ScoreRowInput {
    /// The global id of the submission or backup; absent when `email` and `assignment` say which one counts.
    submission: Option<ID>,
    /// The address of whose submission it is; beside `submission` it has to be theirs, or a mate's of theirs.
    email: Option<String>,
    /// The name of the assignment in addresses, or the part of it behind the course; beside `submission` it has to be that.
    assignment: Option<String>,
    /// In which respect.
    kind: String,
    /// The points. A text that is none refuses this row alone.
    value: DecimalOfRow,
    /// What you have to say about it, in Markdown.
    #[graphql(default)]
    message: String,
}

/// What came of giving many scores.
#[derive(SimpleObject)]
pub struct ImportScoresPayload {
    /// What became of each, in their order.
    rows: Vec<ImportedScore>,
    /// How many were given, or would be.
    given: Option<i32>,
    /// How many were refused.
    refused: Option<i32>,
    /// The columns of the table that nobody knows. What is in them was not looked at.
    ignored_columns: Vec<String>,
    /// Why nothing of it was done.
    problems: Vec<ImportScoresProblem>,
}

/// What became of a score of many.
pub struct ImportedScore(Row);

/// What became of a score of many.
#[Object]
impl ImportedScore {
    /// The line of the table on which the row begins, or the place in the list, from 1.
    async fn line(&self) -> i32 {
        i32::try_from(self.0.line).unwrap_or(i32::MAX)
    }

    /// What became of it.
    async fn outcome(&self) -> ImportedScoreOutcome {
        self.0.outcome.into()
    }

    /// The same for a person.
    async fn message(&self) -> &str {
        told(self.0.outcome)
    }

    /// The score; null when it was not given, or was there before.
    async fn score(&self, ctx: &Context<'_>) -> Result<Option<Quick<Score>>> {
        let Some(key) = self.0.score else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Score).map(Quick))
    }
}

/// What can become of a score of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ScoreOutcome")]
pub enum ImportedScoreOutcome {
    /// The score is there now.
    Given,
    /// The score was there, with the same message.
    Unchanged,
    /// The row has more cells than the first.
    Malformed,
    /// There is no such work in the course, or the row does not say which it is.
    WorkUnknown,
    /// The course has no such assignment.
    AssignmentUnknown,
    /// The work is another's, or for another assignment, than the row says.
    Contradictory,
    /// Nobody of that address has handed in anything for the assignment.
    NothingHandedIn,
    /// It is no word for a kind.
    KindInvalid,
    /// It is no number of points, or one that cannot be given.
    ValueInvalid,
    /// The message is too long.
    MessageTooLong,
    /// A row above is about the same kind and work, and says something else.
    Repeated,
}

fn told(outcome: ScoreOutcome) -> &'static str {
    match outcome {
        ScoreOutcome::Given => "Given.",
        ScoreOutcome::Unchanged => "As it was.",
        ScoreOutcome::Malformed => "This row has more cells than the first. Is there a comma in a cell without quotes?",
        ScoreOutcome::WorkUnknown => {
            "There is no such work in the course, or the row does not say which: name a submission, or an address and an assignment."
        }
        ScoreOutcome::AssignmentUnknown => "The course has no such assignment.",
        ScoreOutcome::Contradictory => {
            "The work is another's, or for another assignment, than the row says. Was one column sorted without the others?"
        }
        ScoreOutcome::NothingHandedIn => "Nobody of that address has handed in anything for the assignment.",
        ScoreOutcome::KindInvalid => "A kind is 1 to 64 letters, digits, blanks and `_-./:`, such as `composition`.",
        ScoreOutcome::ValueInvalid => "Points are a decimal with at most four places, such as 2.5.",
        ScoreOutcome::MessageTooLong => "The message is too long.",
        ScoreOutcome::Repeated => "A row above is about the same kind and work, and says something else.",
    }
}

problems! {
    /// Why none of many scores was given.
    ImportScoresProblem,
    /// The problems of giving many scores.
    ImportScoresProblemCode;
    = "importing::ImportScoresCode" as importing::ImportScoresCode => {
        /// You may not give scores in that course.
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

impl ScoreRowInput {
    fn row(self) -> ScoreRow {
        ScoreRow {
            submission: self.submission.map(|id| id.0),
            email: self.email,
            assignment: self.assignment,
            kind: self.kind,
            value: self.value.0,
            message: self.message,
        }
    }
}

fn scores(csv: Option<String>, scores: Option<Vec<ScoreRowInput>>) -> Result<importing::Scores> {
    match (csv, scores) {
        (Some(csv), None) => Ok(importing::Scores::Csv(csv.into_bytes())),
        (None, Some(rows)) => Ok(importing::Scores::Rows(rows.into_iter().map(ScoreRowInput::row).collect())),
        _ => Err(error::bad_input("Give either `csv` or `scores`.")),
    }
}

#[Object]
impl GradingMutation {
    /// Says what a piece of work is worth in one respect. For who may give scores in the course.
    async fn score(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is worth how much.")] input: ScoreInput,
    ) -> Result<ScorePayload> {
        let request = acting(ctx, Scope::Grade)?;
        let give = giving::GiveScore {
            // An id of another kind names no work, like one of none.
            backup: input.submission.contains('_').then(|| key_of(&input.submission)).flatten().unwrap_or(0),
            kind: input.kind,
            value: input.value.0,
            message: input.message,
        };
        let given = Box::pin(giving::give_score(&request.deps, &request.viewer, give)).await;
        Ok(match error::expected(given)? {
            Ok(key) => {
                let row = score::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
                ScorePayload { score: row.map_err(error::database)?.map(Score), problems: Vec::new() }
            }
            Err(refused) => ScorePayload { score: None, problems: vec![refused.into()] },
        })
    }

    /// Gives many scores at once. Each has its own outcome. For who may give scores in the course.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn import_scores(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, and which.")] input: ImportScoresInput,
    ) -> Result<ImportScoresPayload> {
        let request = acting(ctx, Scope::Grade)?;
        let import = importing::ImportScores {
            course: input.course,
            scores: scores(input.csv, input.scores)?,
            dry_run: input.dry_run,
            idempotency_key: input.idempotency_key,
        };
        // A field has room for the largest of its futures: what is large waits elsewhere.
        let imported = Box::pin(importing::import_scores(&request.deps, &request.viewer, import)).await;
        Ok(match error::expected(imported)? {
            Ok(importing::Imported { rows, ignored }) => {
                let count = |wanted: &dyn Fn(ScoreOutcome) -> bool| {
                    i32::try_from(rows.iter().filter(|row| wanted(row.outcome)).count()).ok()
                };
                ImportScoresPayload {
                    given: count(&|outcome| outcome == ScoreOutcome::Given),
                    refused: count(&ScoreOutcome::is_refusal),
                    rows: rows.into_iter().map(ImportedScore).collect(),
                    ignored_columns: ignored,
                    problems: Vec::new(),
                }
            }
            Err(refused) => ImportScoresPayload {
                rows: Vec::new(),
                given: None,
                refused: None,
                ignored_columns: Vec::new(),
                problems: vec![refused.into()],
            },
        })
    }
}
