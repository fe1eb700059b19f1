//! The statement of a plan, spelled for each database.

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{EntityName as _, IdenStatic as _, Order};

use super::level::Level;
use super::sql::{Dialect, Sql};
use super::{At, InOrder, Span};
use crate::edge::{ToMany, ToOne};
use crate::row::{Head, Row};
use crate::visible::{Arm, Visible};

/// The row of the level before, inside the statement of a level.
const PARENT: &str = "p";

/// Which children are wanted.
pub(super) struct Which {
    pub meant: Condition,
    pub order: Order,
    pub span: Span,
}

/// The first rows of a table.
pub(super) fn rows<R: Row>(sql: &mut Sql, visible: Visible<R::Entity>, order: &InOrder<R>, limit: Option<u64>) {
    let filter = Expr::from(visible.filter);
    let pick = Pick {
        arms: arranged(visible.arms),
        course: None,
        filter: &|sql| sql.condition(&filter),
        bound: limit.map(|limit| Bound { column: order.by.as_str(), order: &order.order, limit }),
        columns: R::header(),
        table: table::<R>(),
    };
    pick.select(sql);
}

/// Rows that were seen before, by their keys: what a level needs of the one before it.
pub(super) fn seen<R: Row>(sql: &mut Sql, keys: &[i64]) {
    let table = table::<R>();
    sql.put("SELECT ");
    if let Some(course) = R::COURSE.filter(|course| course.as_str() != R::KEY.as_str()) {
        sql.column(table, course.as_str());
        sql.put(", ");
    }
    sql.column(table, R::KEY.as_str());
    sql.put(" FROM ");
    sql.name(table);
    sql.put(" WHERE ");
    sql.column(table, R::KEY.as_str());
    sql.among(keys.iter().copied());
}

/// The first children of each row of a level.
pub(super) fn many<E: ToMany>(sql: &mut Sql, from: At, arms: Vec<Arm>, which: Which) {
    let Which { meant, order, span } = which;
    let (table, header, place) = (table::<E::Child>(), <E::Child as Row>::header(), E::PLACE.as_str());
    let meant = (!meant.is_empty()).then(|| Expr::from(meant));
    let filter = |sql: &mut Sql| {
        sql.column(table, E::PARENT.as_str());
        sql.put(" = ");
        sql.column(PARENT, E::Parent::KEY.as_str());
        if let Some(meant) = &meant {
            sql.put(" AND ");
            sql.condition(meant);
        }
        if let Some(after) = span.after {
            sql.put(" AND ");
            sql.column(table, place);
            sql.put(if matches!(order, Order::Desc) { " < " } else { " > " });
            sql.value(after);
        }
    };
    let course = E::Parent::COURSE.filter(|_| E::SAME_COURSE).map(|course| (PARENT, course.as_str()));
    let bound = span.limit.map(|limit| Bound { column: place, order: &order, limit });
    let pick = Pick { arms: arranged(arms), course, filter: &filter, bound, columns: header, table };
    match sql.dialect {
        Dialect::Lateral => {
            sql.put("SELECT ");
            sql.columns(header, Some("t"));
            from_level(sql, from);
            sql.put(" INNER JOIN LATERAL (");
            pick.select(sql);
            sql.put(") AS \"t\" ON TRUE");
        }
        Dialect::Correlated => {
            let key = E::Child::KEY.as_str();
            let keys = [Head::of(&E::Child::KEY), Head::of(&E::PLACE)];
            sql.put("SELECT ");
            sql.columns(header, Some(table));
            from_level(sql, from);
            sql.put(" INNER JOIN ");
            sql.name(table);
            sql.put(" ON ");
            sql.column(table, key);
            sql.put(" IN (SELECT ");
            sql.name(key);
            sql.put(" FROM (");
            Pick { columns: if key == place { &keys[..1] } else { &keys }, ..pick }.select(sql);
            sql.put(") AS \"k\")");
        }
    }
}

/// The rows that those of a level name.
pub(super) fn one<E: ToOne>(sql: &mut Sql, from: At, arms: Vec<Arm>) {
    let filter = |sql: &mut Sql| {
        sql.column(table::<E::Child>(), E::Child::KEY.as_str());
        // As a list the keys are looked up one by one in the index, each once; as a subquery they might be joined with the whole table.
        let (before, after) = match sql.dialect {
            Dialect::Lateral => (" = ANY(ARRAY(SELECT ", "))"),
            Dialect::Correlated => (" IN (SELECT ", ")"),
        };
        sql.put(before);
        sql.name(E::CHILD.as_str());
        sql.put(" FROM ");
        sql.level(from.0);
        sql.put(after);
    };
    // The keys say which rows are looked at, so one look may answer all arms.
    let arms = if arms.iter().all(|arm| arm.by_row) { Arms::Any(arms) } else { arranged(arms) };
    let (columns, table) = (<E::Child as Row>::header(), table::<E::Child>());
    Pick { arms, course: None, filter: &filter, bound: None, columns, table }.select(sql);
}

