//! The end is told with the last record or after it, never before.

use futures_util::StreamExt as _;
use tests::backend::Backend;
use tests::runner::{page, run};
use tests::site::{Plan, Site};
use tests::stories;

stories!(what_is_written_last_is_always_delivered);

const RUNS: usize = 1_000;
/// Pages at the same time, fewer than one address may have.
const PAGES: usize = 12;

async fn what_is_written_last_is_always_delivered(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    // Half of it on each database is the whole.
    let runs = futures_util::stream::iter(0..RUNS / 2).map(|number| {
        let address = site.address;
        async move {
            let last = format!("the last words of {number}");
            let script = format!("echo first; echo second >&2; printf '{last}'");
            let seen = run(address, &page("shell", "run", &[("main.sh", &script)])).await;
            // Of one stream the order is certain, of two it is not.
            assert_eq!(seen.text("stdout"), format!("first\n{last}"), "{seen:#?}");
            assert_eq!(seen.text("stderr"), "second\n", "{seen:#?}");
        }
    });
    runs.buffer_unordered(PAGES).collect::<Vec<()>>().await;
    site.end().await;
}
