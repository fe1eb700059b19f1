//! Labs, apart from the language of the pages.

use tests::backend::Backend;
use tests::runner::{page, run};
use tests::site::{Plan, Site};
use tests::stories;

stories!(
    a_lab_compares_what_is_printed,
    a_lab_that_cannot_be_tried_says_why,
    a_case_that_never_ends_is_one_that_failed
);

/// Prints its words, in odd ways.
const ODD: &str = "import sys\nhow = sys.argv[1]\nsys.stdout.write({'crlf': '1\\r\\n2\\r\\n', 'open': '1 2', 'spaced': ' 1\\n', 'err': ''}[how])\n\
                   sys.stderr.write('1 2' if how == 'err' else '')\n";

async fn a_lab_compares_what_is_printed(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let cases = "in 0:crlf\nout 0:1  2\nin 1:open\nout 1:1 2\nin 2:spaced\nout 2: 1\nin 3:spaced\nout 3:1\nin 4:err\nout 4:1 2\nin 5:\nout 5:1 2\n";
    let files = [("main.py", ODD), ("lab_io.txt", cases), ("cli.txt", "open")];
    let seen = run(site.address, &page("python3", "submit", &files)).await;
    let lab = seen.lab();
    let statuses: Vec<&str> =
        (0..6).map(|case| lab["cases"][case.to_string()]["status"].as_str().expect("a status")).collect();
    assert_eq!(statuses, ["Success", "Success", "Success", "Failed", "Failed", "Success"], "{lab:#}");
    assert_eq!((seen.status, &lab["success"]), (0, &false.into()), "{lab:#}");
    assert!(seen.records.iter().all(|record| record["ref"].is_string() || record["msg"]["type"] == "lab"), "{seen:#?}");
    let all =
        run(site.address, &page("python3", "submit", &[("main.py", ODD), ("lab_io.txt", "in 7:open\nout 7:1 2")]))
            .await;
    assert_eq!(all.lab()["success"], true);
    site.end().await;
}

async fn a_lab_that_cannot_be_tried_says_why(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    for (lab, told) in [
        (None, "No submission criteria found for this lab."),
        (Some(""), "no cases"),
        (Some("in 0:a"), "no line `out 0:`"),
        (Some("out 3:a"), "no line `in 3:`"),
    ] {
        let mut files = vec![("main.py", ODD)];
        files.extend(lab.map(|lab| ("lab_io.txt", lab)));
        let seen = run(site.address, &page("python3", "submit", &files)).await;
        assert_eq!((seen.status, seen.order()), (1, vec!["internal_error".to_owned()]), "{lab:?}: nothing is built");
        assert!(seen.text("internal_error").contains(told), "{seen:#?}");
    }
    site.end().await;
}

async fn a_case_that_never_ends_is_one_that_failed(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let slow = "#include <stdio.h>\n#include <unistd.h>\nint main(int n, char **a) { puts(a[1]); fflush(stdout); if (n > 2) sleep(600); }\n";
    let cases = "in 0:x y\nout 0:x\nin 1:x\nout 1:x\n";
    let mut page = page("ada", "submit", &[("main.c", slow), ("lab_io.txt", cases)]);
    page["main"] = "main.c".into();
    let seen = run(site.address, &page).await;
    assert_eq!(seen.status, 0, "{seen:#?}");
    assert_eq!(seen.lab()["cases"]["0"]["status"], "Failed", "{seen:#?}");
    assert_eq!(seen.lab()["cases"]["1"]["status"], "Success", "{seen:#?}");
    assert!(seen.text("stderr").contains("<interrupted> : Maximum 10s process limit reached."), "{seen:#?}");
    site.end().await;
}
