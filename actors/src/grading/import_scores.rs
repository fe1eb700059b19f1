//! Giving many scores at once. Each has its own outcome, and a bad one keeps no other back.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::assignment;
use entity::course;
use entity::grading::score::{self, NewScore};
use entity::id::{self, Kind};
use entity::identity::audit;
use entity::identity::user;
use entity::job::event::Stream;
use entity::sheet;
use entity::submission::{backup, work};
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::give_score::{may, new, noted};
use super::score_sheet::{LayoutFault, Once, Rows, Said, Work, read, said};
pub use super::score_sheet::{ScoreOutcome, ScoreRow};
use crate::bulk::{self, Turn};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Scores to be given.
#[derive(Clone, Debug)]
pub struct ImportScores {
    /// The key of the course.
    pub course: String,
    pub scores: Scores,
    /// Whether only to say what would become of them.
    pub dry_run: bool,
    pub idempotency_key: Option<String>,
}

/// How they come.
#[derive(Clone, Debug, Serialize)]
pub enum Scores {
    /// As a table.
    Csv(Vec<u8>),
    Rows(Vec<ScoreRow>),
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedScore {
    /// The line of the table on which it begins; of a list its place, from 1.
    pub line: u64,
    pub outcome: ScoreOutcome,
    /// The score, where it was given.
    pub score: Option<i64>,
}

/// What became of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub rows: Vec<ImportedScore>,
    /// The columns of the table that nobody knows.
    pub ignored: Vec<String>,
}

/// Why nothing of it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportScoresCode {
    NotAllowed,
    CourseUnknown,
    /// It is no table, or too long.
    SheetUnreadable,
    ColumnMissing,
    /// Two columns say the same.
    ColumnRepeated,
    /// It is no key.
    KeyInvalid,
    /// Something else was asked for under that key.
    KeyReused,
}

/// Gives them. For who may give scores in the course.
///
/// # Errors
/// When the viewer may not, nothing of it can be read, or something breaks.
pub async fn import_scores(
    deps: &Deps,
    viewer: &ViewerScope,
    import: ImportScores,
) -> Result<Imported, Problem<ImportScoresCode>> {
    let (rows, ignored) = rows(&import)?;
    let mut write = Write::begin(deps).await?;
    let course = course_of(&write, viewer, &import.course).await?;
    // What is only tried is not done, so nothing of it is kept either.
    let key = import.idempotency_key.as_deref().filter(|_| !import.dry_run);
    let ticket = match bulk::begin(&write, viewer, "import_scores", key, &(&import.course, &import.scores)).await? {
        Turn::Do(ticket) => ticket,
        Turn::Done(rows) => return Ok(Imported { rows, ignored }),
        Turn::Reused => {
            let message = "Other scores were given under that key. Take a new one for other scores.";
            return Err(Problem::refused_at(ImportScoresCode::KeyReused, message, &["idempotencyKey"]));
        }
    };
    let read: Vec<(u64, Result<Said, ScoreOutcome>)> = rows
        .into_iter()
        .map(|(line, row)| (line, row.ok_or(ScoreOutcome::Malformed).and_then(|row| said(&row, &course.key))))
        .collect();
    let book = Book::open(&write, viewer, course.id, read.iter().filter_map(|(_, said)| said.as_ref().ok())).await?;
    let (mut once, mut scores, mut imported) = (Once::default(), Vec::new(), Vec::new());
    for (line, said) in read {
        let decided = said.and_then(|said| book.decide(viewer, said, &mut once));
        let outcome = match decided {
            Ok(Some(score)) => {
                scores.push((imported.len(), score));
                ScoreOutcome::Given
            }
            Ok(None) => ScoreOutcome::Unchanged,
            Err(refusal) => refusal,
        };
        imported.push(ImportedScore { line, outcome, score: None });
    }
    if import.dry_run {
        return Ok(Imported { rows: imported, ignored });
    }
    give(&mut write, viewer, &course, scores, &mut imported).await?;
    ticket.keep(&write, &imported).await?;
    write.commit().await?;
    Ok(Imported { rows: imported, ignored })
}

