//! More time as people have it in their spreadsheets: which column is which, and what each row says.

use chrono::{NaiveDate, NaiveDateTime};
use entity::identity::user::normal_email;
use entity::sheet::{Row, Sheet};
use serde::{Deserialize, Serialize};

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Column {
    Email,
    StudentNumber,
    Assignment,
    Until,
    Days,
    Lock,
    Reason,
}

/// What columns are called, in small letters and digits alone.
const NAMES: [(Column, &[&str]); 7] = [
    (Column::Email, &["email", "emailaddress", "mail", "mailaddress", "useremail", "studentemail"]),
    (Column::StudentNumber, &["sid", "studentid", "studentnumber", "studentno", "sisid", "sisuserid", "number"]),
    (Column::Assignment, &["assignment", "assignmentname", "endpoint", "homework"]),
    (Column::Until, &["until", "due", "dueat", "duedate", "newdue", "newduedate", "extendeddue"]),
    (Column::Days, &["days", "extradays", "extensiondays"]),
    (Column::Lock, &["lock", "lockat", "lockdate"]),
    (Column::Reason, &["reason", "why", "comment", "note"]),
];

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtensionOutcome {
    /// They have the time.
    Granted,
    /// They have it in the place of other time that they had been given.
    Replaced,
    /// They had just that, for the same reason.
    Unchanged,
    /// It has another number of cells than the first row.
    Malformed,
    /// Nobody of that address or number takes part in the course.
    PersonUnknown,
    /// Several have that number.
    PersonAmbiguous,
    /// The address is one person's and the number another's.
    PersonContradictory,
    AssignmentUnknown,
    /// The time is none, is before the deadline, or too far behind it.
    TimeInvalid,
    /// It says that work is taken for longer than it would be.
    LockBeyond,
    /// A reason is missing, or too long.
    ReasonInvalid,
    /// A row above has given the same person time for the same assignment.
    Repeated,
}

impl ExtensionOutcome {
    /// Whether somebody has other time by it than before.
    #[must_use]
    pub fn grants(self) -> bool {
        matches!(self, Self::Granted | Self::Replaced)
    }

    /// Whether nothing was done, for this reason.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        !self.grants() && self != Self::Unchanged
    }
}

/// Whom a row is about: by their address, by their student number, or by both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Who {
    pub email: Option<String>,
    pub number: Option<String>,
}

/// Until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Wall(NaiveDateTime),
    Days(u16),
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub who: Who,
    pub assignment: String,
    pub when: When,
    pub lock: Option<NaiveDateTime>,
    pub reason: String,
}

/// Why the columns say nothing of more time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LayoutFault {
    #[error("No column says {0}. Name one `{1}`.")]
    Missing(&'static str, &'static str),
    #[error("Two columns say the same: `{0}` and `{1}`. Take one away.")]
    Twice(String, String),
}

/// Which column is where.
#[derive(Debug)]
pub(super) struct Layout {
    columns: Vec<Option<Column>>,
    /// The columns that nobody knows.
    pub ignored: Vec<String>,
}

impl Layout {
    /// Reads the names of columns.
    pub fn read(header: &[String]) -> Result<Self, LayoutFault> {
        let mut layout = Self { columns: Vec::new(), ignored: Vec::new() };
        for name in header {
            let found = column(name);
            let before = found.and_then(|column| layout.columns.iter().position(|other| *other == Some(column)));
            if let Some(before) = before {
                return Err(LayoutFault::Twice(header[before].clone(), name.clone()));
            }
            if found.is_none() && !name.is_empty() {
                layout.ignored.push(name.clone());
            }
            layout.columns.push(found);
        }
        let has = |any: &[Column]| any.iter().any(|column| layout.columns.contains(&Some(*column)));
        let needed: [(&[Column], _, _); 4] = [
            (&[Column::Email, Column::StudentNumber], "whose time it is", "email"),
            (&[Column::Assignment], "for what", "assignment"),
            (&[Column::Until, Column::Days], "until when", "until"),
            (&[Column::Reason], "why", "reason"),
        ];
        for (any, what, name) in needed {
            if !has(any) {
                return Err(LayoutFault::Missing(what, name));
            }
        }
        Ok(layout)
    }

