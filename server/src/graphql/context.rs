//! What a resolver knows about its request.

use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actors::deps::Deps;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::parser::types::OperationType;
use async_graphql::{Context, Result};
use entity::clock::Timestamp;
use entity::identity::scope::Scope;
use entity::viewer::ViewerScope;
use poem::http::header::USER_AGENT;
use poem::http::{HeaderMap, HeaderValue};
use sea_orm::DbErr;

use super::ahead::Found;
use super::error;
use super::load::Ahead;
use super::rounds::Waiting;

/// One request, or one operation of a socket: who asks, and what was loaded for it so far.
pub struct Request {
    pub deps: Arc<Deps>,
    pub viewer: Arc<ViewerScope>,
    /// From where the request comes.
    pub caller: Caller,
    /// When the request came: when its head had been read, and later by the pauses of its body.
    pub received_at: Timestamp,
    /// Where a new secret for the browser's cookie is put, if the answer can carry one.
    pub cookie: Option<FreshCookie>,
    /// Bytes of files that this answer holds so far.
    texts: AtomicUsize,
    pub(super) loader: DataLoader<Loaders>,
    pub(super) ahead: Ahead,
    pub(super) waiting: Waiting,
}

/// The secret of a cookie that a browser is to get with the answer.
pub type FreshCookie = Arc<OnceLock<String>>;

/// From where a request comes, and with which program.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The network address, as a digest.
    pub address: u64,
    agent: Option<HeaderValue>,
}

impl Caller {
    /// From that address, by a request with these headers.
    #[must_use]
    pub fn new(address: u64, headers: &HeaderMap) -> Self {
        Self { address, agent: headers.get(USER_AGENT).cloned() }
    }

    /// The program, as it calls itself; nothing when it does not.
    #[must_use]
    pub fn program(&self) -> String {
        self.agent.as_ref().and_then(|agent| agent.to_str().ok()).unwrap_or_default().to_owned()
    }
}

/// What all loaders share: the database, and whose eyes they look with.
#[derive(Clone)]
pub struct Loaders {
    pub deps: Arc<Deps>,
    pub viewer: Arc<ViewerScope>,
    pub(super) found: Found,
}

impl Request {
    #[must_use]
    pub fn new(deps: Arc<Deps>, viewer: Arc<ViewerScope>, caller: Caller, received_at: Timestamp) -> Self {
        let ahead = Ahead::default();
        let loaders = Loaders { deps: Arc::clone(&deps), viewer: Arc::clone(&viewer), found: ahead.found.clone() };
        let waiting = Waiting::default();
        let next_round = waiting.clone();
        // Without a delay: rounds make the batches.
        let loader = DataLoader::new(loaders, move |batch| next_round.push(batch)).delay(Duration::ZERO);
        Self { deps, viewer, caller, received_at, cookie: None, texts: AtomicUsize::new(0), loader, ahead, waiting }
    }
}

/// The request that a resolver works for.
///
/// # Errors
/// Never in a request that came through a door.
pub fn request<'c>(ctx: &Context<'c>) -> Result<&'c Request> {
    let request = ctx.data::<Request>().map_err(|_| error::internal("a request without its context"))?;
    if changes_something(ctx) {
        request.ahead.found.forget();
    }
    Ok(request)
}

/// Whether this is one of the changes of a mutation, which come one after the other: what was read for one is old for the next.
fn changes_something(ctx: &Context<'_>) -> bool {
    let outermost = ctx.path_node.as_ref().is_some_and(|node| node.parent.is_none());
    outermost && ctx.query_env.operation.node.ty == OperationType::Mutation
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

/// The same, for something that needs a scope where the viewer has come by a token.
///
/// # Errors
/// `UNAUTHENTICATED` when nobody is signed in, `SCOPE_MISSING` when the token is not for that.
pub fn acting<'c>(ctx: &Context<'c>, scope: Scope) -> Result<&'c Request> {
    acting_by(ctx, &[scope])
}

/// The same, for something that a scope of several is enough for: what is done decides which.
///
/// # Errors
/// As [`acting`].
pub fn acting_by<'c>(ctx: &Context<'c>, scopes: &[Scope]) -> Result<&'c Request> {
    let request = signed_in(ctx)?;
    let allowed = scopes.iter().any(|scope| request.viewer.allows(*scope));
    if allowed { Ok(request) } else { Err(error::scope_missing(scopes)) }
}

/// The most bytes of files that an answer holds.
const TEXTS: usize = 64 << 20;

impl Request {
    /// Has the answer hold so many more bytes of files.
    ///
    /// # Errors
    /// `TOO_COMPLEX` when they are too many by now.
    pub fn hold_text(&self, bytes: usize) -> Result<()> {
        let before = self.texts.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= TEXTS { Ok(()) } else { Err(error::texts_too_long(TEXTS >> 20)) }
    }

    /// Loads one thing together with all that are loaded at the same time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load<K>(&self, key: K) -> Result<Option<<Loaders as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loaders: Loader<K, Error = Arc<DbErr>>,
    {
        // A field has room for the largest of its futures, whether it needs that or not: what takes long waits elsewhere.
        Box::pin(self.loader.load_one(key)).await.map_err(error::loaded)
    }
}