async fn give(
    write: &mut Write,
    viewer: &ViewerScope,
    course: &course::Model,
    scores: Vec<(usize, NewScore)>,
    imported: &mut [ImportedScore],
) -> Result<(), DbErr> {
    if scores.is_empty() {
        return Ok(());
    }
    let (places, scores): (Vec<usize>, Vec<NewScore>) = scores.into_iter().unzip();
    let written = score::write(write.tx(), &scores, write.now).await?;
    let entries = scores.iter().zip(&written).map(|(score, written)| noted(viewer, score, written.before));
    audit::note_all(write.tx(), entries.collect(), write.now).await?;
    for (place, written) in places.into_iter().zip(&written) {
        imported[place].score = Some(written.id);
    }
    let mut of_assignment: BTreeMap<i64, usize> = BTreeMap::new();
    for score in &scores {
        *of_assignment.entry(score.assignment).or_default() += 1;
    }
    for (assignment, count) in of_assignment {
        let data = json!({ "assignment": id::encode(Kind::Assignment, assignment), "count": count });
        write.emit(Stream::Course(course.id), "scores.imported", data);
    }
    Ok(())
}

fn rows(import: &ImportScores) -> Result<Rows, Problem<ImportScoresCode>> {
    if import.idempotency_key.as_deref().is_some_and(|key| !bulk::is_key(key)) {
        let message = format!("A key is 1 to {} characters in one line.", bulk::KEY_LENGTH);
        return Err(Problem::refused_at(ImportScoresCode::KeyInvalid, message, &["idempotencyKey"]));
    }
    let at = |code, message: String| Problem::refused_at(code, message, &["csv"]);
    match &import.scores {
        Scores::Rows(rows) => Ok(((1..).zip(rows.iter().cloned().map(Some)).collect(), Vec::new())),
        Scores::Csv(bytes) => {
            let sheet = sheet::read(bytes).map_err(|fault| at(ImportScoresCode::SheetUnreadable, fault.to_string()))?;
            read(&sheet).map_err(|fault| {
                let code = match fault {
                    LayoutFault::Twice(..) => ImportScoresCode::ColumnRepeated,
                    LayoutFault::Missing(_) | LayoutFault::NoWork => ImportScoresCode::ColumnMissing,
                };
                at(code, fault.to_string())
            })
        }
    }
}

async fn course_of(write: &Write, viewer: &ViewerScope, key: &str) -> Result<course::Model, Problem<ImportScoresCode>> {
    let found = course::Entity::find().filter(course::Column::Key.eq(key)).one(write.tx()).await?;
    match found {
        Some(course) if may(viewer, course.id) => Ok(course),
        None if viewer.may_administer() => {
            let message = format!("There is no course `{key}`; sync the content first.");
            Err(Problem::refused_at(ImportScoresCode::CourseUnknown, message, &["course"]))
        }
        _ => {
            let message = "Only who may give scores in the course may do that, by a way in that is for grading.";
            Err(Problem::refused(ImportScoresCode::NotAllowed, message))
        }
    }
}

/// The work of a course that is to be scored, and the scores that it has.
struct Book {
    assignments: HashMap<String, i64>,
    units: Units,
    works: HashMap<i64, backup::Model>,
    there: HashMap<(i64, String), score::Model>,
}

/// How many keys a statement takes.
const AT_ONCE: usize = 1_000;

impl Book {
    async fn open(
        write: &Write,
        viewer: &ViewerScope,
        course: i64,
        said: impl Iterator<Item = &Said>,
    ) -> Result<Self, DbErr> {
        let (mut keys, mut emails): (Vec<i64>, Vec<String>) = (Vec::new(), Vec::new());
        for said in said {
            match &said.work {
                Work::Key { key, email, .. } => {
                    keys.push(*key);
                    emails.extend(email.clone());
                }
                Work::Final { email, .. } => emails.push(email.clone()),
            }
        }
        let of_course =
            assignment::Entity::find().filter(assignment::Column::CourseId.eq(course)).all(write.tx()).await?;
        let assignments: HashMap<String, i64> = of_course.into_iter().map(|row| (row.endpoint, row.id)).collect();
        emails.sort_unstable();
        emails.dedup();
        let people = user::by_emails(write.tx(), &emails).await?;
        let units = Units::find(write, &assignments, &people).await?;
        keys.extend(units.finals.values());
        keys.sort_unstable();
        keys.dedup();
        let (mut works, mut there) = (HashMap::new(), HashMap::new());
        for keys in keys.chunks(AT_ONCE) {
            let wanted = backup::Entity::visible(viewer)
                .filter(backup::Column::Id.is_in(keys.to_vec()))
                .filter(backup::Column::CourseId.eq(course));
            let found = wanted.all(write.tx(), backup::Column::Id).await?;
            works.extend(found.into_iter().map(|row| (row.id, row)));
            let live = score::Entity::find()
                .filter(score::Column::SubmissionId.is_in(keys.to_vec()))
                .filter(score::Column::ArchivedAt.is_null());
            let live = live.all(write.tx()).await?;
            there.extend(live.into_iter().map(|row| ((row.submission_id, row.kind.clone()), row)));
        }
        Ok(Self { assignments, units, works, there })
    }

