//! Scores as people have them in their spreadsheets, or as a program lists them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use entity::id::{self, Kind};
use entity::identity::user::normal_email;
use entity::points::Points;
use entity::sheet::{Row, Sheet};
use serde::{Deserialize, Serialize};

use super::give_score::{GiveScoreCode, check};
use crate::problem::Problem;

/// A score of many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScoreRow {
    /// The global id of a submission or backup, or its key alone.
    pub submission: Option<String>,
    /// Whose final submission it is about, where none is named. One that is named has to be theirs.
    pub email: Option<String>,
    /// Of which assignment: its name in addresses, or the part behind the course. A submission that is named has to be for that.
    pub assignment: Option<String>,
    pub kind: String,
    pub value: Result<Points, String>,
    pub message: String,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreOutcome {
    /// The score is there now.
    Given,
    /// The score was there, with the same message.
    Unchanged,
    /// It has another number of cells than the first row.
    Malformed,
    /// There is no such work in the course, or the row does not say which it is.
    WorkUnknown,
    AssignmentUnknown,
    /// The work is another's, or for another assignment, than the row says.
    Contradictory,
    /// Nobody of that address has handed in anything for the assignment.
    NothingHandedIn,
    KindInvalid,
    ValueInvalid,
    MessageTooLong,
    /// A row above is about the same kind and work, and says something else.
    Repeated,
}

impl ScoreOutcome {
    /// Whether nothing was done, for this reason.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        !matches!(self, Self::Given | Self::Unchanged)
    }
}

/// Which work a row is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    Key {
        key: i64,
        /// What the row says of it besides, which has to be so.
        assignment: Option<String>,
        email: Option<String>,
    },
    /// The final submission of a person for an assignment.
    Final { assignment: String, email: String },
}

/// What a row says, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub work: Work,
    pub kind: String,
    pub value: Points,
    pub message: Option<String>,
}

/// What columns are called, in small letters and digits alone.
const NAMES: [(&str, &[&str]); 6] = [
    ("submission", &["submission", "submissionid", "backup", "backupid", "bid", "id"]),
    ("email", &["email", "emailaddress", "mail", "studentemail"]),
    ("assignment", &["assignment", "endpoint", "assignmentname", "homework"]),
    ("kind", &["kind", "type", "category"]),
    ("value", &["value", "score", "points", "grade"]),
    ("message", &["message", "comment", "feedback", "note"]),
];

/// Why the columns are none of scores.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LayoutFault {
    #[error("A column is missing: `{0}`.")]
    Missing(&'static str),
    #[error("No column says which work it is: name one `submission`, or two `email` and `assignment`.")]
    NoWork,
    #[error("Two columns say the same: `{0}` and `{1}`. Take one away.")]
    Twice(String, String),
}

/// Rows, each with its line; none where it has too many cells. With the names of the columns that nobody knows.
pub(super) type Rows = (Vec<(u64, Option<ScoreRow>)>, Vec<String>);

/// The rows of a table.
pub(super) fn read(sheet: &Sheet) -> Result<Rows, LayoutFault> {
    let (mut places, mut ignored): ([Option<usize>; NAMES.len()], _) = ([None; NAMES.len()], Vec::new());
    for (place, name) in sheet.header.iter().enumerate() {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let Some(known) = NAMES.iter().position(|(_, names)| names.contains(&plain.as_str())) else {
            ignored.extend(Some(name.clone()).filter(|name| !name.is_empty()));
            continue;
        };
        if let Some(before) = places[known].replace(place) {
            return Err(LayoutFault::Twice(sheet.header[before].clone(), name.clone()));
        }
    }
    let place = |name: &str| NAMES.iter().position(|(known, _)| *known == name).and_then(|known| places[known]);
    for name in ["kind", "value"] {
        place(name).ok_or(LayoutFault::Missing(name))?;
    }
    if place("submission").is_none() && (place("email").is_none() || place("assignment").is_none()) {
        return Err(LayoutFault::NoWork);
    }
    let row = |cells: &Vec<String>| {
        let cell = |name: &str| place(name).and_then(|place| cells.get(place)).map_or("", String::as_str);
        let some = |name: &str| Some(cell(name).to_owned()).filter(|cell| !cell.is_empty());
        ScoreRow {
            submission: some("submission"),
            email: some("email"),
            assignment: some("assignment"),
            kind: cell("kind").to_owned(),
            value: cell("value").parse().map_err(|_| cell("value").to_owned()),
            message: cell("message").to_owned(),
        }
    };
    Ok((sheet.rows.iter().map(|Row { line, cells }| (*line, cells.as_ref().map(row))).collect(), ignored))
}