    fn cell<'c>(&self, cells: &'c [String], column: Column) -> &'c str {
        let place = self.columns.iter().position(|other| *other == Some(column));
        place.and_then(|place| cells.get(place)).map_or("", String::as_str)
    }

    fn row(&self, row: &Row) -> Result<Said, ExtensionOutcome> {
        let cells = row.cells.as_ref().ok_or(ExtensionOutcome::Malformed)?;
        let cell = |column| self.cell(cells, column);
        let said = |column| Some(cell(column)).filter(|text| !text.is_empty());
        let address = |email: &str| normal_email(email).ok_or(ExtensionOutcome::PersonUnknown);
        let who = Who {
            email: said(Column::Email).map(address).transpose()?,
            number: said(Column::StudentNumber).map(str::to_owned),
        };
        if who == Who::default() {
            return Err(ExtensionOutcome::PersonUnknown);
        }
        let when = match (cell(Column::Until), cell(Column::Days)) {
            ("", days) => days.parse().map(When::Days).map_err(|_| ExtensionOutcome::TimeInvalid)?,
            (until, "") => When::Wall(wall(until).ok_or(ExtensionOutcome::TimeInvalid)?),
            (_, _) => return Err(ExtensionOutcome::TimeInvalid),
        };
        let lock = match cell(Column::Lock) {
            "" => None,
            lock => Some(wall(lock).ok_or(ExtensionOutcome::TimeInvalid)?),
        };
        let (assignment, reason) = (cell(Column::Assignment).to_owned(), cell(Column::Reason).to_owned());
        Ok(Said { who, assignment, when, lock, reason })
    }
}

/// What each row says, with its line.
pub(super) fn rows(sheet: &Sheet, layout: &Layout) -> Vec<(u64, Result<Said, ExtensionOutcome>)> {
    sheet.rows.iter().map(|row| (row.line, layout.row(row))).collect()
}

fn column(name: &str) -> Option<Column> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(column, _)| *column)
}

/// A time as the clock on the wall shows it; of a day alone, its last minute.
fn wall(text: &str) -> Option<NaiveDateTime> {
    let day = || text.parse::<NaiveDate>().ok()?.and_hms_opt(23, 59, 0);
    let written = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    written.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).or_else(day)
}

#[cfg(test)]
mod tests {
    use entity::sheet;

    use super::{ExtensionOutcome, Layout, LayoutFault, When, Who, rows, wall};

    fn layout(header: &[&str]) -> Result<Layout, LayoutFault> {
        Layout::read(&header.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_known_by_common_names() {
        for header in [
            ["Email", "Assignment", "Until", "Reason"],
            ["student_number", "assignment name", "Due date", "Why"],
            ["SID", "Homework", "Extra days", "Note"],
        ] {
            assert!(layout(&header).unwrap().columns.iter().all(Option::is_some), "{header:?}");
        }
        assert_eq!(layout(&["sid", "assignment", "days", "reason", "shoe size"]).unwrap().ignored, ["shoe size"]);
        let missing = |header: &[&str]| matches!(layout(header), Err(LayoutFault::Missing(_, _)));
        assert!(missing(&["assignment", "until", "reason"]) && missing(&["email", "assignment", "until"]));
        assert!(missing(&["email", "until", "reason"]) && missing(&["email", "assignment", "reason"]));
        let twice = layout(&["email", "assignment", "due", "until", "reason"]).err();
        assert_eq!(twice, Some(LayoutFault::Twice("due".into(), "until".into())));
    }

    #[test]
    fn times_are_read_as_spreadsheets_write_them() {
        for text in ["2027-01-15", "2027-01-15 23:59", "2027-01-15T23:59:00", "2027-01-15 23:59:00"] {
            assert_eq!(wall(text).unwrap().to_string(), "2027-01-15 23:59:00", "{text}");
        }
        for text in ["", "15.1.2027", "2027-02-30", "2027-01-15T25:00", "tomorrow"] {
            assert_eq!(wall(text), None, "{text}");
        }
    }

    #[test]
    fn a_row_says_who_and_until_when() {
        let who = |email: Option<&str>, number: Option<&str>| {
            Ok(Who { email: email.map(str::to_owned), number: number.map(str::to_owned) })
        };
        for (row, wanted) in [
            (" Ada@X ,17,hw,2027-01-15,,,r", who(Some("ada@x"), Some("17"))),
            (",17,hw,,3,,r", who(None, Some("17"))),
            (",,hw,,3,,r", Err(ExtensionOutcome::PersonUnknown)),
            ("ada,17,hw,,3,,r", Err(ExtensionOutcome::PersonUnknown)),
            ("ada@x,,hw,2027-01-15,3,,r", Err(ExtensionOutcome::TimeInvalid)),
            ("ada@x,,hw,,,,r", Err(ExtensionOutcome::TimeInvalid)),
            ("ada@x,,hw,,-3,,r", Err(ExtensionOutcome::TimeInvalid)),
            ("ada@x,,hw,,3,never,r", Err(ExtensionOutcome::TimeInvalid)),
            ("ada@x,,hw,,3,2027-01-15,r", who(Some("ada@x"), None)),
            ("ada@x,,hw,,3,,r,1", Err(ExtensionOutcome::Malformed)),
        ] {
            let sheet = sheet::read(format!("email,sid,assignment,until,days,lock,reason\n{row}").as_bytes()).unwrap();
            let told = rows(&sheet, &Layout::read(&sheet.header).unwrap()).remove(0).1;
            if let Ok(said) = &told {
                assert_eq!(matches!(said.when, When::Days(3)), row.contains(",3,"), "{row}");
            }
            assert_eq!(told.map(|said| said.who), wanted, "{row}");
        }
    }
}
