//! The two databases, and how a story is told once on each.

use std::time::Duration;

/// How long a story may take on a machine that has much else to do.
const BOUND: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// Tells a story where everything that the product needs is around: an actix system on a runtime with several threads.
pub fn tell<S: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Backend) -> S) {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().expect("a runtime")
    };
    actix::System::with_tokio_rt(runtime).block_on(async {
        let told = tokio::time::timeout(BOUND, story(backend)).await;
        assert!(told.is_ok(), "the story did not end within {} s", BOUND.as_secs());
    });
}

/// Makes two tests of each `async fn story(backend: Backend)`: `story::sqlite` and `story::postgres`.
#[macro_export]
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[test]
            fn sqlite() {
                $crate::backend::tell($crate::backend::Backend::Sqlite, super::$story);
            }

            #[test]
            fn postgres() {
                $crate::backend::tell($crate::backend::Backend::Postgres, super::$story);
            }
        }
    )+};
}
