//! What a viewer may see, as a query. Every read of a row that belongs to somebody starts from here.
//!
//! A right is made of *arms*, each a condition that an index answers: "in a course where I am staff", "mine". One arm
//! becomes a plain WHERE. Several become a UNION ALL of rows, each arm with all filters in it and without the rows of those before
//! it, because an OR across two columns makes both databases read the whole table, and so does a join with a UNION of keys.

use sea_orm::sea_query::{
    Asterisk, Condition, Expr, ExprTrait, Func, IntoCondition, Query, SelectStatement, UnionType, WindowStatement,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Iterable, Order, PaginatorTrait, PrimaryKeyToColumn, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
};

use crate::viewer::{Courses, ViewerScope};

/// A row type that knows who may see it.
pub trait Viewable: EntityTrait {
    /// The arms of the right to see a row of this type. No arm: nothing is visible.
    fn arms(scope: &ViewerScope) -> Vec<Condition>;

    /// The rows that the viewer may see.
    #[must_use]
    fn visible(scope: &ViewerScope) -> Visible<Self>
    where
        Self: Sized,
    {
        Visible { arms: Self::arms(scope), filter: Condition::all(), entity: std::marker::PhantomData }
    }
}

/// A query for rows of one type that is bound to what somebody may see. There is no way from it to other rows.
#[derive(Debug)]
pub struct Visible<E: EntityTrait> {
    arms: Vec<Condition>,
    filter: Condition,
    entity: std::marker::PhantomData<E>,
}

/// The arm "in a course where the viewer has that permission".
#[must_use]
pub fn in_courses(column: impl ColumnTrait, courses: &Courses) -> Option<Condition> {
    match courses {
        Courses::All => Some(Condition::all()),
        Courses::These(courses) if courses.is_empty() => None,
        Courses::These(courses) => Some(column.is_in(courses.iter().copied()).into_condition()),
    }
}

/// The arm "mine".
#[must_use]
pub fn own(column: impl ColumnTrait, scope: &ViewerScope) -> Option<Condition> {
    scope.user().map(|user| column.eq(user).into_condition())
}

/// Arms for "everything, for the site's staff", and these for everybody else.
#[must_use]
pub fn arms(scope: &ViewerScope, arms: impl IntoIterator<Item = Option<Condition>>) -> Vec<Condition> {
    if scope.may_administer() {
        return vec![Condition::all()];
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
            1 => E::find().filter(filter).filter(arms.remove(0)),
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
fn union_of<E: EntityTrait>(arms: Vec<Condition>, filter: &Condition) -> SelectStatement {
    let mut union: Option<SelectStatement> = None;
    let mut before = Condition::all();
    for arm in arms {
        let rows = E::find().filter(filter.clone()).filter(arm.clone()).filter(before.clone()).into_query();
        // Null is not true: a row without an owner is not left out as somebody's own.
        before = before.add(Expr::from(Func::coalesce([Expr::from(arm), Expr::value(false)])).not());
        union = Some(match union {
            None => rows,
            Some(mut all) => all.union(UnionType::All, rows).to_owned(),
        });
    }
    union.unwrap_or_default()
}

impl<E: EntityTrait> Visible<E> {
    /// For each parent the first rows in the order of a column, at most `limit` behind `after`: one statement, however many
    /// parents there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn per_parent(
        self,
        db: &impl ConnectionTrait,
        parent: E::Column,
        parents: impl IntoIterator<Item = i64>,
        order: E::Column,
        after: Option<i64>,
        limit: u64,
    ) -> Result<Vec<E::Model>, DbErr> {
        let mut wanted = Condition::all().add(parent.is_in(parents));
        if let Some(place) = after {
            wanted = wanted.add(order.gt(place));
        }
        let window = WindowStatement::partition_by(parent).order_by(order, Order::Asc).to_owned();
        let ranked = self
            .filter(wanted)
            .into_select()
            .into_query()
            .expr_window_as(Func::cust("row_number"), window, "place")
            .to_owned();
        let page = Query::select()
            .expr(Expr::col(Asterisk))
            .from_subquery(ranked, "page")
            .and_where(Expr::col("place").lte(i64::try_from(limit).unwrap_or(i64::MAX)))
            .order_by("place", Order::Asc)
            .to_owned();
        E::find().from_raw_sql(db.get_database_backend().build(&page)).all(db).await
    }
}
