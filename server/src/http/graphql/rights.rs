//! The rights of those who have a socket open, looked at once a second for all of them together.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use actors::deps::Deps;
use entity::identity::{session, user};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};

use super::authenticate::Knocker;
use super::message::Closing;

/// How often the rights are compared.
const EVERY: Duration = Duration::from_secs(1);
/// Rows that one statement asks for.
const CHUNK: usize = 500;

/// Sees to it that a socket ends whose viewer may not what they might. Ends with the last clone of this.
#[derive(Clone, Debug)]
pub struct Rights(Arc<Mutex<Vec<Watched>>>);

#[derive(Debug)]
struct Watched {
    session: i64,
    user: i64,
    rights_version: i64,
    end: oneshot::Sender<Closing>,
}

impl Rights {
    /// Begins to look, on the runtime of the process.
    #[must_use]
    pub fn watch(deps: &Deps) -> Self {
        let rights = Self(Arc::default());
        deps.runtime.spawn(look(Arc::downgrade(&rights.0), deps.clone()));
        rights
    }

    /// What somebody follows was allowed by the rights that they have now: tells when that sign-in has ended or the rights are others.
    /// Who has no sign-in has none that could end.
    pub(super) fn of(&self, who: &Knocker) -> Told {
        let (Some(session), Some(user)) = (who.scope.session, who.scope.user()) else { return Told(None) };
        let (end, ended) = oneshot::channel();
        lock(&self.0).push(Watched { session, user, rights_version: who.scope.rights_version, end });
        Told(Some(ended))
    }
}

/// Is told of the end of somebody's rights.
#[derive(Debug)]
pub(super) struct Told(Option<oneshot::Receiver<Closing>>);

impl Told {
    /// Waits for it; to be asked no more when it has come. Who follows something may come back with their cursors.
    pub async fn ended(&mut self) -> Closing {
        let Some(told) = &mut self.0 else { return pending().await };
        match told.await {
            Ok(closing) => closing,
            // Nobody looks after the rights any more: the site stops.
            Err(_) => Closing::restart(),
        }
    }
}

fn lock(watched: &Mutex<Vec<Watched>>) -> MutexGuard<'_, Vec<Watched>> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn look(watched: Weak<Mutex<Vec<Watched>>>, deps: Deps) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(watched) = watched.upgrade() else { return };
        let (sessions, users) = who(&mut lock(&watched));
        if sessions.is_empty() {
            continue;
        }
        // Nothing is known while the database is away, and nothing can be read either.
        let (Ok(open), Ok(versions)) = (open(&deps, &sessions).await, versions(&deps, &users).await) else { continue };
        let known = |watched: &Watched| sessions.contains(&watched.session) && users.contains(&watched.user);
        for gone in lock(&watched).extract_if(.., |watched| {
            known(watched)
                && !(open.contains(&watched.session) && versions.get(&watched.user) == Some(&watched.rights_version))
        }) {
            let closing = if open.contains(&gone.session) {
                Closing::forbidden("Your rights have changed; connect again")
            } else {
                Closing::forbidden("The sign-in has ended")
            };
            // It may have closed by itself.
            let _ = gone.end.send(closing);
        }
    }
}

/// Forgets the sockets that have closed; the sign-ins and people of the others.
fn who(watched: &mut Vec<Watched>) -> (BTreeSet<i64>, BTreeSet<i64>) {
    watched.retain(|watched| !watched.end.is_closed());
    watched.iter().map(|watched| (watched.session, watched.user)).unzip()
}

/// Those of the sign-ins that have not ended.
async fn open(deps: &Deps, sessions: &BTreeSet<i64>) -> Result<BTreeSet<i64>, DbErr> {
    let mut open = BTreeSet::new();
    let sessions: Vec<i64> = sessions.iter().copied().collect();
    for chunk in sessions.chunks(CHUNK) {
        let rows =
            session::Entity::find().filter(session::Column::Id.is_in(chunk.to_vec())).all(deps.db.read()).await?;
        let now = deps.clock.now();
        open.extend(rows.iter().filter(|session| session.is_open(now)).map(|session| session.id));
    }
    Ok(open)
}

/// The version of each person's rights.
async fn versions(deps: &Deps, users: &BTreeSet<i64>) -> Result<BTreeMap<i64, i64>, DbErr> {
    let mut versions = BTreeMap::new();
    let users: Vec<i64> = users.iter().copied().collect();
    for chunk in users.chunks(CHUNK) {
        let rows = user::Entity::find().filter(user::Column::Id.is_in(chunk.to_vec())).all(deps.db.read()).await?;
        versions.extend(rows.iter().map(|user| (user.id, user.rights_version)));
    }
    Ok(versions)
}
