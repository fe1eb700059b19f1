//! A level of a plan: rows of one type while they are being read.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;

use sea_orm::{DbErr, Order, QueryResult};

use crate::edge::ToMany;
use crate::row::{Cells, Head, Row};

/// The rows of each parent, in their order.
pub type Children<R> = HashMap<i64, Vec<R>>;

/// A level: its columns, and the rows so far.
pub(super) struct Level<C> {
    /// Its columns; none if it is not read.
    pub header: &'static [Head],
    /// Where they are in a row of the answer.
    pub places: Vec<usize>,
    pub parent: Option<usize>,
    rows: Box<dyn AnyRows<C>>,
}

impl<C> fmt::Debug for Level<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Level").field("parent", &self.parent).field("places", &self.places).finish_non_exhaustive()
    }
}

impl<C: 'static> Level<C> {
    pub fn new<R: Row>(parent: Option<usize>, rows: Rows<R, C>) -> Self {
        let header = if rows.told.is_some() { R::header() } else { &[] };
        Self { header, places: Vec::new(), parent, rows: Box::new(rows) }
    }

    pub fn is_read(&self) -> bool {
        !self.header.is_empty()
    }

    pub fn take(&mut self, row: &QueryResult) -> Result<(), DbErr> {
        self.rows.take(&mut Cells::new(row, &self.places))
    }

    pub fn keys(&self) -> Vec<i64> {
        self.rows.keys()
    }

    /// The rows of a level of this type; none of one that is of another.
    pub fn rows<R: Row>(&self) -> &[R] {
        self.rows.any().downcast_ref::<Vec<R>>().map_or(&[], Vec::as_slice)
    }

    pub fn tell(self, parents: Option<&Self>, context: &mut C) {
        self.rows.tell(parents, context);
    }
}

/// Rows of a type that only their level knows.
trait AnyRows<C>: Send {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<(), DbErr>;
    fn keys(&self) -> Vec<i64>;
    fn any(&self) -> &dyn Any;
    fn tell(self: Box<Self>, parents: Option<&Level<C>>, context: &mut C);
}

type Told<R, C> = Box<dyn FnOnce(Vec<R>, Option<&Level<C>>, &mut C) + Send>;

/// The rows of a level, and who is told of them.
pub(super) struct Rows<R, C> {
    rows: Vec<R>,
    /// Keys of rows that were seen before.
    seen: Vec<i64>,
    told: Option<Told<R, C>>,
}

impl<R: Row, C: 'static> Rows<R, C> {
    pub fn told(told: impl FnOnce(Vec<R>, Option<&Level<C>>, &mut C) + Send + 'static) -> Self {
        Self { rows: Vec::new(), seen: Vec::new(), told: Some(Box::new(told)) }
    }

    pub fn seen(keys: Vec<i64>) -> Self {
        Self { rows: Vec::new(), seen: keys, told: None }
    }
}

impl<R: Row, C: 'static> AnyRows<C> for Rows<R, C> {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<(), DbErr> {
        self.rows.push(R::read(cells)?);
        Ok(())
    }

    fn keys(&self) -> Vec<i64> {
        self.seen.iter().copied().chain(self.rows.iter().map(Row::key)).collect()
    }

    fn any(&self) -> &dyn Any {
        &self.rows
    }

    fn tell(self: Box<Self>, parents: Option<&Level<C>>, context: &mut C) {
        if let Some(told) = self.told {
            told(self.rows, parents, context);
        }
    }
}

/// The children of each parent, in their order.
pub(super) fn children<E: ToMany>(mut rows: Vec<E::Child>, order: &Order, parents: Vec<i64>) -> Children<E::Child> {
    sort(&mut rows, order, E::place);
    let mut children: Children<E::Child> = parents.into_iter().map(|parent| (parent, Vec::new())).collect();
    for row in rows {
        children.entry(E::parent(&row)).or_default().push(row);
    }
    children
}

/// Puts rows into their order: parts of a statement come as they please.
pub(super) fn sort<R>(rows: &mut [R], order: &Order, place: fn(&R) -> i64) {
    match order {
        Order::Desc => rows.sort_unstable_by_key(|row| std::cmp::Reverse(place(row))),
        _ => rows.sort_unstable_by_key(place),
    }
}
