//! People say what work is worth, one piece or many, and what is good and bad about it.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::Site;
use tests::stories;

use super::{COURSE, ENDPOINT, campus, change, get, hand_in, log, outcomes, problem};

stories![
    a_score_replaces_the_one_of_its_kind,
    many_scores_are_given_at_once_and_once,
    whoever_may_see_work_may_say_something_about_it
];

const SOLUTION: &str = "def count_words(text):\n    return {}\n";

async fn score(site: &Site, token: &str, work: &str, kind: &str, value: &str, message: &str) -> Value {
    let input = json!({ "submission": work, "kind": kind, "value": value, "message": message });
    let answer = "score { id kind value maximum message messageHtml grader { email } archivedAt submission { id points } assignment { endpoint } }";
    change(site, token, "score", input, answer).await
}

/// The scores that count of somebody's submission, by kind, as its owner sees them.
async fn scores(site: &Site, token: &str, work: &str) -> Vec<(String, String)> {
    let query = "query($id: ID!) { node(id: $id) { ... on Submission { scores { kind value run { id } } } } }";
    let answer = site.ask(token, query, json!({ "id": work })).await;
    let all = answer["node"]["scores"].as_array().expect("scores").iter();
    let given = all.filter(|score| score["run"].is_null());
    let pair = |score: &Value| (score["kind"].to_string(), score["value"].to_string());
    given.map(pair).map(|(kind, value)| (kind.replace('"', ""), value.replace('"', ""))).collect()
}

async fn a_score_replaces_the_one_of_its_kind(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let grader = site.enrolled(&admin, "gra@example.org", COURSE, "GRADER").await;
    let ada = site.enrolled(&admin, "ada@example.org", COURSE, "STUDENT").await;
    let helper = site.enrolled(&admin, "lab@example.org", COURSE, "LAB_ASSISTANT").await;
    let course =
        site.ask(&admin, "{ course(key: \"data-in-the-wild\") { id } }", json!({})).await["course"]["id"].take();
    let query = "subscription($course: ID!) { courseActivity(course: $course) { kind } }";
    let mut activity = site.follow(&admin, query, json!({ "course": course })).await;
    let key = hand_in(&site, &ada, json!({ "words.py": SOLUTION }), true).await;
    // What the tests give comes first, so that it does not replace what people give.
    while activity.next().await["data"]["courseActivity"]["kind"] != "score.stored" {}
    let work = format!("sub_{key}");
    let first = score(&site, &grader, &work, " Composition ", "1.5", "**Long** <b>").await["score"].take();
    assert_eq!(
        (&first["kind"], &first["value"], &first["maximum"]),
        (&json!("composition"), &json!("1.5"), &Value::Null)
    );
    assert_eq!(first["messageHtml"], "<p><strong>Long</strong> &lt;b&gt;</p>\n");
    assert_eq!(first["grader"]["email"], "gra@example.org");
    assert_eq!(first["assignment"]["endpoint"], ENDPOINT);
    let second = score(&site, &grader, &work, "composition", "2", "").await["score"].take();
    assert_eq!(second["message"], Value::Null);
    score(&site, &grader, &work, "style", "-0.25", "").await;
    let counts = [("composition".to_owned(), "2".to_owned()), ("style".to_owned(), "-0.25".to_owned())];
    assert_eq!(scores(&site, &ada, &work).await, counts);
    let query = "query($id: ID!) { node(id: $id) { ... on Score { value archivedAt } } }";
    let old = site.ask(&ada, query, json!({ "id": first["id"] })).await["node"].take();
    assert!(old["value"] == "1.5" && old["archivedAt"].is_string(), "{old}");
    // Of two who grade the same at once, one is the last, and one counts.
    let (one, other) =
        tokio::join!(score(&site, &grader, &work, "style", "3", ""), score(&site, &admin, &work, "style", "4", ""));
    assert!(one["score"].is_object() && other["score"].is_object(), "{one} {other}");
    assert_eq!(scores(&site, &ada, &work).await.len(), 2);
    // A total by a person is what lists show.
    let total = score(&site, &grader, &work, "total", "7", "").await["score"].take();
    assert_eq!(total["submission"]["points"], "7", "{total}");
    // Work that was not handed in can be scored as well.
    let kept = hand_in(&site, &ada, json!({ "words.py": "pass" }), false).await;
    let on_backup = score(&site, &grader, &format!("bak_{kept}"), "effort", "1", "").await["score"].take();
    assert_eq!((&on_backup["value"], &on_backup["submission"]), (&json!("1"), &Value::Null));
    for (token, work, kind, code) in [
        (&ada, work.as_str(), "style", "NOT_ALLOWED"),
        (&helper, &work, "style", "WORK_UNKNOWN"),
        (&grader, "sub_nothing", "style", "WORK_UNKNOWN"),
        (&grader, &key, "style", "WORK_UNKNOWN"),
        (&grader, &work, " ", "KIND_INVALID"),
    ] {
        assert_eq!(problem(&score(&site, token, work, kind, "1", "").await), code, "{work} {kind}");
    }
    assert_eq!(problem(&score(&site, &grader, &work, "style", "1000000001", "").await), "VALUE_INVALID");
    let long = "x".repeat((256 << 10) + 1);
    assert_eq!(problem(&score(&site, &grader, &work, "style", "1", &long).await), "MESSAGE_TOO_LONG");
    // A course may say that its graders only look.
    let looks = json!({ "course": COURSE, "key": "grader", "name": "Reader", "kind": "GRADER",
        "permissions": ["ATTEND", "REVIEW_WORK", "SEE_ROSTER"] });
    change(&site, &admin, "setRole", looks, "role { key }").await;
    assert_eq!(problem(&score(&site, &grader, &work, "style", "1", "").await), "NOT_ALLOWED");
    assert_eq!(log(&site, &admin).await.iter().filter(|action| *action == "score.given").count(), 7);
    site.end().await;
}

