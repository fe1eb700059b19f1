//! Downloads of a whole course: safe to open, complete or seen not to be, and by right only.

use std::io::{Cursor, Read as _};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::browser::Browser;
use tests::client;
use tests::site::{PASSWORD, Site};
use tests::stories;

use super::{COURSE, ENDPOINT, campus, change, get, hand_in};

stories![
    finals_are_packed_by_student,
    who_may_not_see_all_work_downloads_nothing,
    a_download_that_breaks_off_is_seen_to,
    nothing_in_a_table_is_computed
];

/// The files of a package: names and bytes.
fn unpacked(package: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(package)).expect("a package");
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).expect("a file");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("it can be read");
        files.push((file.name().expect("a name").into_owned(), bytes));
    }
    files
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

async fn two_students(site: &Site, admin: &str) -> [String; 2] {
    let mut people = Vec::new();
    for name in ["ada", "eve"] {
        people.push(site.enrolled(admin, &format!("{name}@example.org"), COURSE, "STUDENT").await);
    }
    people.try_into().expect("two")
}

async fn finals_are_packed_by_student(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let grader = site.enrolled(&admin, "gra@example.org", COURSE, "GRADER").await;
    let [ada, eve] = two_students(&site, &admin).await;
    let section = json!({ "email": "eve@example.org", "course": COURSE, "role": "STUDENT", "labSection": "A1" });
    change(&site, &admin, "enroll", section, "enrolled").await;
    hand_in(&site, &ada, json!({ "words.py": "old" }), true).await;
    let hostile =
        json!({ "words.py": "new", "../../etc/passwd": "x", "/Words.py": "y", "con": "z", "a\u{202e}b/..": "w" });
    let last = hand_in(&site, &ada, hostile, true).await;
    hand_in(&site, &ada, json!({ "words.py": "only kept" }), false).await;
    hand_in(&site, &eve, json!({ "words.py": "eve's" }), true).await;
    let answer = get(&site, &grader, &format!("/api/exports/{ENDPOINT}/finals.zip")).await;
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"data-in-the-wild-word-counts.zip\"");
    let mut files = unpacked(&answer.body);
    files.sort();
    let named: Vec<(&str, &str)> =
        files.iter().map(|(name, bytes)| (name.as_str(), std::str::from_utf8(bytes).expect("text"))).collect();
    let wanted = [
        ("ada@example.org/Words~2.py", "y"),
        ("ada@example.org/_con", "z"),
        ("ada@example.org/a_b", "w"),
        ("ada@example.org/etc/passwd", "x"),
        ("ada@example.org/words.py", "new"),
        ("eve@example.org/words.py", "eve's"),
    ];
    // Which of two that run into each other keeps its name, their order says.
    let names: Vec<String> = named.iter().map(|(name, _)| name.to_lowercase().replace("~2", "")).collect();
    let expected: Vec<String> = wanted.iter().map(|(name, _)| name.to_lowercase().replace("~2", "")).collect();
    let (mut names, mut expected) = (names, expected);
    names.sort();
    expected.sort();
    assert_eq!(names, expected, "{named:?}");
    assert_eq!(named.iter().filter(|(name, _)| name.contains("~2")).count(), 1, "{named:?}");
    // Of a course, with a folder for each assignment.
    let whole = unpacked(&get(&site, &grader, &format!("/api/exports/{COURSE}/finals.zip")).await.body);
    assert!(whole.iter().all(|(name, _)| name.starts_with("word-counts/")), "{whole:?}");
    assert_eq!(whole.len(), files.len());
    // As lines, with the names as they were, and a last one that counts.
    let told = get(&site, &grader, &format!("/api/exports/{COURSE}/finals.jsonl")).await;
    let told = lines(&told.text());
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[2], json!({ "end": true, "count": 2 }));
    let of_ada = told.iter().find(|line| line["student"]["email"] == "ada@example.org").expect("a line");
    assert_eq!((&of_ada["submission"], &of_ada["assignment"]), (&json!(format!("sub_{last}")), &json!(ENDPOINT)));
    let passwd = of_ada["files"].as_array().expect("files").iter().find(|file| file["name"] == "../../etc/passwd");
    assert_eq!(passwd.map(|file| &file["text"]), Some(&json!("x")), "{of_ada}");
    for (filter, count) in [
        ("labSection=A1", 1),
        ("email=ADA%40example.org", 1),
        ("late=true", 0),
        ("late=false", 2),
        ("from=2100-01-01T00%3A00%3A00Z", 0),
        ("labSection=A1&email=ada@example.org", 0),
    ] {
        let told = get(&site, &grader, &format!("/api/exports/{ENDPOINT}/finals.jsonl?{filter}")).await;
        assert_eq!(lines(&told.text()).last(), Some(&json!({ "end": true, "count": count })), "{filter}");
    }
    for filter in ["late=maybe", "labsection=A1", "from=yesterday", "email=nobody"] {
        let told = get(&site, &grader, &format!("/api/exports/{ENDPOINT}/finals.jsonl?{filter}")).await;
        assert_eq!(
            (told.status, told.json()["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some("BAD_INPUT")),
            "{filter}"
        );
    }
    for filter in ["email=nobody@example.org", "labSection=Z9"] {
        let told = get(&site, &grader, &format!("/api/exports/{ENDPOINT}/finals.jsonl?{filter}")).await;
        let name = filter.split('=').next().expect("a name");
        let message = told.json()["message"].as_str().expect("words").to_owned();
        assert!(told.status == StatusCode::NOT_FOUND && message.contains(&format!("`{name}`")), "{message}");
    }
    site.end().await;
}

async fn who_may_not_see_all_work_downloads_nothing(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let [ada, _] = two_students(&site, &admin).await;
    let elsewhere = site.enrolled(&admin, "oth@example.org", "python-first-steps", "INSTRUCTOR").await;
    let helper = site.enrolled(&admin, "lab@example.org", COURSE, "LAB_ASSISTANT").await;
    let grader = site.enrolled(&admin, "gra@example.org", COURSE, "GRADER").await;
    let submits = change(&site, &grader, "createToken", json!({ "name": "x", "scopes": ["SUBMIT"] }), "token").await;
    let submits = submits["token"].as_str().expect("a token");
    let grades = change(&site, &grader, "createToken", json!({ "name": "x", "scopes": ["GRADE"] }), "token").await;
    let grades = grades["token"].as_str().expect("a token");
    for what in ["roster.csv", "grades.csv", "finals.zip", "finals.jsonl", "word-counts/finals.zip"] {
        let path = format!("/api/exports/{COURSE}/{what}");
        for token in [&*ada, &*elsewhere, &*helper, submits] {
            let told = get(&site, token, &path).await;
            assert_eq!(
                (told.status, told.json()["code"].as_str()),
                (StatusCode::NOT_FOUND, Some("NOT_FOUND")),
                "{what}"
            );
        }
        assert_eq!(get(&site, "forged", &path).await.status, StatusCode::UNAUTHORIZED, "{what}");
        for token in [&*grader, grades] {
            assert_eq!(get(&site, token, &path).await.status, StatusCode::OK, "{what}");
        }
        // A browser that is signed in downloads by a link; another site's page does not.
        let mut browser = Browser::at(site.address);
        assert_eq!(browser.get(&path).await.status, StatusCode::UNAUTHORIZED);
        browser.post("/login", &[("email", "gra@example.org"), ("password", PASSWORD)]).await;
        assert_eq!(browser.get(&path).await.status, StatusCode::OK, "{what}");
    }
    for path in ["nowhere/roster.csv", "data-in-the-wild/nothing/finals.zip", "data-in-the-wild/else.csv"] {
        assert_eq!(get(&site, &grader, &format!("/api/exports/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    site.end().await;
}

/// Asks for a download; none when its end did not come.
async fn whole(site: &Site, token: &str, path: &str) -> Option<Bytes> {
    let request = Request::get(path).header("host", site.address.to_string());
    let request = request.header("authorization", format!("Bearer {token}")).body(Full::new(Bytes::new()));
    client::try_send(site.address, request.expect("a request")).await.ok().map(|answer| answer.body)
}

async fn a_download_that_breaks_off_is_seen_to(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let [ada, eve] = two_students(&site, &admin).await;
    hand_in(&site, &ada, json!({ "words.py": "ada's" }), true).await;
    hand_in(&site, &eve, json!({ "words.py": "eve's" }), true).await;
    let paths = ["zip", "jsonl"].map(|kind| format!("/api/exports/{ENDPOINT}/finals.{kind}"));
    for path in &paths {
        assert!(whole(&site, &admin, path).await.is_some(), "{path}");
    }
    // The bytes of the last file cannot be read any more: what came before them was sent already.
    let lost = format!("DELETE FROM blob WHERE digest = '{}'", entity::file::digest(b"eve's"));
    let db = site.app.kernel.deps.db.write_connection();
    db.execute_unprepared(&lost).await.expect("it is gone");
    for path in &paths {
        assert_eq!(whole(&site, &admin, path).await, None, "{path}");
    }
    site.end().await;
}

async fn nothing_in_a_table_is_computed(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let [ada, _] = two_students(&site, &admin).await;
    let csv = "email,name,sid,section\nevil@example.org,=cmd|x,+1,@a\nada@example.org,,-2,\"a,b\"\n";
    change(&site, &admin, "importRoster", json!({ "course": COURSE, "csv": csv }), "refused").await;
    let work = hand_in(&site, &ada, json!({ "words.py": "pass" }), true).await;
    let score = json!({ "submission": format!("sub_{work}"), "kind": "style", "value": "-2.5" });
    change(&site, &admin, "score", score, "score { id }").await;
    let roster = get(&site, &admin, &format!("/api/exports/{COURSE}/roster.csv?role=student")).await.text();
    assert!(roster.contains("evil@example.org,'=cmd|x,student,'+1,,'@a\n"), "{roster}");
    let grades = get(&site, &admin, &format!("/api/exports/{COURSE}/grades.csv")).await.text();
    assert!(grades.contains("ada@example.org,ada,'-2,\"a,b\",-2.5"), "{grades}");
    let chosen = get(&site, &admin, &format!("/api/exports/{COURSE}/grades.csv?labSection=%40a")).await.text();
    assert_eq!(chosen.lines().count(), 2, "{chosen}");
    site.end().await;
}
