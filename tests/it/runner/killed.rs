//! `kill -9` while a page watches: the page is told, and nothing of the program is left.

use std::time::Duration;

use serde_json::Value;
use tests::backend::Backend;
use tests::base::Base;
use tests::runner::{check, page, start, watch};
use tests::smtp::MailServer;
use tests::stories;
use tokio::time::sleep;

use crate::first_light::killed::{Server, lectern};

stories!(a_page_is_told_that_its_program_is_lost);

async fn a_page_is_told_that_its_program_is_lost(backend: Backend) {
    let (base, mail) = (Base::new(backend).await, MailServer::start().await);
    let mut server = Server::start(lectern(&base, &mail)).await;
    // A word that only this program has on its command line.
    let mark = format!("mark-{}-{backend:?}", std::process::id());
    let endless = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n";
    let program = page("python3", "run", &[("main.py", endless), ("cli.txt", &mark)]);
    let identifier = start(server.address, &program).await;
    let mut shown: Vec<Value> = Vec::new();
    while !shown.iter().any(|record| record["msg"]["data"] == "begun\n") {
        let answer = check(server.address, &identifier, shown.len()).await;
        shown.extend(answer["output"].as_array().expect("records").iter().cloned());
        assert_eq!(answer["completed"], false, "{answer}");
        sleep(Duration::from_millis(20)).await;
    }
    assert!(runs(&mark), "this test would not see it");
    server.child.kill().await.expect("killed");
    let server = Server::start(lectern(&base, &mail)).await;
    let seen = watch(server.address, &identifier).await;
    assert_eq!(seen.status, 1, "{seen:#?}");
    // What only the dead process had is gone with it, and is told as an end, never as another beginning.
    assert_eq!(seen.text("stdout").matches("begun").count().max(1), 1, "{seen:#?}");
    assert!(seen.text("internal_error").contains("has stopped"), "{seen:#?}");
    while runs(&mark) {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Whether a process has that word on its command line.
fn runs(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("/proc");
    let lines = processes.filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok());
    lines.into_iter().any(|line| line.split(|byte| *byte == 0).any(|word| word == mark.as_bytes()))
}
