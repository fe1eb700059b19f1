//! The statement of a plan, spelled for each database.

use std::fmt::{self, Write as _};

use sea_orm::sea_query::{
    Alias, ColumnType, Condition, Expr, ExprTrait, IntoColumnRef, JoinType, PostgresQueryBuilder, Query,
    SelectStatement, SqlWriterValues, SqliteQueryBuilder, UnionType,
};
use sea_orm::{ColumnTrait, DbBackend, IdenStatic, Order, Statement};

use super::{Plan, Span};
use crate::edge::{ToMany, ToOne};
use crate::row::{ColumnOf, Row};
use crate::visible::{Arm, distinct, padded};

/// The row of the level before, inside the statement of a level.
const PARENT: &str = "p";

/// Which children are wanted.
pub(super) struct Which {
    pub meant: Condition,
    pub order: Order,
    pub span: Span,
}

/// Where the two databases differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Lateral,
    Correlated,
}

impl Dialect {
    pub fn of(backend: DbBackend) -> Self {
        if backend == DbBackend::Postgres { Self::Lateral } else { Self::Correlated }
    }

    /// The first children of each row of a level.
    pub fn many<E: ToMany>(self, from: &str, arms: Vec<Arm>, which: Which) -> SelectStatement {
        let Which { meant, order, span } = which;
        let key = Expr::col((Alias::new(PARENT), Alias::new(E::Parent::KEY.as_str())));
        let mut filter = meant.add(E::PARENT.into_expr().eq(key));
        if let Some(place) = span.after {
            filter = filter.add(if matches!(order, Order::Desc) { E::PLACE.lt(place) } else { E::PLACE.gt(place) });
        }
        let course = E::Parent::COURSE.filter(|_| E::SAME_COURSE);
        let course = course.map(|course| Expr::col((Alias::new(PARENT), Alias::new(course.as_str()))));
        let pick = Pick::<E::Child> { arms, course, filter, order: Some((E::PLACE, order)), limit: span.limit };
        let mut select = Query::select();
        select.from_as(Alias::new(from.to_owned()), Alias::new(PARENT));
        match self {
            Self::Lateral => {
                select.columns(E::Child::COLUMNS.iter().map(|column| (Alias::new("t"), Alias::new(column.as_str()))));
                let rows = pick.select(E::Child::COLUMNS);
                select.join_lateral(JoinType::InnerJoin, rows, Alias::new("t"), Expr::cust("TRUE"));
            }
            Self::Correlated => {
                let table = <E::Child as Row>::Entity::default();
                select.columns(E::Child::COLUMNS.iter().map(|column| column.as_column_ref()));
                let keys = Query::select()
                    .column(Alias::new(E::Child::KEY.as_str()))
                    .from_subquery(pick.select(&[E::Child::KEY, E::PLACE]), Alias::new("k"))
                    .to_owned();
                select.join(JoinType::InnerJoin, table, E::Child::KEY.in_subquery(keys));
            }
        }
        select
    }

    /// The rows that those of a level name.
    pub fn one<E: ToOne>(self, from: &str, arms: Vec<Arm>) -> SelectStatement {
        let named = Query::select().column(Alias::new(E::CHILD.as_str())).from(Alias::new(from.to_owned())).to_owned();
        let key = E::Child::KEY;
        let filter = match self {
            // As a list the keys are looked up one by one in the index, each once; as a subquery they might be joined with the whole table.
            Self::Lateral => Expr::cust_with_exprs(
                "$1 = ANY(ARRAY $2)",
                [key.into_expr(), Expr::SubQuery(None, Box::new(named.into()))],
            ),
            Self::Correlated => key.in_subquery(named),
        };
        let pick =
            Pick::<E::Child> { arms, course: None, filter: Condition::all().add(filter), order: None, limit: None };
        pick.select(E::Child::COLUMNS)
    }
}

/// Rows that were seen before, by their keys: what a level needs of the one before it.
pub(super) fn seen<R: Row>(keys: &[i64]) -> SelectStatement {
    let columns = R::COURSE.into_iter().chain([R::KEY]).map(|column| column.into_column_ref());
    let mut columns: Vec<_> = columns.collect();
    if R::COURSE.is_some_and(|course| course.as_str() == R::KEY.as_str()) {
        columns.truncate(1);
    }
    Query::select()
        .columns(columns)
        .from(R::Entity::default())
        .and_where(R::KEY.is_in(padded(keys.iter().copied())))
        .to_owned()
}

/// Rows of one table.
pub(super) struct Pick<R: Row> {
    pub arms: Vec<Arm>,
    /// The course that all of them are of, if the statement knows it from elsewhere.
    pub course: Option<Expr>,
    pub filter: Condition,
    pub order: Option<(ColumnOf<R>, Order)>,
    pub limit: Option<u64>,
}

