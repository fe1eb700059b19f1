//! An assignment: work that is handed in by a deadline and scored by its tests.

pub mod deadline;
pub mod extension;
pub mod rules;
pub mod test_case;

use chrono_tz::Tz;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use self::deadline::Deadline;
use self::rules::ByHand;
use crate::clock::Timestamp;
use crate::course;
use crate::execution::language::Language;
use crate::file;
use crate::grading::late::LatePolicy;
use crate::submission::work;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub course_id: i64,
    /// Its name in addresses: `data-in-the-wild/word-counts`.
    #[sea_orm(unique)]
    pub endpoint: String,
    pub title: String,
    /// Safe to show as it is.
    pub description_html: String,
    pub language: Language,
    /// The file that is run.
    pub main: String,
    /// The files that are handed in, with the text they start with.
    #[sea_orm(column_type = "Json")]
    pub template: file::Entries,
    /// The deadline, resolved when it was written.
    pub due_at: Timestamp,
    /// The deadline as its author wrote it: wall time without a zone.
    pub due_local: String,
    /// The zone of that wall time, as in the IANA database.
    pub time_zone: String,
    /// The last instant at which work is taken for handed in; none: there is no end.
    pub lock_at: Option<Timestamp>,
    /// The same as its author wrote it, in that zone.
    pub lock_local: Option<String>,
    /// How many may share their work; 1: nobody.
    pub max_group_size: i32,
    /// At most so many submissions; none: as many as one likes.
    pub attempts: Option<i32>,
    /// Whether what was handed in may be revised after it was graded.
    pub revisions: bool,
    /// What lateness costs, as JSON: a [`LatePolicy`].
    pub late_policy: String,
    /// How much later than due is still on time, in microseconds: the policy's.
    pub grace: i64,
    /// What the folder held when this was stored; equal means unchanged. Empty for what was never in a folder.
    pub content_hash: String,
    pub synced_at: Timestamp,
    /// Which rules are said by hand, and what the folder says in their place, as JSON: a [`ByHand`].
    pub by_hand: String,
    /// Whether students see it who have not begun.
    pub visible: bool,
    /// Where its page is, if it is elsewhere.
    pub url: Option<String>,
    /// Whether it is handed in on pages and by scripts, and not by the `ok` client alone.
    pub uploads_enabled: bool,
    /// What is said beside the form that hands it in.
    pub upload_info: Option<String>,
    /// The key by which another program grades it; staff alone sees it.
    pub autograding_key: Option<String>,
    pub continuous_autograding: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What lists show of an assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    pub id: i64,
    pub course_id: i64,
    pub endpoint: String,
    pub title: String,
    pub language: Language,
    pub due_at: Timestamp,
    pub lock_at: Option<Timestamp>,
    pub grace: i64,
    pub max_group_size: i32,
    pub attempts: Option<i32>,
}

crate::row!(Brief, course CourseId, {
    id: Id,
    course_id: CourseId,
    endpoint: Endpoint,
    title: Title,
    language: Language,
    due_at: DueAt,
    lock_at: LockAt,
    grace: Grace,
    max_group_size: MaxGroupSize,
    attempts: Attempts,
});

impl Brief {
    /// The deadlines that hold for somebody who has time until then by an extension.
    #[must_use]
    pub fn deadline(&self, extension: Option<Timestamp>) -> Deadline {
        Deadline::new(self.due_at, self.lock_at, extension).forgiving(self.grace)
    }
}

impl From<Model> for Brief {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            course_id: row.course_id,
            endpoint: row.endpoint,
            title: row.title,
            language: row.language,
            due_at: row.due_at,
            lock_at: row.lock_at,
            grace: row.grace,
            max_group_size: row.max_group_size,
            attempts: row.attempts,
        }
    }
}

/// What its own page shows beyond that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    pub id: i64,
    pub description_html: String,
    pub main: String,
    pub template: file::Entries,
    pub due_local: String,
    pub lock_local: Option<String>,
    pub time_zone: String,
    pub revisions: bool,
    pub late_policy: String,
    pub content_hash: String,
    pub by_hand: String,
    pub visible: bool,
    pub url: Option<String>,
    pub uploads_enabled: bool,
    pub upload_info: Option<String>,
}

crate::row!(Details, {
    id: Id,
    description_html: DescriptionHtml,
    main: Main,
    template: Template,
    due_local: DueLocal,
    lock_local: LockLocal,
    time_zone: TimeZone,
    revisions: Revisions,
    late_policy: LatePolicy,
    content_hash: ContentHash,
    by_hand: ByHand,
    visible: Visible,
    url: Url,
    uploads_enabled: UploadsEnabled,
    upload_info: UploadInfo,
});

impl Details {
    /// What lateness costs.
    #[must_use]
    pub fn late_policy(&self) -> LatePolicy {
        LatePolicy::read(&self.late_policy)
    }

    /// What is said by hand.
    #[must_use]
    pub fn by_hand(&self) -> ByHand {
        ByHand::read(&self.by_hand)
    }

    /// Whether it comes from a content folder.
    #[must_use]
    pub fn is_from_folder(&self) -> bool {
        !self.content_hash.is_empty()
    }
}

impl Model {
    /// The deadlines that hold for somebody who has time until then by an extension.
    #[must_use]
    pub fn deadline(&self, extension: Option<Timestamp>) -> Deadline {
        Deadline::new(self.due_at, self.lock_at, extension).forgiving(self.grace)
    }

    /// The zone of its deadlines.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(Tz::UTC)
    }

    /// Whether it comes from a content folder.
    #[must_use]
    pub fn is_from_folder(&self) -> bool {
        !self.content_hash.is_empty()
    }

    /// Whether what is handed in is run. Without a file to run, people grade it, and programs elsewhere.
    #[must_use]
    pub fn is_run(&self) -> bool {
        !self.main.is_empty()
    }

    /// Whether the row alone says that the viewer may see it. If not, they may nevertheless, as [`Viewable`] says below.
    #[must_use]
    pub fn is_plainly_visible(&self, scope: &ViewerScope) -> bool {
        self.visible && scope.courses(Permission::Attend).contains(self.course_id)
    }
}

/// Those who attend the course. One that is not shown to students is seen by those who see what is not published, and by who has begun
/// nevertheless: nobody's work loses what it is for.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        let begun = Query::select()
            .expr(Expr::val(1))
            .from(work::Entity)
            .and_where(work::Column::AssignmentId.into_expr().equals(Column::Id.as_column_ref()))
            .and_where(work::Column::OwnerId.eq(scope.user().unwrap_or_default()))
            .cond_where(work::standing::has_begun())
            .to_owned();
        let previewed = in_courses(Column::CourseId, scope.courses(Permission::Preview)).map(|arm| arm.condition());
        let shown = Condition::any().add(Column::Visible.eq(true)).add_option(previewed).add(Expr::exists(begun));
        arms(scope, [in_courses(Column::CourseId, scope.courses(Permission::Attend)).map(|arm| arm.and_by_row(shown))])
    }
}

crate::to_many! {
    /// From a course to its assignments.
    OfCourse: course::Model => Brief, same_course, CourseId |row| row.course_id, Id |row| row.id
}

crate::to_one! {
    /// From an assignment to its course.
    In: Brief => course::Model, CourseId |row| Some(row.course_id)
}
