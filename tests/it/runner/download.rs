//! Packages to go on with at home.

use hyper::StatusCode;
use serde_json::json;
use tests::backend::Backend;
use tests::runner::{ada, post};
use tests::site::{Plan, Site};
use tests::stories;

stories!(a_package_holds_what_is_needed_and_is_always_the_same);

async fn a_package_holds_what_is_needed_and_is_always_the_same(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let mut page = ada(
        "run",
        &[("main.adb", "procedure Main is begin null; end Main;"), ("lab_io.txt", "in 0:a\nout 0:b"), ("a.ads", "x")],
    );
    page["name"] = json!("Courses.Intro/../Hello\r\nX: 1");
    let answer = post(site.address, "/download/", &page).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::OK, "application/zip"),
        "{}",
        answer.text()
    );
    assert_eq!(answer.header("content-disposition"), "attachment; filename=Courses.Intro..HelloX1.zip");
    assert_eq!(answer.header("access-control-expose-headers"), "content-disposition");
    page["files"].as_array_mut().expect("files").reverse();
    assert_eq!(post(site.address, "/download", &page).await.body, answer.body, "the order of the tabs changes it");

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("package.zip");
    std::fs::write(&path, &answer.body).expect("room for it");
    let list = std::process::Command::new("python3").args(["-c", LIST]).arg(&path).output().expect("python3 is there");
    let listed = String::from_utf8_lossy(&list.stdout).into_owned();
    assert_eq!(
        listed,
        "a.ads 100644 1980 deflated\nmain.adb 100644 1980 deflated\nmain.adc 100644 1980 deflated\nmain.gpr 100644 1980 deflated\n",
        "{}",
        String::from_utf8_lossy(&list.stderr)
    );
    site.end().await;
}

/// Read by somebody else's program.
const LIST: &str = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]) as package:\n    assert package.testzip() is None\n    \
    for entry in package.infolist():\n        kind = 'deflated' if entry.compress_type == zipfile.ZIP_DEFLATED else 'stored'\n        \
    print(entry.filename, oct(entry.external_attr >> 16)[2:], entry.date_time[0], kind)\n";