impl<R: Row> Pick<R> {
    /// The statement. Each arm is asked on its own, and for no more rows than are wanted of all together, so that each is answered by
    /// its index.
    pub fn select(self, columns: &[ColumnOf<R>]) -> SelectStatement {
        let conditions: Vec<Condition> = self.arms.iter().map(|arm| arm.by(self.course.as_ref())).collect();
        let mut arms = distinct(conditions.into_iter()).map(|arm| {
            let mut select = Query::select();
            select.columns(columns.iter().map(|column| column.as_column_ref())).from(R::Entity::default());
            select.cond_where(self.filter.clone()).cond_where(arm);
            select
        });
        let (first, second) = (arms.next(), arms.next());
        let Some(mut first) = first else {
            let mut none = Query::select();
            none.columns(columns.iter().map(|column| column.as_column_ref())).from(R::Entity::default());
            return none.and_where(Expr::cust("1 = 0")).to_owned();
        };
        let Some(second) = second else {
            self.bound(&mut first, |column| column.into_expr());
            return first;
        };
        let all = [first, second].into_iter().chain(arms).enumerate().map(|(number, mut arm)| {
            self.bound(&mut arm, |column| column.into_expr());
            let names = columns.iter().map(|column| Alias::new(column.as_str()));
            let mut select = Query::select();
            select.columns(names).from_subquery(arm, Alias::new(format!("arm{number}")));
            select
        });
        let union = all.reduce(|mut all, arm| {
            all.union(UnionType::All, arm);
            all
        });
        let mut union = union.unwrap_or_default();
        self.bound(&mut union, |column| Expr::col(Alias::new(column.as_str())));
        union
    }

    fn bound(&self, select: &mut SelectStatement, name: impl Fn(ColumnOf<R>) -> Expr) {
        if let Some(limit) = self.limit {
            if let Some((column, order)) = &self.order {
                select.order_by_expr(name(*column), order.clone());
            }
            select.limit(limit);
        }
    }
}

impl<C: 'static> Plan<'_, C> {
    /// All levels, one below the other. Only the levels have values; what is around them is text.
    pub(super) fn statement(&self) -> Statement {
        let (placeholder, numbered) = if self.dialect == Dialect::Lateral { ("$", true) } else { ("?", false) };
        let mut sql = SqlWriterValues::new(placeholder, numbered);
        for (number, level) in self.levels.iter().enumerate() {
            self.write(&mut sql, format_args!("{}\"l{number}\" AS (", if number == 0 { "WITH " } else { ", " }));
            match self.dialect {
                Dialect::Lateral => level.select.build_collect_into(PostgresQueryBuilder, &mut sql),
                Dialect::Correlated => level.select.build_collect_into(SqliteQueryBuilder, &mut sql),
            }
            self.write(&mut sql, format_args!(")"));
        }
        let read = self.levels.iter().enumerate().filter(|(_, level)| level.width() > 0);
        for (place, (number, _)) in read.enumerate() {
            self.write(&mut sql, format_args!("{} SELECT {number}", if place == 0 { "" } else { " UNION ALL" }));
            self.part(&mut sql, number);
        }
        let (text, values) = sql.into_parts();
        Statement { sql: text, values: Some(values), db_backend: self.dialect.backend() }
    }

    /// The rows of one level, with nothing where others have their columns.
    fn part(&self, sql: &mut SqlWriterValues, number: usize) {
        for (other, level) in self.levels.iter().enumerate() {
            for (name, kind) in &level.columns {
                if other == number {
                    self.write(sql, format_args!(", \"l{number}\".\"{name}\""));
                } else {
                    self.write(sql, format_args!(", {}", self.dialect.nothing(kind)));
                }
            }
        }
        self.write(sql, format_args!(" FROM \"l{number}\""));
    }

    /// Writes text, which cannot fail.
    fn write(&self, sql: &mut SqlWriterValues, text: fmt::Arguments<'_>) {
        let _ = sql.write_fmt(text);
    }
}

impl Dialect {
    fn backend(self) -> DbBackend {
        if self == Self::Lateral { DbBackend::Postgres } else { DbBackend::Sqlite }
    }

    /// No value, of a type: PostgreSQL wants the parts of a union to agree.
    fn nothing(self, kind: &ColumnType) -> &'static str {
        if self == Self::Correlated {
            return "NULL";
        }
        match kind {
            ColumnType::BigInteger => "NULL::bigint",
            ColumnType::Integer => "NULL::integer",
            ColumnType::SmallInteger => "NULL::smallint",
            ColumnType::Boolean => "NULL::boolean",
            ColumnType::Json | ColumnType::JsonBinary => "NULL::jsonb",
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => "NULL::bytea",
            _ => "NULL::text",
        }
    }
}