fn from_level(sql: &mut Sql, from: At) {
    sql.put(" FROM ");
    sql.level(from.0);
    sql.put(" AS ");
    sql.name(PARENT);
}

fn table<R: Row>() -> &'static str {
    R::Entity::default().table_name()
}

/// The arms of a right: how they are asked.
enum Arms {
    /// Each on its own and for no more rows than are wanted of all together, so that each is answered by its index. Each leaves out what those
    /// before it have.
    Each(Vec<Arm>),
    /// All at once.
    Any(Vec<Arm>),
}

/// Those that know the course first: the others are then not asked at all in a course where they would add nothing.
fn arranged(mut arms: Vec<Arm>) -> Arms {
    arms.sort_by_key(|arm| arm.within.is_none() || arm.also.is_some());
    Arms::Each(arms)
}

/// At most so many, in this order.
struct Bound<'p> {
    column: &'static str,
    order: &'p Order,
    limit: u64,
}

/// Rows of one table.
struct Pick<'p> {
    arms: Arms,
    /// Table and column of the course that all of them are of, if the statement knows it from elsewhere. Then the database asks once
    /// whether the course is one of them, and not of every row.
    course: Option<(&'static str, &'static str)>,
    filter: &'p dyn Fn(&mut Sql),
    bound: Option<Bound<'p>>,
    columns: &'p [Head],
    table: &'static str,
}

impl Pick<'_> {
    fn select(&self, sql: &mut Sql) {
        match &self.arms {
            Arms::Each(arms) if arms.len() > 1 => self.union(sql, arms),
            Arms::Each(arms) | Arms::Any(arms) => {
                self.from(sql, arms);
                self.bound(sql, Some(self.table));
            }
        }
    }

    fn union(&self, sql: &mut Sql, arms: &[Arm]) {
        for (number, arm) in arms.iter().enumerate() {
            sql.put(if number == 0 { "SELECT " } else { " UNION ALL SELECT " });
            sql.columns(self.columns, None);
            sql.put(" FROM (");
            self.from(sql, std::slice::from_ref(arm));
            for before in &arms[..number] {
                // Null is not true: a row without an owner is not left out as somebody's own.
                sql.put(" AND NOT COALESCE(");
                self.arm(sql, before);
                sql.put(", FALSE)");
            }
            self.bound(sql, Some(self.table));
            sql.put(") AS \"arm");
            sql.number(number);
            sql.put("\"");
        }
        self.bound(sql, None);
    }

    /// The rows of any of the arms.
    fn from(&self, sql: &mut Sql, arms: &[Arm]) {
        sql.put("SELECT ");
        sql.columns(self.columns, Some(self.table));
        sql.put(" FROM ");
        sql.name(self.table);
        sql.put(" WHERE ");
        (self.filter)(sql);
        for (number, arm) in arms.iter().enumerate() {
            sql.put(if number == 0 { " AND (" } else { " OR " });
            self.arm(sql, arm);
        }
        sql.put(if arms.is_empty() { " AND 1 = 0" } else { ")" });
    }

    fn arm(&self, sql: &mut Sql, arm: &Arm) {
        if let Some((own, courses)) = &arm.within {
            match self.course {
                Some((table, column)) => sql.column(table, column),
                None => sql.expr(own),
            }
            sql.among(courses.iter().copied());
        }
        if let Some(also) = &arm.also {
            sql.put(if arm.within.is_some() { " AND " } else { "" });
            sql.condition(also);
        }
        if arm.within.is_none() && arm.also.is_none() {
            sql.put("TRUE");
        }
    }

    fn bound(&self, sql: &mut Sql, table: Option<&str>) {
        let Some(Bound { column, order, limit }) = &self.bound else { return };
        sql.put(" ORDER BY ");
        match table {
            Some(table) => sql.column(table, column),
            None => sql.name(column),
        }
        sql.put(if matches!(order, Order::Desc) { " DESC LIMIT " } else { " ASC LIMIT " });
        sql.value(*limit);
    }
}

/// What all levels have read, one below the other.
pub(super) fn union<C: 'static>(sql: &mut Sql, levels: &[Level<C>], slots: &[&'static str]) {
    let read = levels.iter().enumerate().filter(|(_, level)| level.is_read());
    for (place, (number, level)) in read.enumerate() {
        sql.put(if place == 0 { " SELECT " } else { " UNION ALL SELECT " });
        sql.number(number);
        part(sql, number, level, slots);
    }
}

/// The rows of one level, with nothing where only others have columns.
fn part<C: 'static>(sql: &mut Sql, number: usize, level: &Level<C>, slots: &[&'static str]) {
    for (slot, kind) in slots.iter().enumerate() {
        sql.put(", ");
        let column = level.places.iter().position(|place| *place == slot + 1).and_then(|at| level.header.get(at));
        match column {
            Some(head) => sql.name(head.name),
            None => sql.put("NULL"),
        }
        // PostgreSQL wants the parts of a union to agree.
        if column.is_none() && sql.dialect == Dialect::Lateral {
            sql.put("::");
            sql.put(kind);
        }
    }
    sql.put(" FROM ");
    sql.level(number);
}
