//! A job: background work, as a row. The row is the job; messages between actors are only nudges.
//!
//! ```text
//!              claim                    settle
//!   queued ───────────────▶ leased ───────────────▶ done
//!     ▲  ▲                   │ │ │
//!     │  └── failed, tries ◀─┘ │ └── failed for the last time, or lost too often ──▶ dead
//!     │      left; released    │
//!     └──── lease expired ◀────┘ (rescue)         queued or going back while its key is taken ──▶ cancelled
//! ```
//!
//! Somebody who may can stop a job ([`cancel`]): queued, it is cancelled at once; leased, it is marked, and its holder stops and settles
//! it as cancelled. If that holder is gone, whoever claims it next sees the mark and does the same.
//!
//! * A lease has a token and a deadline in database time. Only who holds the token may settle.
//! * Three counts, apart: `failures` (the body failed), `losses` (the lease expired), `attempt` (claims).
//! * One job for each key while queued, and one while leased.

pub mod cancel;
pub mod claim;
pub mod control;
pub mod cron;
pub mod event;
pub mod head;
pub mod lane;
pub mod lease;
pub mod place;
pub mod queue;
pub mod reason;
pub mod retention;
pub mod step;
pub mod waiting;
pub mod worker;

use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbBackend, DbErr, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, Order, PrimaryKeyTrait, Statement,
};

use crate::clock::Timestamp;
use crate::course;
use crate::identity::user::Person;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What is to be done: `execution.run`.
    pub kind: String,
    /// The version of the payload's shape. A process claims only those that it knows.
    pub version: i32,
    pub lane: String,
    /// Interactive before batch: lower goes first.
    pub class: i32,
    /// Virtual time within the class: lower goes first, and courses take turns.
    pub rank: i64,
    pub state: JobState,
    /// At most one job with this key is queued, and at most one leased.
    pub key: Option<String>,
    #[sea_orm(column_type = "Json")]
    pub payload: serde_json::Value,
    pub course_id: Option<i64>,
    /// Who caused it.
    pub requester_id: Option<i64>,
    /// The global id of what it is about.
    pub subject: Option<String>,
    /// Not before.
    pub run_at: Timestamp,
    /// Queued for later: not among those that are claimed before its time has come and somebody [moved it](claim::due) there.
    pub postponed: bool,
    /// The process that holds the lease.
    pub holder: Option<String>,
    pub lease_token: Option<i64>,
    pub lease_until: Option<Timestamp>,
    /// How often it was claimed.
    pub attempt: i32,
    /// How often its body failed.
    pub failures: i32,
    /// How often its body may fail before it is dead.
    pub max_failures: i32,
    /// How often its lease expired.
    pub losses: i32,
    /// The last trouble, in words.
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// When somebody asked for it to be stopped.
    pub stop_at: Option<Timestamp>,
    /// The position of its last event.
    pub head: i64,
    /// When it was claimed last.
    pub started_at: Option<Timestamp>,
    /// For how many microseconds it had been due when it was claimed last.
    pub waited: Option<i64>,
    /// The position of the event that says that it was claimed last.
    pub claim_head: Option<i64>,
    /// The job that took its place.
    pub superseded_by: Option<i64>,
    /// The number of the last step that was told of it.
    pub told: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, {
    id: Id,
    kind: Kind,
    version: Version,
    lane: Lane,
    class: Class,
    rank: Rank,
    state: State,
    key: Key,
    payload: Payload,
    course_id: CourseId,
    requester_id: RequesterId,
    subject: Subject,
    run_at: RunAt,
    postponed: Postponed,
    holder: Holder,
    lease_token: LeaseToken,
    lease_until: LeaseUntil,
    attempt: Attempt,
    failures: Failures,
    max_failures: MaxFailures,
    losses: Losses,
    error: Error,
    created_at: CreatedAt,
    finished_at: FinishedAt,
    stop_at: StopAt,
    head: Head,
    started_at: StartedAt,
    waited: Waited,
    claim_head: ClaimHead,
    superseded_by: SupersededBy,
    told: Told,
});

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum JobState {
    #[sea_orm(string_value = "queued")]
    Queued,
    #[sea_orm(string_value = "leased")]
    Leased,
    #[sea_orm(string_value = "done")]
    Done,
    #[sea_orm(string_value = "dead")]
    Dead,
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
}

impl JobState {
    /// Whether nothing more will happen by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Dead | Self::Cancelled)
    }

    /// The word in rows and events.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Model {
    /// Whether the viewer may see what went wrong. That may be about the sandbox, the database or another part of the site, so
    /// it is for those who review work in the course, and of a job of no course for the instructor who asked for it.
    #[must_use]
    pub fn may_see_trouble(&self, scope: &ViewerScope) -> bool {
        match self.course_id {
            Some(course) => scope.may(Permission::ReviewWork, course),
            None => {
                let asked = self.requester_id.is_some() && self.requester_id == scope.user();
                scope.may_administer() || asked && !scope.courses(Permission::ManageContent).is_empty()
            }
        }
    }
}

impl Model {
    /// Whether the viewer may stop it or have it tried again: whoever asked for it may stop it, and who reviews work in its course
    /// both.
    #[must_use]
    pub fn may_steer(&self, scope: &ViewerScope) -> bool {
        scope.may_administer() || self.course_id.is_some_and(|course| scope.may(Permission::ReviewWork, course))
    }

    /// Whether the viewer may have it stopped: whoever asked for it, reviews work in its course or runs the site.
    #[must_use]
    pub fn may_stop(&self, scope: &ViewerScope) -> bool {
        self.is_own(scope) || self.may_steer(scope)
    }

    /// Whether the viewer asked for it.
    fn is_own(&self, scope: &ViewerScope) -> bool {
        self.requester_id.is_some() && self.requester_id == scope.user() && scope.reaches(self.course_id)
    }
}

/// One's own, and those of the courses in which one reviews work.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::RequesterId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

crate::to_one! {
    /// From a job to its course.
    In: Model => course::Model, CourseId |row| row.course_id
}

crate::to_one! {
    /// From a job to who caused it.
    By: Model => Person, RequesterId |row| row.requester_id
}

crate::to_many! {
    /// From a course to its jobs, the newest first.
    OfCourse: course::Model => Model, same_course, CourseId |row| row.course_id.unwrap_or_default(), Id |row| row.id; {
        type Choice = ();

        fn order(_: &()) -> Order {
            Order::Desc
        }
    }
}

/// Replaces the payloads of ended jobs of a kind in which a text stands as a value: what they were about is forgotten.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_payloads(
    tx: &impl ConnectionTrait,
    kind: &str,
    text: &str,
    nothing: &serde_json::Value,
) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let payload = if backend == DbBackend::Postgres { "CAST($1 AS JSONB)" } else { "$1" };
    let update = format!(
        "UPDATE job SET payload = {payload} WHERE kind = $2 AND state IN ('done', 'dead', 'cancelled') \
         AND CAST(payload AS TEXT) LIKE $3"
    );
    let values = [nothing.to_string().into(), kind.into(), format!("%\"{text}\"%").into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, update, values)).await.map(drop)
}
