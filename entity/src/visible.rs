//! What a viewer may see, as a query. Every read of a row that belongs to somebody starts from here.
//!
//! A right is made of *arms*, each a condition that an index answers: "in a course where I am staff", "mine". One arm
//! becomes a plain WHERE. Several become a UNION ALL of rows, each arm with all filters in it and without the rows of those before
//! it, because an OR across two columns makes both databases read the whole table, and so does a join with a UNION of keys.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, IntoCondition, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Iterable, Order, PaginatorTrait, PrimaryKeyToColumn, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
};

use crate::submission::group;
use crate::viewer::{Courses, Permission, ViewerScope};

/// A row type that knows who may see it.
pub trait Viewable: EntityTrait {
    /// The arms of the right to see a row of this type. No arm: nothing is visible.
    fn arms(scope: &ViewerScope) -> Vec<Arm>;

    /// The rows that the viewer may see.
    #[must_use]
    fn visible(scope: &ViewerScope) -> Visible<Self>
    where
        Self: Sized,
    {
        Visible { arms: Self::arms(scope), filter: Condition::all(), entity: std::marker::PhantomData }
    }
}

/// One arm of a right: rows of certain courses that satisfy a condition.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The column that holds the course, and which courses; none if it is not bound to courses.
    pub(crate) within: Option<(Expr, Vec<i64>)>,
    pub(crate) also: Option<Expr>,
    /// Whether a look at the row and an index says if it is meant, without a list of all that are.
    pub(crate) by_row: bool,
}

impl Arm {
    /// All rows.
    #[must_use]
    pub fn everything() -> Self {
        Self { within: None, also: None, by_row: true }
    }

    /// The rows that satisfy this, wherever they are.
    #[must_use]
    pub fn of(condition: impl IntoCondition) -> Self {
        Self::everything().and(condition)
    }

    /// The rows beside which there is one of these, which an index finds.
    #[must_use]
    pub fn exists(beside: SelectStatement) -> Self {
        Self { within: None, also: Some(Expr::exists(beside)), by_row: true }
    }

    /// Narrows the arm to rows that satisfy this too.
    #[must_use]
    pub fn and(mut self, condition: impl IntoCondition) -> Self {
        let condition = Expr::from(condition.into_condition());
        self.also = Some(match self.also.take() {
            Some(also) => also.and(condition),
            None => condition,
        });
        self.by_row = false;
        self
    }

    /// The same, where a look at the row and an index says whether it does.
    #[must_use]
    pub fn and_by_row(self, condition: impl IntoCondition) -> Self {
        let by_row = self.by_row;
        Self { by_row, ..self.and(condition) }
    }

    /// The arm as a condition on its own table.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let within = self.within.as_ref().map(|(course, courses)| course.clone().is_in(courses.iter().copied()));
        Condition::all().add_option(within).add_option(self.also.clone())
    }
}

/// A list for a statement, filled up to a power of two with what it has: so few lengths make few statements to prepare.
#[must_use]
pub fn padded(keys: impl IntoIterator<Item = impl Into<i64>>) -> Vec<i64> {
    let mut keys: Vec<i64> = keys.into_iter().map(Into::into).collect();
    if let Some(last) = keys.last().copied() {
        keys.resize(keys.len().next_power_of_two(), last);
    }
    keys
}

/// A query for rows of one type that is bound to what somebody may see. There is no way from it to other rows.
#[derive(Debug)]
pub struct Visible<E: EntityTrait> {
    pub(crate) arms: Vec<Arm>,
    pub(crate) filter: Condition,
    entity: std::marker::PhantomData<E>,
}

/// The arm "in a course where the viewer has that permission".
#[must_use]
pub fn in_courses(column: impl ColumnTrait, courses: Courses<'_>) -> Option<Arm> {
    match courses {
        Courses::All => Some(Arm::everything()),
        Courses::These(courses) if courses.is_empty() => None,
        Courses::These(courses) => {
            let within = (Expr::col(column.as_column_ref()), padded(courses.iter().copied()));
            Some(Arm { within: Some(within), ..Arm::everything() })
        }
    }
}

/// The arm "mine, whatever the way in is for".
#[must_use]
pub fn own(column: impl ColumnTrait, scope: &ViewerScope) -> Option<Arm> {
    scope.user().map(|user| Arm { also: Some(column.eq(user)), ..Arm::everything() })
}

/// The arm "mine", in the courses that the way in is for. Of one that only says who its owner is, nothing.
#[must_use]
pub fn own_in(column: impl ColumnTrait, course: impl ColumnTrait, scope: &ViewerScope) -> Option<Arm> {
    if scope.only_introduces() { None } else { about_oneself(column, course, scope) }
}

/// The arm "about me", in the courses that the way in is for, also by one that only says who its owner is.
#[must_use]
pub fn about_oneself(column: impl ColumnTrait, course: impl ColumnTrait, scope: &ViewerScope) -> Option<Arm> {
    let mine = own(column, scope)?;
    reached(course, scope).map(|arm| Arm { within: arm.within, ..mine })
}

/// The arm "of a group that I am in or invited to", in the courses that the way in is for.
#[must_use]
pub fn in_groups(group: impl ColumnTrait, course: impl ColumnTrait, scope: &ViewerScope) -> Option<Arm> {
    let mine = padded(scope.groups());
    if mine.is_empty() {
        return None;
    }
    reached(course, scope).map(|arm| arm.and(group.is_in(mine)))
}