/// What a row says.
pub(super) fn said(row: &ScoreRow, course: &str) -> Result<Said, ScoreOutcome> {
    let value = row.value.as_ref().copied().map_err(|_| ScoreOutcome::ValueInvalid)?;
    let (kind, message) = check(&row.kind, value, &row.message).map_err(|problem| match problem {
        Problem::Refused(refused) => outcome(refused.code),
        Problem::Fault(_) => ScoreOutcome::ValueInvalid,
    })?;
    let endpoint = |name: &String| if name.contains('/') { name.clone() } else { format!("{course}/{name}") };
    let some =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let work = match (&some(&row.submission), &some(&row.email), &some(&row.assignment)) {
        (Some(key), email, assignment) => Work::Key {
            key: key_of(key).ok_or(ScoreOutcome::WorkUnknown)?,
            assignment: assignment.as_ref().map(endpoint),
            email: email.as_ref().map(|email| normal_email(email).ok_or(ScoreOutcome::Contradictory)).transpose()?,
        },
        (None, Some(email), Some(assignment)) => Work::Final {
            assignment: endpoint(assignment),
            email: normal_email(email).ok_or(ScoreOutcome::NothingHandedIn)?,
        },
        _ => return Err(ScoreOutcome::WorkUnknown),
    };
    Ok(Said { work, kind, value, message })
}

/// The key in a global id of a submission or backup, or in the part of it that stands in the addresses of the `ok` client.
#[must_use]
pub fn key_of(id: &str) -> Option<i64> {
    let read = |id: &str| id::decode_as(Kind::Submission, id).or_else(|| id::decode_as(Kind::Backup, id));
    read(id).or_else(|| read(&format!("bak_{id}")))
}

fn outcome(code: GiveScoreCode) -> ScoreOutcome {
    match code {
        GiveScoreCode::KindInvalid => ScoreOutcome::KindInvalid,
        GiveScoreCode::ValueInvalid => ScoreOutcome::ValueInvalid,
        GiveScoreCode::MessageTooLong => ScoreOutcome::MessageTooLong,
        GiveScoreCode::NotAllowed | GiveScoreCode::WorkUnknown => ScoreOutcome::WorkUnknown,
    }
}

/// Lets the first of each kind and work through.
#[derive(Debug, Default)]
pub(super) struct Once(HashMap<(i64, String), (Points, Option<String>)>);

impl Once {
    /// Whether it is the first. Those who share work may each have a row, if it says the same.
    pub fn is_first(&mut self, work: i64, said: &Said) -> Result<bool, ScoreOutcome> {
        let is = (said.value, said.message.clone());
        match self.0.entry((work, said.kind.clone())) {
            Entry::Vacant(place) => {
                place.insert(is);
                Ok(true)
            }
            Entry::Occupied(before) if *before.get() == is => Ok(false),
            Entry::Occupied(_) => Err(ScoreOutcome::Repeated),
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::id::{self, Kind};
    use entity::points::Points;
    use entity::sheet;

    use super::{LayoutFault, ScoreOutcome, Work, read, said};

    #[test]
    fn a_table_says_which_work_and_what_it_is_worth() {
        let key = id::encode(Kind::Submission, 7);
        let bare = key.trim_start_matches("sub_");
        let work = |email: Option<&str>, assignment: Option<&str>| Work::Key {
            key: 7,
            assignment: assignment.map(str::to_owned),
            email: email.map(str::to_owned),
        };
        for (table, wanted) in [
            (format!("bid,kind,score\n{bare},Style,2.5"), Ok((work(None, None), "style"))),
            (format!("Submission,Kind,Value,Feedback\n{key}, total ,2.5,good"), Ok((work(None, None), "total"))),
            (
                format!("id,email,assignment,kind,value\n{key},Ada@X,lab01,style,2.5"),
                Ok((work(Some("ada@x"), Some("c/lab01")), "style")),
            ),
            (
                "E-Mail;Assignment;Kind;Points\nAda@X;lab01;style;2.5".to_owned(),
                Ok((Work::Final { assignment: "c/lab01".into(), email: "ada@x".into() }, "style")),
            ),
            ("submission,kind,value\n,style,2.5".to_owned(), Err(ScoreOutcome::WorkUnknown)),
            ("submission,kind,value\nnothing,style,2.5".to_owned(), Err(ScoreOutcome::WorkUnknown)),
            (format!("submission,kind,value\n{key},,2.5"), Err(ScoreOutcome::KindInvalid)),
            (format!("submission,kind,value\n{key},style,much"), Err(ScoreOutcome::ValueInvalid)),
            (format!("submission,kind,value\n{key},style,99999999999"), Err(ScoreOutcome::ValueInvalid)),
        ] {
            let (rows, ignored) = read(&sheet::read(table.as_bytes()).unwrap()).unwrap();
            assert_eq!(ignored, [""; 0]);
            let told = said(rows[0].1.as_ref().unwrap(), "c");
            let wanted = wanted.map(|(work, kind)| (work, kind.to_owned(), Points(25_000)));
            assert_eq!(told.map(|said| (said.work, said.kind, said.value)), wanted, "{table}");
        }
    }

    #[test]
    fn columns_that_are_missing_are_named() {
        for (header, fault) in [
            ("submission,kind", LayoutFault::Missing("value")),
            ("submission,value", LayoutFault::Missing("kind")),
            ("email,kind,value", LayoutFault::NoWork),
            ("bid,id,kind,value", LayoutFault::Twice("bid".into(), "id".into())),
        ] {
            assert_eq!(read(&sheet::read(header.as_bytes()).unwrap()), Err(fault), "{header}");
        }
    }
}
