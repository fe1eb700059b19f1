//! What the pages about receipts promise: their commands do what they say, and their program in Python comes to the same.

use std::path::Path;
use std::process::Output;

use tests::backend::Backend;
use tests::stories;
use tokio::process::Command;

use super::Campus;
use crate::keeping::program::{done, run, text};

stories![every_command_of_the_pages_works];

const STUDENTS: &str = include_str!("../../../docs/students/receipts.md");
const OPERATORS: &str = include_str!("../../../docs/operators/receipts.md");
const API: &str = include_str!("../../../docs/api/receipts.md");

/// The lines of a page's blocks of commands.
fn commands(page: &str) -> Vec<Vec<&str>> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).map(|line| line.split_whitespace().collect()).collect()
}

async fn python(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("python3").current_dir(folder).args(arguments).output().await.expect("Python starts")
}

async fn every_command_of_the_pages_works(backend: Backend) {
    let campus = Campus::new(backend).await;
    let (url, data) = (&campus.site.base.url, campus.site.base.data());
    let receipt = campus.receipt("print(1)\n").await;
    std::fs::write(data.join("receipt.json"), &receipt).expect("written");
    std::fs::write(data.join("words.py"), "print(1)\n").expect("written");
    campus.keys().await;
    let heads = done(&run(url, data, &["receipts", "heads", "--json"]).await);
    std::fs::write(data.join("receipt-heads.jsonl"), heads).expect("written");
    let mut ran = 0;
    for command in commands(STUDENTS).into_iter().chain(commands(OPERATORS)) {
        let [program, arguments @ ..] = command.as_slice() else { panic!("an empty line") };
        assert_eq!(*program, "lectern");
        done(&run(url, data, arguments).await);
        ran += 1;
    }
    assert!(ran >= 7, "{ran}");
    // The program for others: on the page's example, on a real receipt, and on one that was changed.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api/receipts");
    let shown = commands(API);
    assert_eq!(shown.len(), 1);
    done(&python(&folder, &shown[0][1..]).await);
    let (program, keys) = (folder.join("verify.py"), data.join("receipt-keys.json"));
    let file = data.join("receipt.json");
    let said = done(&python(data, &[text(&program), text(&file), text(&keys)]).await);
    let (_, verified) = campus.verify(&receipt, Some(&keys), &[]).await;
    assert!(said.contains(verified["block"].as_str().expect("a hash")), "{said}");
    for (from, to) in [("true", "false"), ("\"leaves\":1", "\"leaves\":2"), ("ada@", "eve@")] {
        let changed = receipt.replace(from, to);
        assert_ne!(changed, receipt, "{from}");
        std::fs::write(&file, changed).expect("written");
        assert_eq!(python(data, &[text(&program), text(&file), text(&keys)]).await.status.code(), Some(1), "{from}");
    }
    campus.site.end().await;
}
