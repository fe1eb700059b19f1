//! Looking things up together: what many ask at the same time is asked of the database once.
//!
//! One lookup is under way at a time. Who asks meanwhile waits for the next, which looks up all that is waited for in one go. So
//! under load few statements are made, without load nobody waits for anybody, and nobody is told what was so before they asked.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::database::{Trouble, trouble};

/// How long a lookup may take: all who ask meanwhile wait for it.
const LONGEST: Duration = Duration::from_secs(10);

/// What was found for each key; a key without a value was not found.
pub type Found<K, V> = Result<HashMap<K, V>, DbErr>;

/// Who looks things up together. Cheap to clone.
#[derive(Debug)]
pub struct Gathering<K, V>(Arc<Mutex<Line<K, V>>>);

#[derive(Debug)]
struct Line<K, V> {
    waiting: Vec<Waiting<K, V>>,
    /// Whether somebody looks up.
    busy: bool,
}

#[derive(Debug)]
struct Waiting<K, V> {
    key: K,
    reply: oneshot::Sender<Result<Option<V>, DbErr>>,
}

impl<K, V> Clone for Gathering<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Gathering<K, V> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Line { waiting: Vec::new(), busy: false })))
    }
}

impl<K, V> Gathering<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// What is found for the key by a lookup that begins after this. `lookup` looks up many keys; whose is used is nobody's choice, so all
    /// who ask bring the same one. It goes on when the one who brought it is gone: others wait for it.
    ///
    /// # Errors
    /// Those of the lookup. One that cannot be read fails alone; while the database is away, all do.
    pub async fn get<L, F>(&self, runtime: &Handle, key: K, lookup: L) -> Result<Option<V>, DbErr>
    where
        L: Fn(Vec<K>) -> F + Send + Sync + 'static,
        F: Future<Output = Found<K, V>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        if self.join(Waiting { key, reply }) {
            let leader = Leader { gathering: self.clone(), is_done: false };
            runtime.spawn(leader.look_up_all(lookup));
        }
        answer.await.unwrap_or_else(|_| Err(DbErr::Custom("a lookup broke off".into())))
    }

    /// Waits in line; whether nobody is there who looks up.
    fn join(&self, waiting: Waiting<K, V>) -> bool {
        let mut line = self.lock();
        line.waiting.push(waiting);
        !mem::replace(&mut line.busy, true)
    }

    /// All who wait; where there are none, nobody looks up any more.
    fn next(&self) -> Option<Vec<Waiting<K, V>>> {
        let mut line = self.lock();
        line.busy = !line.waiting.is_empty();
        line.busy.then(|| mem::take(&mut line.waiting))
    }
}

impl<K, V> Gathering<K, V> {
    fn lock(&self) -> MutexGuard<'_, Line<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who looks up. When one breaks off, who waits is sent away, and another may begin.
#[derive(Debug)]
struct Leader<K, V> {
    gathering: Gathering<K, V>,
    is_done: bool,
}

impl<K, V> Drop for Leader<K, V> {
    fn drop(&mut self) {
        if !self.is_done {
            *self.gathering.lock() = Line { waiting: Vec::new(), busy: false };
        }
    }
}

impl<K, V> Leader<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    async fn look_up_all<F: Future<Output = Found<K, V>>>(mut self, lookup: impl Fn(Vec<K>) -> F) {
        let in_time = async |keys: Vec<K>| timeout(LONGEST, lookup(keys)).await.unwrap_or_else(|_| Err(too_slow()));
        while let Some(waiting) = self.gathering.next() {
            let keys: HashSet<K> = waiting.iter().map(|waiting| waiting.key.clone()).collect();
            let is_one = keys.len() == 1;
            let found = in_time(keys.into_iter().collect()).await;
            // What cannot be read of one is nobody else's trouble.
            let alone = !is_one && found.as_ref().is_err_and(|error| trouble(error) == Trouble::Refused);
            for Waiting { key, reply } in waiting {
                let of_one = if alone { Some(in_time(vec![key.clone()]).await) } else { None };
                let found = of_one.as_ref().unwrap_or(&found);
                // Who has gone meanwhile needs no answer.
                let _ = reply.send(found.as_ref().map(|found| found.get(&key).cloned()).map_err(Clone::clone));
            }
        }
        self.is_done = true;
    }
}