/// The arm "of somebody with whom I share the work on the assignment", in the courses that the way in is for.
#[must_use]
pub fn shared_in(
    owner: impl ColumnTrait,
    assignment: impl ColumnTrait,
    course: impl ColumnTrait,
    scope: &ViewerScope,
) -> Option<Arm> {
    let mine = padded(scope.own_groups());
    if mine.is_empty() {
        return None;
    }
    let whose = Expr::tuple([Expr::col(owner.as_column_ref()), Expr::col(assignment.as_column_ref())]);
    reached(course, scope).map(|arm| arm.and(whose.in_subquery(group::shares(mine))))
}

/// The arm of what is about one of these pieces of work, handed in or not, which are those of [`shared_in`].
#[must_use]
pub fn about_shared(submission: impl ColumnTrait, course: impl ColumnTrait, scope: &ViewerScope) -> Option<Arm> {
    use crate::submission::backup::{Column, Entity};
    let shared = shared_in(Column::SubmitterId, Column::AssignmentId, Column::CourseId, scope)?;
    let theirs = Entity::find().select_only().column(Column::Id).filter(shared.condition()).into_query();
    reached(course, scope).map(|arm| arm.and(submission.in_subquery(theirs)))
}

/// That a row is of a course whose work the viewer may review: for choices by what only those may know.
#[must_use]
pub fn reviewed(course: impl ColumnTrait, scope: &ViewerScope) -> Condition {
    match in_courses(course, scope.courses(Permission::ReviewWork)) {
        Some(arm) => arm.condition(),
        None => Condition::all().add(Expr::cust("1 = 0")),
    }
}

/// All rows of the courses that the way in is for; none when it is for no course.
fn reached(course: impl ColumnTrait, scope: &ViewerScope) -> Option<Arm> {
    let Some(limit) = scope.limit() else { return Some(Arm::everything()) };
    let within = (!limit.is_empty()).then(|| (Expr::col(course.as_column_ref()), padded(limit.iter().copied())))?;
    Some(Arm { within: Some(within), ..Arm::everything() })
}

/// Arms for "everything, for who sees everything", and these for everybody else.
#[must_use]
pub fn arms(scope: &ViewerScope, arms: impl IntoIterator<Item = Option<Arm>>) -> Vec<Arm> {
    if scope.sees_everything() {
        return vec![Arm::everything()];
    }
    arms.into_iter().flatten().collect()
}

impl<E: EntityTrait> Visible<E> {
    /// Narrows to the rows that satisfy this too.
    #[must_use]
    pub fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.filter = self.filter.add(condition.into_condition());
        self
    }

    /// The row with that key, if there is one that the viewer may see.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn by_key(self, db: &impl ConnectionTrait, key: i64) -> Result<Option<E::Model>, DbErr> {
        self.filter(key_column::<E>().eq(key)).into_select().one(db).await
    }

    /// The first row.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn one(self, db: &impl ConnectionTrait) -> Result<Option<E::Model>, DbErr> {
        self.into_select().one(db).await
    }

    /// All rows in the order of a column. For lists that something else bounds.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all(self, db: &impl ConnectionTrait, order: impl ColumnTrait) -> Result<Vec<E::Model>, DbErr> {
        self.into_select().order_by(order, Order::Asc).all(db).await
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count<'db>(self, db: &'db impl ConnectionTrait) -> Result<u64, DbErr>
    where
        E::Model: Send + Sync + 'db,
    {
        self.into_select().count(db).await
    }

    /// The statement, for those who page or batch. It stays inside what is visible, whatever is added to it.
    #[must_use]
    pub fn into_select(self) -> Select<E> {
        let Self { mut arms, filter, .. } = self;
        match arms.len() {
            0 => E::find().filter(filter).filter(Expr::cust("1 = 0")),
            1 => E::find().filter(filter).filter(arms.remove(0).condition()),
            _ => {
                let mut select = E::find();
                // The union stands where the table would, under the table's name.
                let rows = QuerySelect::query(&mut select).from_clear();
                rows.from_subquery(union_of::<E>(arms, &filter), E::default());
                select
            }
        }
    }
}

fn key_column<E: EntityTrait>() -> E::Column {
    // Every table of ours that rights are asked of has one key column.
    E::PrimaryKey::iter()
        .next()
        .map(PrimaryKeyToColumn::into_column)
        .unwrap_or_else(|| unreachable!("a table without a key"))
}

/// The rows of all arms, each once: an arm leaves out what those before it have.
fn union_of<E: EntityTrait>(arms: Vec<Arm>, filter: &Condition) -> SelectStatement {
    let mut union: Option<SelectStatement> = None;
    for arm in distinct(arms.iter().map(Arm::condition)) {
        let rows = E::find().filter(filter.clone()).filter(arm).into_query();
        union = Some(match union {
            None => rows,
            Some(mut all) => {
                all.union(UnionType::All, rows);
                all
            }
        });
    }
    union.unwrap_or_default()
}

/// Each condition without the rows of those before it.
fn distinct(conditions: impl Iterator<Item = Condition>) -> impl Iterator<Item = Condition> {
    let mut before = Condition::all();
    conditions.map(move |condition| {
        let rows = Condition::all().add(condition.clone()).add(before.clone());
        // Null is not true: a row without an owner is not left out as somebody's own.
        before = before.clone().add(Expr::from(Func::coalesce([Expr::from(condition), Expr::value(false)])).not());
        rows
    })
}
