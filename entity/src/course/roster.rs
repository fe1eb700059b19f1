//! The roster of a course, in pages: for exports of everything, which must not hold everything.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};

use super::enrollment::Role;

/// Somebody on a roster.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Member {
    pub enrollment: i64,
    pub user: i64,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// The key of the course's own role, if they have one.
    pub own_role: Option<String>,
    pub student_number: Option<String>,
    pub class_account: Option<String>,
    pub lab_section: Option<String>,
}

impl Member {
    /// The word for what they take part as.
    #[must_use]
    pub fn word(&self) -> String {
        self.own_role.clone().unwrap_or_else(|| self.role.word())
    }
}

/// Whom somebody wants; everybody when nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub role: Option<Role>,
    pub lab_section: Option<String>,
}

/// The next people of a roster behind that enrollment.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    db: &impl ConnectionTrait,
    course: i64,
    choice: &Choice,
    after: i64,
    limit: u32,
) -> Result<Vec<Member>, DbErr> {
    let mut text =
        "SELECT e.id AS enrollment, u.id AS \"user\", u.email, u.name, e.role, r.key AS own_role, e.student_number, \
         e.class_account, e.lab_section FROM enrollment AS e JOIN \"user\" AS u ON u.id = e.user_id \
         LEFT JOIN role AS r ON r.id = e.role_id WHERE e.course_id = $1 AND e.id > $2"
            .to_owned();
    let mut values: Vec<Value> = vec![course.into(), after.into()];
    let chosen = [("e.role", choice.role.map(Role::word)), ("e.lab_section", choice.lab_section.clone())];
    for (column, value) in chosen {
        let Some(value) = value else { continue };
        values.push(value.into());
        text.push_str(&format!(" AND {column} = ${}", values.len()));
    }
    text.push_str(&format!(" ORDER BY e.id LIMIT {limit}"));
    Member::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), text, values)).all(db).await
}
