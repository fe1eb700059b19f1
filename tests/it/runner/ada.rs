//! The language of the pages, in all modes that they have buttons for.

use serde_json::json;
use tests::backend::Backend;
use tests::runner::{ada, run};
use tests::site::{Plan, Site};
use tests::stories;

stories!(a_program_is_built_and_run, mistakes_have_a_status, proving_says_what_is_missing, a_lab_is_tried);

const HELLO: &str = "with Ada.Text_IO; use Ada.Text_IO;\nwith Ada.Command_Line;\nprocedure Main is\nbegin\n   Put_Line (\"Hello\");\n   \
                     for I in 1 .. Ada.Command_Line.Argument_Count loop\n      Put_Line (Ada.Command_Line.Argument (I));\n   end loop;\n\
                     end Main;\n";

async fn a_program_is_built_and_run(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let seen = run(site.address, &ada("run", &[("main.adb", HELLO), ("cli.txt", "a $(b) `c`;")])).await;
    assert_eq!(seen.status, 0, "{seen:#?}");
    assert_eq!(seen.order(), ["console", "stdout", "console", "stdout"]);
    assert_eq!(seen.records[0]["msg"]["data"], "gprbuild -q -P main.gpr");
    assert_eq!(seen.records[1]["msg"]["data"], "Build completed successfully.\n");
    assert_eq!(seen.records[2]["msg"]["data"], "./main a $(b) `c`;");
    assert_eq!(seen.text("stdout"), "Build completed successfully.\nHello\na\n$(b)\n`c`;\n");
    let seen = run(site.address, &ada("run", &[("main.adb", HELLO)])).await;
    assert_eq!(seen.records[2]["msg"]["data"], "./main ", "a run without words ends in a blank");
    let seen = run(site.address, &ada("compile", &[("main.adb", HELLO)])).await;
    assert_eq!((seen.status, seen.text("stdout")), (0, "Build completed successfully.\n".to_owned()));
    site.end().await;
}

async fn mistakes_have_a_status(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let wrong = HELLO.replace("Put_Line (\"Hello\");", "Putt_Line (\"Hello\");");
    let seen = run(site.address, &ada("run", &[("main.adb", &wrong)])).await;
    assert_eq!(seen.status, 4, "{seen:#?}");
    assert!(seen.text("stderr").ends_with("Build failed with error code: 4\n"), "{seen:#?}");
    let places: Vec<_> = seen.records.iter().filter_map(|record| record["msg"].get("locs")?.get(0)).collect();
    assert_eq!((&places[0]["file"], &places[0]["line"]), (&json!("main.adb"), &json!(5)), "{seen:#?}");
    assert!(!seen.text("stderr").contains("/w/"), "{seen:#?}");

    let raises = "procedure Main is\n   X : Positive := 1;\nbegin\n   X := X - 1;\nend Main;\n";
    let seen = run(site.address, &ada("run", &[("main.adb", raises)])).await;
    assert_eq!(seen.status, 1, "{seen:#?}");
    assert!(seen.text("stderr").contains("raised CONSTRAINT_ERROR : main.adb:4"), "{seen:#?}");
    for (page, told) in [
        (ada("fly", &[("main.adb", HELLO)]), "no mode"),
        (ada("run", &[("a_main.adb", HELLO), ("b_main.adb", HELLO)]), "main"),
        (ada("run", &[("a.ads", "package A is end A;")]), "main"),
        (
            json!({ "files": [{ "basename": "main.adb", "contents": HELLO }], "mode": "run", "switches": { "Linker": [] } }),
            "Linker",
        ),
    ] {
        let seen = run(site.address, &page).await;
        assert_eq!((seen.status, seen.order()), (1, vec!["internal_error".to_owned()]), "{page} {seen:#?}");
        assert!(seen.text("internal_error").contains(told), "{seen:#?}");
    }
    site.end().await;
}

async fn proving_says_what_is_missing(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    for mode in ["prove", "prove_flow", "prove_report_all", "prove_flow_report_all"] {
        let seen = run(site.address, &ada(mode, &[("main.adb", HELLO)])).await;
        let said = format!("{}{}", seen.text("console"), seen.text("internal_error"));
        assert!(said.contains("gnatprove"), "{mode}: {seen:#?}");
    }
    site.end().await;
}

/// Prints the sum of its first two words, and fails when there is a third.
const SUM: &str = "with Ada.Text_IO; use Ada.Text_IO;\nwith Ada.Command_Line; use Ada.Command_Line;\nprocedure Main is\nbegin\n   \
                   Put_Line (Integer'Image (Integer'Value (Argument (1)) + Integer'Value (Argument (2))));\n   \
                   if Argument_Count > 2 then\n      raise Program_Error;\n   end if;\nend Main;\n";

async fn a_lab_is_tried(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let cases = "in 0:1 2\nout 0: 3\nin 10:2 2\nout 10: 5\nin 2:1 1 crash\nout 2: 2\n";
    let seen = run(site.address, &ada("submit", &[("main.adb", SUM), ("lab_io.txt", cases)])).await;
    assert_eq!(seen.status, 0, "{seen:#?}");
    let case = |words: &[&str], out: &str, actual: &str, status: &str| json!({ "in": words, "out": out, "actual": actual, "status": status });
    let expected = json!({ "success": false, "cases": {
        "0": case(&["1", "2"], " 3", " 3", "Success"),
        "10": case(&["2", "2"], " 5", " 4", "Failed"),
        "2": case(&["1", "1", "crash"], " 2", " 2", "Failed"),
    } });
    assert_eq!(*seen.lab(), expected);
    let mut references: Vec<&str> = seen.records.iter().filter_map(|record| record["ref"].as_str()).collect();
    references.dedup();
    assert_eq!(references, ["0", "10", "2"], "cases in the order of their lines: {seen:#?}");
    let first = seen.records.iter().find(|record| record["ref"] == "0").expect("a record");
    assert_eq!(first["msg"], json!({ "type": "console", "data": "./main 1 2" }));
    assert!(seen.text("stderr").contains("has not passed"), "a crash is explained: {seen:#?}");

    let wrong = run(site.address, &ada("submit", &[("main.adb", "nothing"), ("lab_io.txt", cases)])).await;
    assert_eq!((wrong.status, wrong.order().contains(&"lab".to_owned())), (4, false), "{wrong:#?}");
    site.end().await;
}
