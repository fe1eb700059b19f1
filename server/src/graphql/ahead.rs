//! Looking ahead: what a query will ask of the rows that are about to be read, so that all of it comes by one statement.
//!
//! Every row type says to which others its fields lead ([`Leads`]). Whoever reads rows for a field follows these through the selection
//! below it; what is found is kept for the resolvers that will ask for it. A resolver does not know whether what it asks for was
//! read ahead, and gets the same rows either way: what is visible is decided in the same place.
//!
//! Not everything is followed: lists with filters of their own, and what is computed, are loaded when they are asked for.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Name, SelectionField, Value};
use entity::edge::{ToMany, ToOne};
use entity::plan::{At, Children, Plan};
use entity::row::Row;

use super::page::Page;

/// A row type whose fields lead to other rows.
pub trait Leads: Row {
    /// Which fields, and where to.
    const LEADS: &'static [Lead];
}

/// A field, and the edge that it stands for.
#[derive(Clone, Copy)]
pub struct Lead {
    field: &'static str,
    follow: fn(&SelectionField<'_>) -> Option<Step>,
}

impl fmt::Debug for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lead").field("field", &self.field).finish_non_exhaustive()
    }
}

impl Lead {
    /// A connection.
    #[must_use]
    pub const fn pages<E: ToMany>(field: &'static str) -> Self
    where
        E::Child: Leads,
    {
        Self { field, follow: |selection| Step::many::<E>(page(selection)?, selection) }
    }

    /// A list of all there are.
    #[must_use]
    pub const fn all<E: ToMany>(field: &'static str) -> Self
    where
        E::Child: Leads,
    {
        Self { field, follow: |selection| Step::many::<E>(Page::ALL, selection) }
    }

    /// One row, or none, that belongs to this one.
    #[must_use]
    pub const fn only<E: ToMany>(field: &'static str) -> Self
    where
        E::Child: Leads,
    {
        Self { field, follow: |selection| Step::many::<E>(Page::ONLY, selection) }
    }

    /// Another row.
    #[must_use]
    pub const fn one<E: ToOne>(field: &'static str) -> Self
    where
        E::Child: Leads,
    {
        Self { field, follow: |selection| Some(Step::one::<E>(selection)) }
    }
}

/// The page that a field asks for; none if it asks for something else than a page, or wrongly.
fn page(selection: &SelectionField<'_>) -> Option<Page> {
    let arguments = selection.arguments().ok()?;
    if arguments.iter().any(|(name, value)| !matches!(name.as_str(), "first" | "after") && *value != Value::Null) {
        return None;
    }
    let argument = |wanted: &str| arguments.iter().find(|(name, _): &&(Name, Value)| name == wanted);
    let first = match argument("first") {
        None | Some((_, Value::Null)) => None,
        Some((_, Value::Number(number))) => Some(i32::try_from(number.as_i64()?).ok()?),
        Some(_) => return None,
    };
    let after = match argument("after") {
        None | Some((_, Value::Null)) => None,
        Some((_, Value::String(text))) => Some(text.as_str()),
        Some(_) => return None,
    };
    Page::read(first, after, peeks(selection)).ok()
}

/// Whether somebody wants to know if there is more behind the page.
#[must_use]
pub fn peeks(connection: &SelectionField<'_>) -> bool {
    connection.selection_set().any(|field| field.name() == "pageInfo")
}

/// What a query asks of rows of one type.
#[derive(Debug, Default)]
pub struct Trail(Vec<Step>);

/// Adds an edge to a plan.
type Add = dyn Fn(&mut Plan<'_, Found>, At) -> At + Send + Sync;

/// One edge, and what is asked beyond it.
pub struct Step {
    add: Box<Add>,
    beyond: Trail,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Step").field(&self.beyond).finish()
    }
}

impl Step {
    fn many<E: ToMany>(page: Page, selection: &SelectionField<'_>) -> Option<Self>
    where
        E::Child: Leads,
    {
        let add = move |plan: &mut Plan<'_, Found>, from: At| {
            let choice = E::Choice::default();
            let span = page.span();
            plan.many::<E>(from, &choice.clone(), span, move |children, found: &mut Found| {
                found.keep_many::<E>(page, &choice, children);
            })
        };
        Some(Self { add: Box::new(add), beyond: Trail::of::<E::Child>(selection) })
    }

    fn one<E: ToOne>(selection: &SelectionField<'_>) -> Self
    where
        E::Child: Leads,
    {
        let add = |plan: &mut Plan<'_, Found>, from: At| {
            plan.one::<E>(from, |named, rows, found: &mut Found| found.keep_one::<E::Child>(named, rows))
        };
        Self { add: Box::new(add), beyond: Trail::of::<E::Child>(selection) }
    }
}

impl Trail {
    /// What the selection of a field that shows rows of this type, in a connection or without, asks of them.
    #[must_use]
    pub fn of<R: Leads>(selection: &SelectionField<'_>) -> Self {
        let mut trail = Self::default();
        trail.follow::<R>(selection);
        trail
    }

    fn follow<R: Leads>(&mut self, selection: &SelectionField<'_>) {
        for field in selection.selection_set() {
            match field.name() {
                "nodes" | "edges" | "node" => self.follow::<R>(&field),
                name => {
                    let lead = R::LEADS.iter().find(|lead| lead.field == name);
                    self.0.extend(lead.and_then(|lead| (lead.follow)(&field)));
                }
            }
        }
    }

    /// Adds it all to a plan.
    pub fn add(&self, plan: &mut Plan<'_, Found>, from: At) {
        for step in &self.0 {
            if plan.is_full() {
                return;
            }
            let at = (step.add)(plan, from);
            step.beyond.add(plan, at);
        }
    }
}

/// What was read, ahead or not, and is waiting to be asked for. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Found(Arc<Mutex<HashMap<TypeId, Box<dyn Any + Send>>>>);

type Pages<E> = HashMap<(i64, Page, <E as ToMany>::Choice), Vec<<E as ToMany>::Child>>;
type Keyed<R> = HashMap<i64, Option<R>>;

impl Found {
    /// Forgets everything.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The children of a row, if they were read.
    #[must_use]
    pub fn many<E: ToMany>(&self, parent: i64, page: Page, choice: &E::Choice) -> Option<Vec<E::Child>> {
        self.with::<E, Pages<E>, _>(|pages| pages.get(&(parent, page, choice.clone())).cloned())
    }

    /// A row, if it was looked for: then the row, or nothing.
    #[must_use]
    pub fn one<R: Row>(&self, key: i64) -> Option<Option<R>> {
        self.with::<R, Keyed<R>, _>(|rows| rows.get(&key).cloned())
    }

    /// Keeps the children of some rows.
    pub fn keep_many<E: ToMany>(&self, page: Page, choice: &E::Choice, children: Children<E::Child>) {
        let children = children.into_iter().map(|(parent, rows)| ((parent, page, choice.clone()), rows));
        self.with::<E, Pages<E>, _>(|pages| pages.extend(children));
    }

    /// Keeps rows that were looked for by these keys.
    pub fn keep_one<R: Row>(&self, named: Vec<i64>, rows: Vec<R>) {
        self.with::<R, Keyed<R>, _>(|kept| {
            kept.extend(named.into_iter().map(|key| (key, None)));
            kept.extend(rows.into_iter().map(|row| (row.key(), Some(row))));
        });
    }

    /// Works on what is kept under a type, which is always kept as the same.
    fn with<T: 'static, M: Any + Default + Send, O>(&self, work: impl FnOnce(&mut M) -> O) -> O {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.entry(TypeId::of::<T>()).or_insert_with(|| Box::<M>::default());
        match kept.downcast_mut::<M>() {
            Some(kept) => work(kept),
            None => work(&mut M::default()),
        }
    }
}
