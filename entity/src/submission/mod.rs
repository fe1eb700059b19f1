//! A submission: a mark on a backup that says "this is handed in". It shares the backup's key.

pub mod accept;
pub mod backup;
pub mod work;

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter,
};

use crate::assignment;
use crate::clock::Timestamp;
use crate::edge::{ToMany, ToOne};
use crate::identity::user::Person;
use crate::points::Points;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission")]
pub struct Model {
    /// The key of the backup that was handed in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub assignment_id: i64,
    pub course_id: i64,
    pub submitter_id: i64,
    /// The instant that counts for lateness: when the request's head had been read.
    pub submitted_at: Timestamp,
    /// What it is worth in total, by the last score of that kind; none while it has none.
    pub points: Option<Points>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    assignment_id: AssignmentId,
    course_id: CourseId,
    submitter_id: SubmitterId,
    submitted_at: SubmittedAt,
    points: Points,
});

/// One's own, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [own(Column::SubmitterId, scope), in_courses(Column::CourseId, &scope.courses(Permission::ReviewWork))],
        )
    }
}

/// From an assignment to what was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct To;

impl ToMany for To {
    type Parent = assignment::Brief;
    type Child = Model;
    const PARENT: Column = Column::AssignmentId;
    const PLACE: Column = Column::Id;
    const SAME_COURSE: bool = true;

    fn parent(row: &Model) -> i64 {
        row.assignment_id
    }

    fn place(row: &Model) -> i64 {
        row.id
    }
}

/// From an assignment to what the viewer handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnTo;

impl ToMany for OwnTo {
    type Parent = assignment::Brief;
    type Child = Model;
    const PARENT: Column = Column::AssignmentId;
    const PLACE: Column = Column::Id;
    const SAME_COURSE: bool = true;

    fn parent(row: &Model) -> i64 {
        row.assignment_id
    }

    fn place(row: &Model) -> i64 {
        row.id
    }

    fn meant(scope: &ViewerScope) -> Condition {
        Condition::all().add(Column::SubmitterId.eq(scope.user().unwrap_or_default()))
    }
}

/// From an assignment to the one submission of the viewer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FinalTo;

impl ToMany for FinalTo {
    type Parent = assignment::Brief;
    type Child = Model;
    const PARENT: Column = Column::AssignmentId;
    const PLACE: Column = Column::Id;
    const SAME_COURSE: bool = true;

    fn parent(row: &Model) -> i64 {
        row.assignment_id
    }

    fn place(row: &Model) -> i64 {
        row.id
    }

    fn meant(scope: &ViewerScope) -> Condition {
        let viewer = scope.user().unwrap_or_default();
        let finals = Query::select()
            .column(work::Column::FinalSubmissionId)
            .from(work::Entity)
            .and_where(work::Column::OwnerId.eq(viewer))
            .and_where(work::Column::AssignmentId.into_expr().equals(Column::AssignmentId.as_column_ref()))
            .to_owned();
        Condition::all().add(Column::SubmitterId.eq(viewer)).add(Column::Id.in_subquery(finals))
    }
}

/// From a submission to who handed it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct By;

impl ToOne for By {
    type Parent = Model;
    type Child = Person;
    const CHILD: Column = Column::SubmitterId;

    fn child(row: &Model) -> Option<i64> {
        Some(row.submitter_id)
    }
}

/// From a submission to its assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct For;

impl ToOne for For {
    type Parent = Model;
    type Child = assignment::Brief;
    const CHILD: Column = Column::AssignmentId;

    fn child(row: &Model) -> Option<i64> {
        Some(row.assignment_id)
    }
}

/// Says what a submission is worth in total from now on.
///
/// # Errors
/// When the database does not answer.
pub async fn value(tx: &impl ConnectionTrait, submission: i64, points: Points) -> Result<(), DbErr> {
    let set = Entity::update_many().col_expr(Column::Points, Expr::value(points));
    set.filter(Column::Id.eq(submission)).exec(tx).await.map(drop)
}
