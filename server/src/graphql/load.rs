//! Loading rows: pages of rows that belong to others, rows by their key, and rows to begin with. What a query will ask of them
//! is [looked ahead](super::ahead) for and read with them.

use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::dataloader::Loader;
use async_graphql::{Context, Pos, Result};
use entity::edge::ToMany;
use entity::plan::{InOrder, Plan};
use entity::visible::{Viewable, Visible, padded};
use sea_orm::{ColumnTrait, DbErr};

use super::ahead::{Found, Leads, Trail};
use super::context::{Loaders, Request};
use super::error;
use super::page::Page;

/// What was looked ahead for in a request, and what was found.
#[derive(Debug, Default)]
pub struct Ahead {
    pub(super) found: Found,
    /// The trails of fields, by where they stand: a field of a list is asked for by many.
    trails: Mutex<HashMap<(Pos, TypeId), Arc<Trail>>>,
}

impl Ahead {
    fn trail<R: Leads>(&self, ctx: &Context<'_>) -> Arc<Trail> {
        let mut trails = self.trails.lock().unwrap_or_else(PoisonError::into_inner);
        let trail = trails.entry((ctx.item.pos, TypeId::of::<R>()));
        Arc::clone(trail.or_insert_with(|| Arc::new(Trail::of::<R>(&ctx.field()))))
    }
}

/// A page of the rows that belong to one.
#[derive(Clone, Debug)]
pub struct Many<E: ToMany> {
    parent: i64,
    page: Page,
    choice: E::Choice,
    trail: Arc<Trail>,
}

impl<E: ToMany> PartialEq for Many<E> {
    fn eq(&self, other: &Self) -> bool {
        (self.parent, self.page, &self.choice) == (other.parent, other.page, &other.choice)
    }
}

impl<E: ToMany> Eq for Many<E> {}

impl<E: ToMany> Hash for Many<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.parent, self.page, &self.choice).hash(state);
    }
}

/// A row, by its key.
#[derive(Debug)]
pub struct One<R> {
    key: i64,
    trail: Arc<Trail>,
    row: PhantomData<R>,
}

impl<R> Clone for One<R> {
    fn clone(&self) -> Self {
        Self { trail: Arc::clone(&self.trail), ..*self }
    }
}

impl<R> PartialEq for One<R> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<R> Eq for One<R> {}

impl<R> Hash for One<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl Request {
    /// A page of the rows that belong to one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn many<E>(&self, ctx: &Context<'_>, parent: i64, page: Page) -> Result<Vec<E::Child>>
    where
        E: ToMany,
        E::Child: Leads,
    {
        self.chosen::<E>(ctx, parent, page, E::Choice::default()).await
    }

    /// A page of those that somebody chose among the rows that belong to one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn chosen<E>(
        &self,
        ctx: &Context<'_>,
        parent: i64,
        page: Page,
        choice: E::Choice,
    ) -> Result<Vec<E::Child>>
    where
        E: ToMany,
        E::Child: Leads,
    {
        if let Some(rows) = self.ahead.found.many::<E>(parent, page, &choice) {
            return Ok(rows);
        }
        let trail = self.ahead.trail::<E::Child>(ctx);
        Ok(self.load(Many::<E> { parent, page, choice, trail }).await?.unwrap_or_default())
    }

    /// The row with that key, if the viewer may see it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn one<R: Leads>(&self, ctx: &Context<'_>, key: i64) -> Result<Option<R>> {
        if let Some(row) = self.ahead.found.one::<R>(key) {
            return Ok(row);
        }
        self.load(One { key, trail: self.ahead.trail::<R>(ctx), row: PhantomData::<R> }).await
    }

    /// Rows to begin with.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows<R: Leads>(
        &self,
        ctx: &Context<'_>,
        visible: Visible<R::Entity>,
        order: InOrder<R>,
        page: Page,
    ) -> Result<Vec<R>> {
        Box::pin(self.read(ctx, visible, order, page)).await
    }

    async fn read<R: Leads>(
        &self,
        ctx: &Context<'_>,
        visible: Visible<R::Entity>,
        order: InOrder<R>,
        page: Page,
    ) -> Result<Vec<R>> {
        let visible = match page.after {
            Some(place) => visible.filter(order.behind(place)),
            None => visible,
        };
        let db = self.deps.db.read();
        let rows = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&rows);
        let mut plan = Plan::new(&self.viewer, db);
        let at = plan.rows(visible, order, page.span().limit, move |rows, _| {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = rows;
        });
        self.ahead.trail::<R>(ctx).add(&mut plan, at);
        plan.read(db, &mut self.ahead.found.clone()).await.map_err(error::database)?;
        Ok(std::mem::take(&mut *rows.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The one row that is visible of these.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn row<R: Leads>(&self, ctx: &Context<'_>, visible: Visible<R::Entity>) -> Result<Option<R>> {
        Ok(self.rows(ctx, visible, InOrder::by_key(), Page::ONLY).await?.pop())
    }
}

impl<E> Loader<Many<E>> for Loaders
where
    E: ToMany,
    E::Child: Leads,
{
    type Value = Vec<E::Child>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[Many<E>]) -> std::result::Result<HashMap<Many<E>, Vec<E::Child>>, Arc<DbErr>> {
        let db = self.deps.db.read();
        let mut lists: HashMap<(Page, &E::Choice), Vec<&Many<E>>> = HashMap::new();
        keys.iter().for_each(|key| lists.entry((key.page, &key.choice)).or_default().push(key));
        // One statement for each different list, which is one in all but odd queries.
        for ((page, choice), keys) in lists {
            let mut plan = Plan::new(&self.viewer, db);
            let parents = plan.seen::<E::Parent>(keys.iter().map(|key| key.parent).collect());
            let kept = choice.clone();
            let at = plan.many::<E>(parents, choice, page.span(), move |children, found: &mut Found| {
                found.keep_many::<E>(page, &kept, children);
            });
            if let Some(key) = keys.first() {
                key.trail.add(&mut plan, at);
            }
            plan.read(db, &mut self.found.clone()).await.map_err(Arc::new)?;
        }
        let found = |key: &Many<E>| Some((key.clone(), self.found.many::<E>(key.parent, key.page, &key.choice)?));
        Ok(keys.iter().filter_map(found).collect())
    }
}

impl<R: Leads> Loader<One<R>> for Loaders {
    type Value = R;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[One<R>]) -> std::result::Result<HashMap<One<R>, R>, Arc<DbErr>> {
        let db = self.deps.db.read();
        let named: Vec<i64> = keys.iter().map(|key| key.key).collect();
        let mut plan = Plan::new(&self.viewer, db);
        let visible = R::Entity::visible(&self.viewer).filter(R::KEY.is_in(padded(named.iter().copied())));
        let at = plan
            .rows(visible, InOrder::<R>::by_key(), None, move |rows, found: &mut Found| found.keep_one(named, rows));
        if let Some(key) = keys.first() {
            key.trail.add(&mut plan, at);
        }
        plan.read(db, &mut self.found.clone()).await.map_err(Arc::new)?;
        Ok(keys.iter().filter_map(|key| Some((key.clone(), self.found.one::<R>(key.key)??))).collect())
    }
}