fn too_slow() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("a lookup took too long".into()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use futures_util::future::join_all;
    use sea_orm::DbErr;
    use tokio::runtime::Handle;
    use tokio::sync::Semaphore;

    use super::{Found, Gathering};

    /// Lookups that are noted, and go on when they are let.
    #[derive(Clone, Default)]
    struct Shelf(Arc<Inner>);

    struct Inner {
        asked: Mutex<Vec<Vec<u32>>>,
        version: AtomicU32,
        go: Semaphore,
        begun: Semaphore,
    }

    impl Default for Inner {
        fn default() -> Self {
            let [go, begun] = [0, 0].map(Semaphore::new);
            Self { asked: Mutex::default(), version: AtomicU32::new(0), go, begun }
        }
    }

    impl Shelf {
        async fn look_up(self, mut keys: Vec<u32>) -> Found<u32, u32> {
            keys.sort_unstable();
            let Inner { asked, version, go, begun } = &*self.0;
            asked.lock().expect("a list").push(keys.clone());
            let seen = version.load(Ordering::SeqCst);
            begun.add_permits(1);
            go.acquire().await.expect("it is open").forget();
            assert!(!keys.contains(&666), "a lookup that panics");
            match keys.contains(&13) {
                true => Err(DbErr::Custom("no thirteen".into())),
                false => {
                    Ok(keys.into_iter().filter(|key| *key < 1_000).map(|key| (key, seen)).collect::<HashMap<_, _>>())
                }
            }
        }

        fn get(
            &self,
            gathering: &Gathering<u32, u32>,
            key: u32,
        ) -> tokio::task::JoinHandle<Result<Option<u32>, DbErr>> {
            let (gathering, shelf) = (gathering.clone(), self.clone());
            tokio::spawn(async move {
                let look = move |keys| shelf.clone().look_up(keys);
                gathering.get(&Handle::current(), key, look).await
            })
        }

        async fn has_begun(&self) {
            self.0.begun.acquire().await.expect("it is open").forget();
        }
    }

    /// One lookup has begun and does not end; all these wait behind it.
    async fn behind(shelf: &Shelf, gathering: &Gathering<u32, u32>, keys: &[u32]) -> Vec<Result<Option<u32>, DbErr>> {
        let first = shelf.get(gathering, 0);
        shelf.has_begun().await;
        let waiting: Vec<_> = keys.iter().map(|key| shelf.get(gathering, *key)).collect();
        while gathering.lock().waiting.len() < keys.len() {
            tokio::task::yield_now().await;
        }
        shelf.0.version.store(7, Ordering::SeqCst);
        // For the first, for those behind it together, and for each of these alone.
        shelf.0.go.add_permits(2 + keys.len());
        first.await.expect("the first is answered").expect("it is found");
        join_all(waiting).await.into_iter().map(|ended| ended.expect("it ends")).collect()
    }

    #[tokio::test]
    async fn who_asks_meanwhile_is_in_the_next_lookup_and_sees_what_is_new() {
        let (shelf, gathering) = (Shelf::default(), Gathering::default());
        let found = behind(&shelf, &gathering, &[3, 1, 3, 2_000]).await;
        assert_eq!(found, [Ok(Some(7)), Ok(Some(7)), Ok(Some(7)), Ok(None)]);
        assert_eq!(*shelf.0.asked.lock().expect("a list"), [vec![0], vec![1, 3, 2_000]]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_fails_alone() {
        let (shelf, gathering) = (Shelf::default(), Gathering::default());
        let found = behind(&shelf, &gathering, &[13, 1]).await;
        assert!(found[0].is_err() && found[1] == Ok(Some(7)), "{found:?}");
    }

    #[tokio::test]
    async fn a_lookup_that_breaks_off_is_nobodys_end() {
        let (shelf, gathering) = (Shelf::default(), Gathering::default());
        let failed = behind(&shelf, &gathering, &[666, 1]).await;
        assert!(failed.iter().all(Result::is_err), "{failed:?}");
        shelf.0.go.add_permits(1);
        assert_eq!(shelf.get(&gathering, 1).await.expect("it ends"), Ok(Some(7)));
    }

    #[tokio::test]
    async fn a_lookup_goes_on_when_the_one_who_brought_it_is_gone() {
        let (shelf, gathering) = (Shelf::default(), Gathering::default());
        let first = shelf.get(&gathering, 0);
        shelf.has_begun().await;
        first.abort();
        let second = shelf.get(&gathering, 1);
        shelf.0.go.add_permits(2);
        assert_eq!(second.await.expect("it ends"), Ok(Some(0)));
    }
}
