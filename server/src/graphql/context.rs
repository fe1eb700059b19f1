//! What a resolver knows about its request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use actors::deps::Deps;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Result};
use entity::clock::Timestamp;
use entity::viewer::ViewerScope;
use entity::visible::Viewable;
use sea_orm::DbErr;

use super::error;
use super::page::Page;
use super::rounds::Waiting;

/// One request, or one operation of a socket: who asks, and what was loaded for it so far.
pub struct Request {
    pub deps: Deps,
    pub viewer: Arc<ViewerScope>,
    /// The sign-in by which the viewer is known.
    pub session: Option<i64>,
    /// When the head of the request had been read.
    pub received_at: Timestamp,
    loader: DataLoader<Loaders>,
    pub(super) waiting: Waiting,
}

/// What all loaders share: the database, and whose eyes they look with.
#[derive(Clone)]
pub struct Loaders {
    pub deps: Deps,
    pub viewer: Arc<ViewerScope>,
}

impl Request {
    #[must_use]
    pub fn new(deps: Deps, viewer: Arc<ViewerScope>, session: Option<i64>, received_at: Timestamp) -> Self {
        let loaders = Loaders { deps: deps.clone(), viewer: Arc::clone(&viewer) };
        let waiting = Waiting::default();
        let next_round = waiting.clone();
        // Without a delay: rounds make the batches.
        let loader = DataLoader::new(loaders, move |batch| next_round.push(batch)).delay(Duration::ZERO);
        Self { deps, viewer, session, received_at, loader, waiting }
    }
}

/// The request that a resolver works for.
///
/// # Errors
/// Never in a request that came through a door.
pub fn request<'c>(ctx: &Context<'c>) -> Result<&'c Request> {
    ctx.data::<Request>().map_err(|_| error::internal("a request without its context"))
}

/// The same, when somebody has to be signed in.
///
/// # Errors
/// `UNAUTHENTICATED` when nobody is.
pub fn signed_in<'c>(ctx: &Context<'c>) -> Result<&'c Request> {
    let request = request(ctx)?;
    if request.viewer.is_known() {
        Ok(request)
    } else {
        Err(error::unauthenticated("Sign in first: this needs a token."))
    }
}

impl Loaders {
    /// A page of rows for each parent: one statement for each different page, which is one in all but odd queries.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pages<E: Viewable, K: Eq + Hash>(
        &self,
        wanted: impl Iterator<Item = (i64, Page)>,
        key: impl Fn(i64, Page) -> K,
        parent: E::Column,
        order: E::Column,
        parent_of: impl Fn(&E::Model) -> i64,
    ) -> std::result::Result<HashMap<K, Vec<E::Model>>, Arc<DbErr>> {
        let mut parents: HashMap<Page, Vec<i64>> = HashMap::new();
        wanted.for_each(|(parent, page)| parents.entry(page).or_default().push(parent));
        let mut found: HashMap<K, Vec<E::Model>> = HashMap::new();
        for (page, parents) in parents {
            let visible = E::visible(&self.viewer);
            let rows =
                visible.per_parent(self.deps.db.read(), parent, parents.clone(), order, page.after, page.limit()).await;
            parents.into_iter().for_each(|parent| drop(found.insert(key(parent, page), Vec::new())));
            for row in rows.map_err(Arc::new)? {
                found.entry(key(parent_of(&row), page)).or_default().push(row);
            }
        }
        Ok(found)
    }
}

impl Request {
    /// Loads one thing together with all that are loaded at the same time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load<K>(&self, key: K) -> Result<Option<<Loaders as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loaders: Loader<K, Error = Arc<DbErr>>,
    {
        self.loader.load_one(key).await.map_err(error::loaded)
    }
}