    /// Whether what a row says besides the key is true of the work: a table that was sorted by one column alone gives nobody another's score.
    fn agrees(&self, said: &Work, work: &backup::Model) -> Result<(), ScoreOutcome> {
        let Work::Key { assignment, email, .. } = said else { return Ok(()) };
        if let Some(name) = assignment {
            let said = self.assignments.get(name).ok_or(ScoreOutcome::AssignmentUnknown)?;
            if *said != work.assignment_id {
                return Err(ScoreOutcome::Contradictory);
            }
        }
        let place = |email: &String| (work.assignment_id, email.clone());
        let is_theirs = |email: &String| {
            self.units.owners.get(&place(email)).is_some_and(|owners| owners.contains(&work.submitter_id))
        };
        if email.as_ref().is_none_or(is_theirs) { Ok(()) } else { Err(ScoreOutcome::Contradictory) }
    }

    /// The score that a row gives; none when it is there already.
    fn decide(&self, viewer: &ViewerScope, said: Said, once: &mut Once) -> Result<Option<NewScore>, ScoreOutcome> {
        let key = match &said.work {
            Work::Key { key, .. } => *key,
            Work::Final { assignment, email } => {
                let assignment = self.assignments.get(assignment).ok_or(ScoreOutcome::AssignmentUnknown)?;
                let place = (*assignment, email.clone());
                *self.units.finals.get(&place).ok_or(ScoreOutcome::NothingHandedIn)?
            }
        };
        let work = self.works.get(&key).ok_or(ScoreOutcome::WorkUnknown)?;
        self.agrees(&said.work, work)?;
        if !once.is_first(key, &said)? {
            return Ok(None);
        }
        let there = self.there.get(&(key, said.kind.clone()));
        let same = |row: &score::Model| row.run_id.is_none() && row.value == said.value && row.message == said.message;
        if there.is_some_and(same) {
            return Ok(None);
        }
        Ok(Some(new(work, viewer, said.kind, said.value, said.message)))
    }
}

/// What people share, by assignment and address.
#[derive(Default)]
struct Units {
    /// What counts of theirs.
    finals: HashMap<(i64, String), i64>,
    /// Whose work is theirs too: their own, and that of those with whom they share it.
    owners: HashMap<(i64, String), HashSet<i64>>,
}

impl Units {
    async fn find(write: &Write, assignments: &HashMap<String, i64>, people: &[user::Model]) -> Result<Self, DbErr> {
        let by_key: HashMap<i64, &str> = people.iter().map(|user| (user.id, user.email.as_str())).collect();
        let (mut units, mut groups) = (Self::default(), HashMap::<i64, Vec<(i64, String)>>::new());
        for people in people.chunks(AT_ONCE) {
            let theirs = work::Entity::find()
                .filter(work::Column::OwnerId.is_in(people.iter().map(|user| user.id)))
                .filter(work::Column::AssignmentId.is_in(assignments.values().copied()));
            for row in theirs.all(write.tx()).await? {
                let email = by_key.get(&row.owner_id).copied().unwrap_or_default();
                let place = (row.assignment_id, email.to_owned());
                units.owners.entry(place.clone()).or_default().insert(row.owner_id);
                units.finals.extend(row.final_submission_id.map(|counts| (place.clone(), counts)));
                if let Some(group) = row.group_id {
                    groups.entry(group).or_default().push(place);
                }
            }
        }
        let keys: Vec<i64> = groups.keys().copied().collect();
        for keys in keys.chunks(AT_ONCE) {
            let shared = work::Entity::find().filter(work::Column::GroupId.is_in(keys.to_vec()));
            for row in shared.all(write.tx()).await? {
                for place in row.group_id.and_then(|group| groups.get(&group)).into_iter().flatten() {
                    units.owners.entry(place.clone()).or_default().insert(row.owner_id);
                }
            }
        }
        Ok(units)
    }
}
