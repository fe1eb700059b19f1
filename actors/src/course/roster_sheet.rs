//! A roster as people have it in their spreadsheets: which column is which, and what each row says.

use entity::course::enrollment::{Role, normal_text};
use entity::course::role;
use entity::identity::user::{normal_email, normal_name};
use entity::sheet::Sheet;
use serde::{Deserialize, Serialize};

/// What a column says of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Column {
    Email,
    Name,
    FirstName,
    LastName,
    Role,
    StudentNumber,
    ClassAccount,
    LabSection,
}

/// What columns are called, in small letters and digits alone.
const NAMES: [(Column, &[&str]); 8] = [
    (Column::Email, &["email", "emailaddress", "mail", "mailaddress", "useremail", "studentemail"]),
    (Column::Name, &["name", "fullname", "displayname", "student", "studentname"]),
    (Column::FirstName, &["firstname", "givenname", "forename", "first"]),
    (Column::LastName, &["lastname", "familyname", "surname", "last"]),
    (Column::Role, &["role", "kind", "participation"]),
    (
        Column::StudentNumber,
        &["sid", "studentid", "studentnumber", "studentno", "sisid", "sisuserid", "matriculationnumber", "number"],
    ),
    (Column::ClassAccount, &["classaccount", "account", "login", "loginid", "username", "user"]),
    (Column::LabSection, &["section", "labsection", "lab", "discussion", "discussionsection", "group"]),
];

/// Words for the kinds of taking part, beside those that are stored.
const ROLES: [(&str, Role); 9] = [
    ("lab assistant", Role::LabAssistant),
    ("assistant", Role::LabAssistant),
    ("reader", Role::Grader),
    ("teaching assistant", Role::TeachingAssistant),
    ("ta", Role::TeachingAssistant),
    ("staff", Role::TeachingAssistant),
    ("tutor", Role::TeachingAssistant),
    ("teacher", Role::Instructor),
    ("professor", Role::Instructor),
];

/// Which column is where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    columns: Vec<Option<Column>>,
    /// The columns that nobody knows.
    pub ignored: Vec<String>,
}

/// Why the columns are no roster's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LayoutFault {
    #[error("No column has addresses. Name one `email`.")]
    NoEmail,
    #[error("Two columns say the same: `{0}` and `{1}`. Take one away.")]
    Twice(String, String),
}

/// What a row says of somebody. What no column says is none; what its cell leaves empty is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub email: String,
    pub name: Option<String>,
    pub role: Option<(Role, Option<i64>)>,
    pub student_number: Option<Option<String>>,
    pub class_account: Option<Option<String>>,
    pub lab_section: Option<Option<String>>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RosterOutcome {
    /// They are on the roster now.
    Enrolled,
    /// They are on the roster now, and get a letter with which they make their account theirs.
    Invited,
    /// They were on the roster, and something about them is another.
    Changed,
    /// They were on the roster just so.
    Unchanged,
    /// It has another number of cells than the first row.
    Malformed,
    /// It has no address, or none that is one.
    EmailInvalid,
    /// The name is too long, or has more than a line.
    NameInvalid,
    /// Another cell is too long, or has more than a line.
    TextInvalid,
    /// The course has no such role.
    RoleUnknown,
    /// The role, or the one that they have, allows more than the viewer may.
    BeyondYours,
    /// The course is theirs.
    Owner,
    /// A row above is about the same person.
    Repeated,
}

impl RosterOutcome {
    /// Whether nothing was done, for this reason.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        !matches!(self, Self::Enrolled | Self::Invited | Self::Changed | Self::Unchanged)
    }
}

impl Layout {
    /// Reads the names of columns.
    pub fn read(header: &[String]) -> Result<Self, LayoutFault> {
        let mut columns: Vec<Option<Column>> = Vec::new();
        let mut ignored = Vec::new();
        for name in header {
            let found = column(name);
            if let Some(before) = found.and_then(|column| columns.iter().position(|other| *other == Some(column))) {
                return Err(LayoutFault::Twice(header[before].clone(), name.clone()));
            }
            if found.is_none() && !name.is_empty() {
                ignored.push(name.clone());
            }
            columns.push(found);
        }
        if columns.contains(&Some(Column::Email)) { Ok(Self { columns, ignored }) } else { Err(LayoutFault::NoEmail) }
    }

    fn cell<'c>(&self, cells: &'c [String], column: Column) -> Option<&'c str> {
        let place = self.columns.iter().position(|other| *other == Some(column))?;
        cells.get(place).map(String::as_str)
    }

    /// Reads a row, in a course that has these roles.
    pub fn row(&self, cells: &[String], roles: &[role::Model]) -> Result<Said, RosterOutcome> {
        let cell = |column| self.cell(cells, column);
        let email = cell(Column::Email).and_then(normal_email).ok_or(RosterOutcome::EmailInvalid)?;
        let parts = [cell(Column::FirstName), cell(Column::LastName)].map(Option::unwrap_or_default).join(" ");
        let name = cell(Column::Name).filter(|name| !name.is_empty()).unwrap_or(parts.trim());
        let name = match name {
            "" => None,
            name => Some(normal_name(name).ok_or(RosterOutcome::NameInvalid)?),
        };
        let role = match cell(Column::Role).unwrap_or_default() {
            "" => None,
            word => Some(role_of(word, roles).ok_or(RosterOutcome::RoleUnknown)?),
        };
        let text = |column| {
            let read = |text: &str| normal_text(text).map_err(|_| RosterOutcome::TextInvalid);
            cell(column).map(read).transpose()
        };
        Ok(Said {
            email,
            name,
            role,
            student_number: text(Column::StudentNumber)?,
            class_account: text(Column::ClassAccount)?,
            lab_section: text(Column::LabSection)?,
        })
    }
}