async fn many_scores_are_given_at_once_and_once(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let grader = site.enrolled(&admin, "gra@example.org", COURSE, "GRADER").await;
    let ada = site.enrolled(&admin, "ada@example.org", COURSE, "STUDENT").await;
    let eve = site.enrolled(&admin, "eve@example.org", COURSE, "STUDENT").await;
    site.enrolled(&admin, "ben@example.org", COURSE, "STUDENT").await;
    hand_in(&site, &ada, json!({ "words.py": "pass" }), true).await;
    let work = format!("sub_{}", hand_in(&site, &ada, json!({ "words.py": SOLUTION }), true).await);
    let other = hand_in(&site, &eve, json!({ "words.py": SOLUTION }), true).await;
    let import = async |token: &str, more: Value| {
        let mut input = json!({ "course": COURSE });
        input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        change(&site, token, "importScores", input, "given refused rows { line outcome message score { value } }").await
    };
    let csv = format!(
        "Email,Assignment,bid,Kind,Score,Comment\n\
         ada@example.org,word-counts,,style,2.5,good\n\
         ,,{other},style,3,\n\
         ada@example.org,{ENDPOINT},,STYLE,1,twice\n\
         ben@example.org,word-counts,,style,1,\n\
         ada@example.org,nothing,,style,1,\n\
         ,,,style,1,\n\
         ,,nonsense,style,1,\n\
         ada@example.org,word-counts,,,1,\n\
         ada@example.org,word-counts,,grace,much,\n\
         ada@example.org,word-counts,,grace,1,a,b\n"
    );
    let wanted = [
        "GIVEN",
        "GIVEN",
        "REPEATED",
        "NOTHING_HANDED_IN",
        "ASSIGNMENT_UNKNOWN",
        "WORK_UNKNOWN",
        "WORK_UNKNOWN",
        "KIND_INVALID",
        "VALUE_INVALID",
        "MALFORMED",
    ];
    let words = |payload: &Value| outcomes(payload).into_iter().map(|row| row.1).collect::<Vec<_>>();
    let tried = import(&grader, json!({ "csv": csv, "dryRun": true, "idempotencyKey": "one" })).await;
    assert_eq!(words(&tried), wanted);
    assert_eq!(scores(&site, &ada, &work).await, []);
    let given = import(&grader, json!({ "csv": csv, "idempotencyKey": "one" })).await;
    assert_eq!(words(&given), wanted);
    assert_eq!((&given["given"], &given["refused"]), (&json!(2), &json!(8)));
    assert_eq!(given["rows"][0]["score"]["value"], "2.5", "{given}");
    let style = |value: &str| vec![("style".to_owned(), value.to_owned())];
    // What counts is what was handed in last.
    assert_eq!(scores(&site, &ada, &work).await, style("2.5"));
    // Meanwhile somebody changes one; a repeat of the request does not change it back.
    score(&site, &grader, &work, "style", "9", "").await;
    let again = import(&grader, json!({ "csv": csv, "idempotencyKey": "one" })).await;
    assert_eq!(again, given);
    assert_eq!(scores(&site, &ada, &work).await, style("9"));
    let reused = import(&grader, json!({ "csv": "bid,kind,score\n", "idempotencyKey": "one" })).await;
    assert_eq!(problem(&reused), "KEY_REUSED");
    // As a list; what is there already is left as it is.
    let rows = json!([
        { "submission": work, "kind": "style", "value": "9" },
        { "submission": format!("bak_{other}"), "email": "Eve@example.org", "kind": "style", "value": "4", "message": "better" },
        // As when one column of a table was sorted without the others.
        { "submission": work, "email": "eve@example.org", "kind": "grace", "value": "1" },
        { "submission": work, "assignment": "days-alike", "kind": "grace", "value": "1" },
        { "submission": work, "kind": "grace", "value": "2,5" },
    ]);
    let listed = import(&grader, json!({ "scores": rows })).await;
    assert_eq!(words(&listed), ["UNCHANGED", "GIVEN", "CONTRADICTORY", "CONTRADICTORY", "VALUE_INVALID"]);
    assert_eq!(scores(&site, &eve, &format!("sub_{other}")).await, style("4"));
    for (csv, code) in
        [("", "SHEET_UNREADABLE"), ("bid,kind\n", "COLUMN_MISSING"), ("bid,id,kind,score\n", "COLUMN_REPEATED")]
    {
        assert_eq!(problem(&import(&grader, json!({ "csv": csv })).await), code, "{csv}");
    }
    assert_eq!(problem(&import(&ada, json!({ "csv": csv })).await), "NOT_ALLOWED");
    // The grades of the course have them, and nobody who may not see all work has those.
    let grades = get(&site, &grader, &format!("/api/exports/{COURSE}/grades.csv")).await.text();
    let row = |email: &str| grades.lines().find(|line| line.starts_with(email)).unwrap_or_default().to_owned();
    assert!(grades.starts_with("Email,Name,Student number,Lab section,word-counts style"), "{grades}");
    assert!(row("ada@").starts_with("ada@example.org,ada,,,9"), "{grades}");
    assert!(row("eve@").starts_with("eve@example.org,eve,,,4"), "{grades}");
    assert!(row("ben@").starts_with("ben@example.org,ben,,,"), "{grades}");
    assert_eq!(row("gra@"), "", "they are no student");
    assert_eq!(get(&site, &ada, &format!("/api/exports/{COURSE}/grades.csv")).await.status.as_u16(), 404);
    site.end().await;
}

