//! A plan: rows, the rows that they lead to, and so on, all by one statement.
//!
//! A page such as "a course, its assignments, the first submissions to each, and who handed them in" is a tree of [edges](crate::edge).
//! Asked level by level it costs a round trip for each, and each level waits for the one before it. A plan asks at once:
//!
//! ```text
//!   WITH l0 AS (the course), l1 AS (its assignments), l2 AS (for each of l1 the first submissions), l3 AS (the people of l2)
//!   SELECT 0, the columns of l0 … UNION ALL SELECT 1, the columns of l1 … UNION ALL …
//! ```
//!
//! So every row comes once and flat, however many others lead to it, and nobody builds JSON in the database. The parts of the union
//! share its columns, as far as they are of one type: a row is as wide as the widest of them. For each parent PostgreSQL
//! takes the first rows by a lateral join, SQLite by a correlated list of keys; both read as many rows as are wanted from an
//! index, not all there are. What is visible stays a part of every level: there is no other way into a plan than a [`Row`], whose
//! table says who may see it.

mod level;
mod sql;
mod statement;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, Order};

pub use self::level::Children;
use self::level::{Level, Rows};
use self::sql::{Dialect, Sql};
use self::statement::Which;
use crate::edge::{ToMany, ToOne};
use crate::row::{ColumnOf, Row};
use crate::viewer::ViewerScope;
use crate::visible::{Arm, Viewable, Visible};

/// The most levels of a plan. What is beyond them is left to whoever asks next.
pub const MAX_LEVELS: usize = 16;

/// What is to be read. `C` takes what was found.
#[derive(Debug)]
pub struct Plan<'s, C> {
    scope: &'s ViewerScope,
    /// The levels as they are written so far.
    sql: Sql,
    levels: Vec<Level<C>>,
    /// The columns that the parts of the union share, by their types.
    slots: Vec<&'static str>,
}

/// A level of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At(usize);

/// Which of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Only those behind this place.
    pub after: Option<i64>,
    /// At most so many for each parent; all of them without.
    pub limit: Option<u64>,
}

/// In which order rows come, by a column in which they differ.
#[derive(Clone, Debug)]
pub struct InOrder<R: Row> {
    pub by: ColumnOf<R>,
    pub order: Order,
    /// What a row has in that column.
    pub place: fn(&R) -> i64,
}

impl<R: Row> InOrder<R> {
    /// By the key.
    #[must_use]
    pub fn by_key() -> Self {
        Self { by: R::KEY, order: Order::Asc, place: R::key }
    }

    /// By the key, the newest first.
    #[must_use]
    pub fn newest() -> Self {
        Self { order: Order::Desc, ..Self::by_key() }
    }

    /// Those behind a place.
    #[must_use]
    pub fn behind(&self, place: i64) -> Expr {
        if matches!(self.order, Order::Desc) { self.by.lt(place) } else { self.by.gt(place) }
    }
}

impl<'s, C: 'static> Plan<'s, C> {
    /// An empty plan for what this viewer may see.
    #[must_use]
    pub fn new(scope: &'s ViewerScope, db: &impl ConnectionTrait) -> Self {
        Self { scope, sql: Sql::new(Dialect::of(db.get_database_backend())), levels: Vec::new(), slots: Vec::new() }
    }

    /// Whether no level fits in any more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.levels.len() >= MAX_LEVELS
    }

    /// Begins with these rows.
    pub fn rows<R: Row>(
        &mut self,
        visible: Visible<R::Entity>,
        order: InOrder<R>,
        limit: Option<u64>,
        found: impl FnOnce(Vec<R>, &mut C) + Send + 'static,
    ) -> At {
        let written = order.clone();
        let told = move |mut rows: Vec<R>, _: Option<&Level<C>>, context: &mut C| {
            level::sort(&mut rows, &order.order, order.place);
            found(rows, context);
        };
        self.push(None, Rows::told(told), |sql| statement::rows::<R>(sql, visible, &written, limit))
    }

    /// Begins with rows that the viewer has seen before, by their keys. They are not read again.
    pub fn seen<R: Row>(&mut self, keys: Vec<i64>) -> At {
        let rows = Rows::<R, C>::seen(keys.clone());
        self.push(None, rows, |sql| statement::seen::<R>(sql, &keys))
    }

    /// Goes on to the rows that belong to those of a level. Each parent is told, also of nothing.
    pub fn many<E: ToMany>(
        &mut self,
        from: At,
        choice: &E::Choice,
        span: Span,
        found: impl FnOnce(Children<E::Child>, &mut C) + Send + 'static,
    ) -> At {
        let which = Which { meant: E::meant(choice, self.scope), order: E::order(choice), span };
        let order = which.order.clone();
        let arms = self.arms::<E::Child>();
        let told = move |rows: Vec<E::Child>, parents: Option<&Level<C>>, context: &mut C| {
            found(level::children::<E>(rows, &order, parents.map(Level::keys).unwrap_or_default()), context);
        };
        self.push(Some(from.0), Rows::told(told), |sql| statement::many::<E>(sql, from, arms, which))
    }

    /// Goes on to the rows that those of a level name. `found` is given the keys that were named, and the rows that are visible among
    /// them.
    pub fn one<E: ToOne>(
        &mut self,
        from: At,
        found: impl FnOnce(Vec<i64>, Vec<E::Child>, &mut C) + Send + 'static,
    ) -> At {
        let arms = self.arms::<E::Child>();
        let told = move |rows: Vec<E::Child>, parents: Option<&Level<C>>, context: &mut C| {
            let named = parents.map(|level| level.rows::<E::Parent>().iter().filter_map(E::child).collect());
            found(named.unwrap_or_default(), rows, context);
        };
        self.push(Some(from.0), Rows::told(told), |sql| statement::one::<E>(sql, from, arms))
    }

    /// Reads everything, and tells it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(mut self, db: &impl ConnectionTrait, context: &mut C) -> Result<(), DbErr> {
        statement::union(&mut self.sql, &self.levels, &self.slots);
        for row in db.query_all_raw(self.sql.into_statement()).await? {
            let level: i32 = row.try_get_by_index(0)?;
            let level = usize::try_from(level).ok().and_then(|level| self.levels.get_mut(level));
            let level = level.ok_or_else(|| DbErr::Type("a row of no level".to_owned()))?;
            level.take(&row)?;
        }
        // From the leaves: a child is told what its parents are.
        while let Some(level) = self.levels.pop() {
            let parents = level.parent.and_then(|parent| self.levels.get(parent));
            level.tell(parents, context);
        }
        Ok(())
    }

    fn arms<R: Row>(&self) -> Vec<Arm> {
        R::Entity::arms(self.scope)
    }

    fn push<R: Row>(&mut self, parent: Option<usize>, rows: Rows<R, C>, write: impl FnOnce(&mut Sql)) -> At {
        let number = self.levels.len();
        self.sql.put(if number == 0 { "WITH " } else { ", " });
        self.sql.level(number);
        self.sql.put(" AS (");
        write(&mut self.sql);
        self.sql.put(")");
        let mut level = Level::new(parent, rows);
        for head in level.header {
            let free = |(slot, kind): (usize, &&'static str)| *kind == head.kind && !level.places.contains(&(slot + 1));
            let slot = self.slots.iter().enumerate().position(free).unwrap_or_else(|| {
                self.slots.push(head.kind);
                self.slots.len() - 1
            });
            // The first column is the number of the level.
            level.places.push(slot + 1);
        }
        self.levels.push(level);
        At(number)
    }
}