/// The roster in a table: who is meant by each row, with its line.
pub(super) fn rows(sheet: &Sheet, layout: &Layout, roles: &[role::Model]) -> Vec<(u64, Result<Said, RosterOutcome>)> {
    let mut seen = std::collections::HashSet::new();
    let read = |cells: &Option<Vec<String>>| match cells {
        Some(cells) => layout.row(cells, roles),
        None => Err(RosterOutcome::Malformed),
    };
    let mut once = |said: Said| if seen.insert(said.email.clone()) { Ok(said) } else { Err(RosterOutcome::Repeated) };
    sheet.rows.iter().map(|row| (row.line, read(&row.cells).and_then(&mut once))).collect()
}

fn column(name: &str) -> Option<Column> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(column, _)| *column)
}

/// The role of that word: a role of the course's own, or a kind of taking part.
fn role_of(word: &str, roles: &[role::Model]) -> Option<(Role, Option<i64>)> {
    let own = roles.iter().find(|row| row.course_id.is_some() && row.key == word && row.key != row.kind.word());
    if let Some(own) = own {
        return Some((own.kind, Some(own.id)));
    }
    let plain = word.to_lowercase().replace(['_', '-'], " ");
    let kinds = [Role::Student, Role::LabAssistant, Role::Grader, Role::TeachingAssistant, Role::Instructor];
    let kind = kinds.into_iter().find(|kind| kind.word().replace('_', " ") == plain);
    kind.or_else(|| ROLES.iter().find(|(other, _)| *other == plain).map(|(_, role)| *role)).map(|role| (role, None))
}

#[cfg(test)]
mod tests {
    use entity::course::enrollment::Role;
    use entity::sheet;

    use super::{Layout, LayoutFault, RosterOutcome, Said, rows};

    fn layout(header: &[&str]) -> Result<Layout, LayoutFault> {
        Layout::read(&header.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_known_by_common_names() {
        for header in [
            ["Email", "Name", "SID", "Class Account", "Section", "Role"],
            ["e-mail address", "Full name", "student_number", "login", "Lab Section", "ROLE"],
            ["E-Mail", "Student", "Student ID", "username", "lab", "Participation"],
        ] {
            let known = layout(&header).unwrap();
            assert!(known.ignored.is_empty() && known.columns.iter().all(Option::is_some), "{header:?}: {known:?}");
        }
        assert_eq!(layout(&["email", "shoe size"]).unwrap().ignored, ["shoe size"]);
        assert_eq!(layout(&["name"]), Err(LayoutFault::NoEmail));
        assert_eq!(layout(&["email", "E-Mail"]), Err(LayoutFault::Twice("email".into(), "E-Mail".into())));
    }

    #[test]
    fn a_row_says_what_it_says_and_nothing_else() {
        let long = "x".repeat(101);
        for (row, wanted) in [
            ("ada@x,Ada,Lovelace,17,\n", Ok(("ada@x", Some("Ada Lovelace"), None, Some(Some("17")), Some(None)))),
            (" Ada@X ,,,,A1", Ok(("ada@x", None, None, Some(None), Some(Some("A1"))))),
            ("ada,,,,", Err(RosterOutcome::EmailInvalid)),
            (",Ada,,,", Err(RosterOutcome::EmailInvalid)),
            ("ada@x,\"A\nB\",,,", Err(RosterOutcome::NameInvalid)),
            (&*format!("ada@x,,,{long},"), Err(RosterOutcome::TextInvalid)),
            ("ada@x,,,,,1", Err(RosterOutcome::Malformed)),
        ] {
            let sheet = sheet::read(format!("email,first,last,sid,section\n{row}").as_bytes()).unwrap();
            let told = rows(&sheet, &Layout::read(&sheet.header).unwrap(), &[]).remove(0).1;
            let owned = |text: &str| text.to_owned();
            let wanted = wanted.map(|(email, name, role, number, section)| Said {
                email: email.to_owned(),
                name: name.map(owned),
                role,
                student_number: number.map(|text: Option<&str>| text.map(owned)),
                class_account: None,
                lab_section: section.map(|text: Option<&str>| text.map(owned)),
            });
            assert_eq!(told, wanted, "{row}");
        }
    }

    #[test]
    fn roles_are_known_by_common_words_and_people_come_once() {
        let roles = [
            ("student", Ok(Role::Student)),
            ("Lab Assistant", Ok(Role::LabAssistant)),
            ("teaching_assistant", Ok(Role::TeachingAssistant)),
            ("TA", Ok(Role::TeachingAssistant)),
            ("king", Err(RosterOutcome::RoleUnknown)),
        ];
        let lines: Vec<String> = roles.iter().enumerate().map(|(at, (word, _))| format!("p{at}@x,{word}")).collect();
        let sheet = sheet::read(format!("email,role\n{}\nP0@X,student", lines.join("\n")).as_bytes()).unwrap();
        let told = rows(&sheet, &Layout::read(&sheet.header).unwrap(), &[]);
        for ((_, told), (word, wanted)) in told.iter().zip(&roles) {
            assert_eq!(told.clone().map(|said| said.role), wanted.map(|role| Some((role, None))), "{word}");
        }
        assert_eq!(told[5], (7, Err(RosterOutcome::Repeated)));
    }
}
