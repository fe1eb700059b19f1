//! What the site holds about a person: every column that names one, what of its row they are shown when they ask for all of it, and what
//! becomes of it when they are forgotten. A test compares the list with the database, so that no table is left out.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult as _, JsonValue, Statement};

/// A column that names people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub table: &'static str,
    /// The column that holds the person's key.
    pub person: &'static str,
    /// What they are shown of its rows; nothing where the rows are about somebody else.
    pub shown: &'static [&'static str],
    /// What becomes of the rows when the person is forgotten.
    pub after: After,
}

/// What becomes of rows about somebody who is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// They go.
    Gone,
    /// They stay, without what names the person: the text says why.
    Stays(&'static str),
}

const WORK: &str = "what was handed in and how it was graded must stay provable for as long as the course must";
const LOG: &str = "who changed which rights, grades and deadlines must stay provable; entries hold no names";
const LETTERS: &str =
    "that a letter was sent stays, so that none is sent twice; what it said and where it went is removed";

/// All of them.
pub const HELD: [Held; 30] = [
    held(
        "session",
        "user_id",
        &["kind", "name", "scopes", "courses", "client", "created_at", "last_used_at", "expires_at"],
        After::Gone,
    ),
    held("session", "impersonator_id", &[], After::Stays(LOG)),
    held("ticket", "user_id", &["purpose", "address", "created_at", "expires_at", "used_at"], After::Gone),
    held("oauth_code", "user_id", &["client", "scopes", "created_at", "used_at"], After::Gone),
    held("external_identity", "user_id", &["issuer", "subject", "created_at", "last_used_at", "ended_at"], After::Gone),
    held(
        "enrollment",
        "user_id",
        &["course_id", "role", "owner", "student_number", "class_account", "lab_section", "created_at"],
        After::Stays(WORK),
    ),
    held("join_code", "creator_id", &["course_id", "lab_section", "created_at", "expires_at"], After::Stays(LOG)),
    held("bulk_request", "user_id", &["kind", "key", "created_at"], After::Gone),
    held(
        "screen_progress",
        "user_id",
        &["screen_id", "course_id", "seen_at", "last_at", "attempts", "hints", "answer_at", "passed_at"],
        After::Stays(WORK),
    ),
    held("content_sync", "requester_id", &["subject", "outcome", "done_at"], After::Stays(LOG)),
    held(
        "backup",
        "submitter_id",
        &["id", "assignment_id", "course_id", "files", "client_created_at", "received_at", "done_at"],
        After::Stays(WORK),
    ),
    held("submission", "submitter_id", &["id", "assignment_id", "course_id", "submitted_at"], After::Stays(WORK)),
    held("receipt_holder", "user_id", &["backup_id", "email"], After::Gone),
    held(
        "work",
        "owner_id",
        &["assignment_id", "group_id", "due_at", "final_submission_id", "submissions", "last_done_at"],
        After::Stays(WORK),
    ),
    held("work", "flagged_by", &[], After::Stays(WORK)),
    held("member", "user_id", &["group_id", "assignment_id", "active", "created_at", "updated_at"], After::Stays(WORK)),
    held("member", "invited_by", &[], After::Stays(WORK)),
    held(
        "extension",
        "user_id",
        &["assignment_id", "state", "due_local", "reason", "answer", "created_at", "decided_at"],
        After::Stays(WORK),
    ),
    held("extension", "decided_by", &[], After::Stays(LOG)),
    held(
        "run",
        "requester_id",
        &["id", "course_id", "submission_id", "language", "verdict", "created_at", "finished_at"],
        After::Stays(WORK),
    ),
    held(
        "score",
        "owner_id",
        &["submission_id", "kind", "value", "maximum", "message", "created_at", "archived_at"],
        After::Stays(WORK),
    ),
    held("score", "grader_id", &[], After::Stays(WORK)),
    held("comment", "owner_id", &["backup_id", "filename", "line", "message", "created_at"], After::Stays(WORK)),
    held("comment", "author_id", &["backup_id", "filename", "line", "message", "created_at"], After::Stays(WORK)),
    held("letter", "recipient_id", &["kind", "cause", "address", "created_at", "sent_at"], After::Stays(LETTERS)),
    held(
        "job",
        "requester_id",
        &["kind", "subject", "state", "created_at", "finished_at"],
        After::Stays("jobs go by themselves when their time is over"),
    ),
    held("lane", "paused_by", &[], After::Stays(LOG)),
    held("audit_entry", "user_id", &["at", "action", "course_id", "details"], After::Stays(LOG)),
    held("audit_entry", "actor_id", &["at", "action", "course_id", "details"], After::Stays(LOG)),
    held(
        "user",
        "id",
        &["email", "name", "admin", "created_at", "verified_at", "disabled_at"],
        After::Stays("a row without a name is what the rest refers to"),
    ),
];

const fn held(table: &'static str, person: &'static str, shown: &'static [&'static str], after: After) -> Held {
    Held { table, person, shown, after }
}

/// `table.column`.
impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.person)
    }
}

impl Held {
    /// The rows about a person, as far as they are shown to them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows(&self, db: &impl ConnectionTrait, person: i64) -> Result<Vec<JsonValue>, DbErr> {
        if self.shown.is_empty() {
            return Ok(Vec::new());
        }
        let columns: Vec<String> = self.shown.iter().map(|column| format!("\"{column}\"")).collect();
        let text = format!("SELECT {} FROM \"{}\" WHERE \"{}\" = $1", columns.join(", "), self.table, self.person);
        let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [person.into()]);
        JsonValue::find_by_statement(statement).all(db).await
    }

    /// How many rows name a person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count(&self, db: &impl ConnectionTrait, person: i64) -> Result<i64, DbErr> {
        let text = format!("SELECT count(*) AS n FROM \"{}\" WHERE \"{}\" = $1", self.table, self.person);
        let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [person.into()]);
        db.query_one_raw(statement).await?.map_or(Ok(0), |row| row.try_get("", "n"))
    }
}