async fn whoever_may_see_work_may_say_something_about_it(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let grader = site.enrolled(&admin, "gra@example.org", COURSE, "GRADER").await;
    let ada = site.enrolled(&admin, "ada@example.org", COURSE, "STUDENT").await;
    let eve = site.enrolled(&admin, "eve@example.org", COURSE, "STUDENT").await;
    let work = format!("sub_{}", hand_in(&site, &ada, json!({ "words.py": SOLUTION }), true).await);
    let say = async |token: &str, line: i32, message: &str| {
        let input = json!({ "submission": work, "filename": "words.py", "line": line, "message": message });
        change(&site, token, "comment", input, "comment { id line messageHtml }").await
    };
    let said = say(&grader, 2, "Why `{}`? [See](javascript:x)").await;
    assert_eq!(said["comment"]["messageHtml"], "<p>Why <code>{}</code>? See</p>\n", "{said}");
    assert!(say(&ada, 2, "Because.").await["comment"].is_object());
    assert_eq!(problem(&say(&eve, 2, "?").await), "WORK_UNKNOWN");
    assert_eq!(problem(&say(&ada, 0, "?").await), "PLACE_INVALID");
    assert_eq!(problem(&say(&ada, 1, " ").await), "MESSAGE_INVALID");
    let query = "query($id: ID!) { node(id: $id) { ... on Submission { comments { nodes { message filename line author { name } } } } } }";
    let seen = site.ask(&ada, query, json!({ "id": work })).await["node"]["comments"]["nodes"].take();
    assert_eq!((seen.as_array().map(Vec::len), &seen[1]["message"]), (Some(2), &json!("Because.")), "{seen}");
    assert_eq!(site.ask(&eve, query, json!({ "id": work })).await["node"], Value::Null);
    site.end().await;
}
