//! The submissions that count, one for each student who is on the roster or has been, in pages: for downloads of everything, which must not hold everything.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};

use crate::clock::Timestamp;
use crate::file::Entries;
use crate::points::Points;

/// What counts of a student's work on an assignment.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Final {
    /// Whose work it is: the student, also where somebody else of their group has handed it in.
    pub owner: i64,
    pub email: String,
    pub name: String,
    pub student_number: Option<String>,
    pub lab_section: Option<String>,
    pub submission: i64,
    pub submitter: i64,
    pub submitted_at: Timestamp,
    pub points: Option<Points>,
    pub files: Entries,
    /// The last instant at which it was on time for them.
    pub until: Timestamp,
}

impl Final {
    /// Whether it came after the deadline.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.submitted_at > self.until
    }
}

/// Which of them somebody wants; all when nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Only those of this lab section.
    pub lab_section: Option<String>,
    /// Only those of the person with this address.
    pub email: Option<String>,
    /// Only those that came after the deadline, or only the others.
    pub late: Option<bool>,
    /// Only those that have a total, or only the others.
    pub scored: Option<bool>,
    /// Only those that were handed in then or later.
    pub from: Option<Timestamp>,
}

/// More time that ends before the deadline, since that moved, takes nothing away.
const UNTIL: &str = "(CASE WHEN w.due_at > a.due_at THEN w.due_at ELSE a.due_at END + a.grace)";

const READ: &str = "SELECT w.owner_id AS owner, u.email, u.name, e.student_number, e.lab_section, s.id AS submission, \
       s.submitter_id AS submitter, s.submitted_at, s.points, b.files, {until} AS until \
     FROM work AS w JOIN assignment AS a ON a.id = w.assignment_id JOIN submission AS s ON s.id = w.final_submission_id \
     JOIN backup AS b ON b.id = s.id JOIN \"user\" AS u ON u.id = w.owner_id \
     LEFT JOIN enrollment AS e ON e.user_id = w.owner_id AND e.course_id = a.course_id \
     WHERE w.assignment_id = $1 AND w.owner_id > $2 AND (e.role IS NULL OR e.role = 'student')";

/// The next finals of an assignment behind that owner, in the order of owners.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    db: &impl ConnectionTrait,
    assignment: i64,
    choice: &Choice,
    after: i64,
    limit: u32,
) -> Result<Vec<Final>, DbErr> {
    let mut text = READ.replace("{until}", UNTIL);
    let mut values: Vec<Value> = vec![assignment.into(), after.into()];
    let mut given = |condition: &str, value: Value| {
        values.push(value);
        text.push_str(&format!(" AND {condition} ${}", values.len()));
    };
    if let Some(section) = &choice.lab_section {
        given("e.lab_section =", section.clone().into());
    }
    if let Some(email) = &choice.email {
        given("u.email =", email.clone().into());
    }
    if let Some(from) = choice.from {
        given("s.submitted_at >=", from.into());
    }
    match choice.late {
        Some(true) => text.push_str(&format!(" AND s.submitted_at > {UNTIL}")),
        Some(false) => text.push_str(&format!(" AND s.submitted_at <= {UNTIL}")),
        None => {}
    }
    match choice.scored {
        Some(true) => text.push_str(" AND s.points IS NOT NULL"),
        Some(false) => text.push_str(" AND s.points IS NULL"),
        None => {}
    }
    text.push_str(&format!(" ORDER BY w.owner_id LIMIT {limit}"));
    Final::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), text, values)).all(db).await
}

/// The filter of a choice that meets nobody of a course, by its name there: who mistypes it should not be told that there is no work. Who has
/// left the roster is met as long as there is work of theirs.
///
/// # Errors
/// When the database does not answer.
pub async fn meets_nobody(
    db: &impl ConnectionTrait,
    course: i64,
    choice: &Choice,
) -> Result<Option<&'static str>, DbErr> {
    let of_section = "SELECT 1 FROM enrollment AS e WHERE e.course_id = $1 AND e.lab_section = $2 LIMIT 1";
    let of_address = "SELECT 1 FROM \"user\" AS u WHERE u.email = $2 AND ( \
           EXISTS (SELECT 1 FROM enrollment AS e WHERE e.user_id = u.id AND e.course_id = $1) OR \
           EXISTS (SELECT 1 FROM work AS w JOIN assignment AS a ON a.id = w.assignment_id \
             WHERE w.owner_id = u.id AND a.course_id = $1))";
    for (name, text, wanted) in [("labSection", of_section, &choice.lab_section), ("email", of_address, &choice.email)]
    {
        let Some(wanted) = wanted else { continue };
        let values = [course.into(), wanted.clone().into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), text, values);
        if db.query_one_raw(statement).await?.is_none() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// One piece of work of each student of an assignment, or of each group: what counts, else their newest backup. A page of keys, and how
/// many there are.
///
/// # Errors
/// When the database does not answer.
pub async fn one_of_each(
    db: &impl ConnectionTrait,
    assignment: i64,
    limit: u32,
    offset: u64,
) -> Result<(Vec<i64>, u64), DbErr> {
    // All who share work have the same final; of what they have kept, the latest is that of whoever did it last.
    let all = "SELECT coalesce(w.final_submission_id, w.last_backup_id) AS backup FROM work AS w WHERE w.assignment_id = $1 \
         AND (w.group_id IS NULL OR w.id = (SELECT mate.id FROM work AS mate WHERE mate.group_id = w.group_id \
         ORDER BY coalesce(mate.last_done_at, 0) DESC, mate.id LIMIT 1))";
    let (page, count) = (
        format!(
            "SELECT a.backup FROM ({all}) AS a WHERE a.backup IS NOT NULL ORDER BY a.backup LIMIT {limit} OFFSET {offset}"
        ),
        format!("SELECT count(a.backup) AS n FROM ({all}) AS a"),
    );
    let statement = |text| Statement::from_sql_and_values(db.get_database_backend(), text, [assignment.into()]);
    let rows = db.query_all_raw(statement(page)).await?;
    let keys = rows.iter().map(|row| row.try_get("", "backup")).collect::<Result<_, _>>()?;
    let count: i64 = db.query_one_raw(statement(count)).await?.map_or(Ok(0), |row| row.try_get("", "n"))?;
    Ok((keys, count.unsigned_abs()))
}
