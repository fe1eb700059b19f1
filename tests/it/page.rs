//! The served page, in a real browser.

use std::process::Stdio;
use std::sync::Arc;

use server::graphql::documents::Documents;
use tests::backend::{Backend, tell};
use tests::site::{PASSWORD, Plan, Site};
use tokio::process::Command;

/// From the sign-in to an exercise that fails, then passes, and is still passed after a reload; with no complaint in the console.
#[test]
fn a_student_passes_an_exercise_in_a_browser() {
    tell(Backend::Sqlite, |backend| async move {
        let site = Site::new(backend, Plan::default()).await;
        let admin = site.sign_in("admin@example.org").await;
        site.sync(&admin).await;
        site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
        // From here on nothing is executed but what the page asks.
        let mut documents = Documents::built_in();
        documents.only = true;
        let site = Site::on(site.end().await, Plan { documents: Arc::new(documents), ..Plan::default() }).await;
        let browsed = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/clients/page.mjs"))
            .args([&format!("http://{}/", site.address), "ada@example.org", PASSWORD])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .expect("node");
        assert!(browsed.status.success(), "{}", String::from_utf8_lossy(&browsed.stderr));
        site.end().await;
    });
}
