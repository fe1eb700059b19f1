//! A teacher's folder becomes a course; a student tries an exercise and hands in an assignment; the teacher sees it happen; a letter
//! goes out.

use std::fs;

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::{Plan, RUN, Site, examples};
use tests::smtp::{MailServer, Received};
use tests::stories;

stories!(a_folder_becomes_a_course_and_work_becomes_a_score);

const ATTEMPT: &str = "mutation($input: AttemptExerciseInput!) { attemptExercise(input: $input) { run { id } problems { code message } } }";
const SUBMIT: &str = "mutation($input: SubmitInput!) { submit(input: $input) { \
     submission { id } run { id } job { id } problems { code message path } } }";
const ACTIVITY: &str = "subscription($course: ID!) { courseActivity(course: $course) { cursor kind details } }";

async fn a_folder_becomes_a_course_and_work_becomes_a_score(backend: Backend) {
    let mut mail = MailServer::start().await;
    let site = Site::new(backend, Plan { smtp_url: Some(mail.url.clone()), ..Plan::default() }).await;
    let admin = site.sign_in("admin@example.org").await;
    the_folder_becomes_courses(&site, &admin).await;
    let teacher = site.enrolled(&admin, "toni@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    let ada = site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
    let eve = site.enrolled(&admin, "eve@example.org", "data-in-the-wild", "STUDENT").await;

    an_exercise_is_tried(&site, &ada, &admin).await;
    let (submission, run) = work_is_handed_in(&site, &ada).await;
    the_log_can_be_read_from_any_place(&site, &ada, &run).await;
    the_score_is_there(&site, &ada, &submission).await;
    the_teacher_saw_it_happen(&site, &teacher, &submission).await;
    others_see_nothing(&site, &eve, &submission, &run).await;
    the_letter_went_out(&site, &ada, &mut mail).await;
    site.end().await;
}

async fn the_folder_becomes_courses(site: &Site, admin: &str) {
    let outcomes = site.sync(admin).await;
    let subjects: Vec<&str> = outcomes.iter().map(|(subject, _)| subject.as_str()).collect();
    let numbers = [101, 102, 103, 104, 105, 106, 204, 205, 206, 207, 208, 301, 302];
    assert_eq!(subjects[..13], numbers.map(|number| format!("mission/{number}")));
    assert!(outcomes.iter().all(|(_, outcome)| outcome == "stored"), "{outcomes:?}");
    let query = "{ courses { nodes { key section { key } missions { nodes { number screens { key kind concepts { name } \
         exercise { startingCode } } } } assignments { nodes { endpoint tests { name } } } } } }";
    let answer = site.ask(admin, query, json!({})).await;
    let courses = answer["courses"]["nodes"].as_array().expect("courses");
    assert_eq!(courses.iter().map(|course| course["key"].as_str()).collect::<Vec<_>>().len(), 3);
    let screens = courses.iter().flat_map(|course| course["missions"]["nodes"].as_array().expect("missions"));
    assert_eq!(screens.map(|mission| mission["screens"].as_array().map_or(0, Vec::len)).sum::<usize>(), 107);
    assert!(site.sync(admin).await.iter().all(|(_, outcome)| outcome == "unchanged"));
}

/// Everything that a run says, to its end.
async fn log_of(site: &Site, token: &str, run: &str, after: Value) -> Vec<Value> {
    let mut follower = site.follow(token, RUN, json!({ "run": run, "after": after })).await;
    let mut records = Vec::new();
    while let Said::Next(mut record) = follower.said().await {
        records.push(record["data"]["runOutput"].take());
    }
    assert_eq!(records.last().expect("a record")["kind"], "FINISHED");
    records
}

/// What the program printed, however it was cut.
fn printed(log: &[Value]) -> String {
    log.iter().filter(|record| record["kind"] == "STDOUT").filter_map(|record| record["text"].as_str()).collect()
}

async fn an_exercise_is_tried(site: &Site, student: &str, admin: &str) {
    let query = "{ mission(number: 204) { screens { exercise { id startingCode answer } viewerProgress { attempts passedAt } } } }";
    let exercises = |answer: &Value| -> Vec<Value> {
        let screens = answer["mission"]["screens"].as_array().expect("screens").clone();
        screens.into_iter().filter(|screen| !screen["exercise"].is_null()).collect()
    };
    let seen = site.ask(student, query, json!({})).await;
    let first = exercises(&seen).remove(0);
    assert!(first["exercise"]["answer"].is_null(), "the answer is shown before it was found");
    let exercise = first["exercise"]["id"].clone();
    let code = exercises(&site.ask(admin, query, json!({})).await).remove(0)["exercise"]["answer"].clone();

    for (code, verdict) in [(json!("print('not this')"), "FAILED"), (code, "PASSED")] {
        let answer = site.ask(student, ATTEMPT, json!({ "input": { "exercise": exercise, "code": code } })).await;
        let run = answer["attemptExercise"]["run"]["id"].as_str().unwrap_or_else(|| panic!("{answer}"));
        let log = log_of(site, student, run, Value::Null).await;
        assert_eq!(log.last().expect("an end")["run"]["verdict"], verdict, "{log:#?}");
        assert!(verdict == "PASSED" || printed(&log).contains("not this\n"), "{log:#?}");
    }
    let seen = site.ask(student, query, json!({})).await;
    let first = exercises(&seen).remove(0);
    assert_eq!(first["viewerProgress"]["attempts"], 2);
    assert!(first["viewerProgress"]["passedAt"].is_string() && first["exercise"]["answer"].is_string(), "{first}");
}

async fn work_is_handed_in(site: &Site, student: &str) -> (String, String) {
    let query = "{ assignment(endpoint: \"data-in-the-wild/word-counts\") { id main tests { name hidden } } }";
    let assignment = site.ask(student, query, json!({})).await["assignment"].take();
    assert!(assignment["tests"].as_array().expect("tests").iter().all(|test| test["hidden"] == false));
    let text = fs::read_to_string(examples().join("solutions/word-counts/words.py")).expect("the model solution");
    let input = json!({ "assignment": assignment["id"], "files": [{ "name": assignment["main"], "text": text }], "idempotencyKey": "once" });
    let first = site.ask(student, SUBMIT, json!({ "input": input })).await["submit"].take();
    let again = site.ask(student, SUBMIT, json!({ "input": input })).await["submit"].take();
    assert_eq!(first["problems"], json!([]));
    assert_eq!(first["submission"], again["submission"], "the same request handed in twice");
    assert_eq!(first["run"], again["run"]);
    let id = |part: &str| first[part]["id"].as_str().unwrap_or_else(|| panic!("no {part}: {first}")).to_owned();
    let log = log_of(site, student, &id("run"), Value::Null).await;
    let end = &log.last().expect("an end")["run"];
    assert_eq!((&end["verdict"], &end["earned"]), (&json!("PASSED"), &json!("10")), "{end:#}");
    (id("submission"), id("run"))
}

/// Whoever comes back with a cursor gets what came after it, and nothing else.
async fn the_log_can_be_read_from_any_place(site: &Site, student: &str, run: &str) {
    let whole = log_of(site, student, run, Value::Null).await;
    for (place, record) in whole.iter().enumerate().step_by(3) {
        let rest = log_of(site, student, run, record["cursor"].clone()).await;
        let wanted = if place + 1 == whole.len() { &whole[place..] } else { &whole[place + 1..] };
        assert_eq!(rest, wanted, "behind {place}");
    }
}

async fn the_score_is_there(site: &Site, student: &str, submission: &str) {
    let query = "query($id: ID!) { node(id: $id) { ... on Submission { isFinal lateness submitter { name } \
         files { name text } scores { kind value maximum run { verdict } } assignment { endpoint } } } }";
    let node = site.ask(student, query, json!({ "id": submission })).await["node"].take();
    assert_eq!(
        node["scores"],
        json!([{ "kind": "total", "value": "10", "maximum": "10", "run": { "verdict": "PASSED" } }])
    );
    assert_eq!((&node["isFinal"], &node["submitter"]["name"]), (&json!(true), &json!("ada")));
    assert!(node["files"][0]["text"].as_str().is_some_and(|text| text.contains("def ")), "{node}");
}

async fn the_teacher_saw_it_happen(site: &Site, teacher: &str, submission: &str) {
    let course =
        site.ask(teacher, "{ course(key: \"data-in-the-wild\") { id } }", json!({})).await["course"]["id"].take();
    let mut activity = site.follow(teacher, ACTIVITY, json!({ "course": course })).await;
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| kind != "score.stored") {
        let event = activity.next().await["data"]["courseActivity"].take();
        if event["details"]["submission"] == submission || event["kind"] == "run.finished" {
            kinds.push(event["kind"].as_str().expect("a kind").to_owned());
        }
    }
    // Two attempts at an exercise came first.
    assert_eq!(kinds, ["run.finished", "run.finished", "submission.received", "run.finished", "score.stored"]);
}

async fn others_see_nothing(site: &Site, other: &str, submission: &str, run: &str) {
    let nodes =
        site.ask(other, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": [submission, run] })).await;
    assert_eq!(nodes["nodes"], json!([null, null]));
    let mut follower = site.follow(other, RUN, json!({ "run": run })).await;
    let refused = follower.said().await;
    let Said::Errors(errors) = refused else { panic!("not refused: {refused:?}") };
    assert_eq!(errors[0]["extensions"]["code"], "NOT_FOUND", "{errors}");
    let course =
        site.ask(other, "{ course(key: \"data-in-the-wild\") { id } }", json!({})).await["course"]["id"].take();
    let mut activity = site.follow(other, ACTIVITY, json!({ "course": course })).await;
    assert!(matches!(activity.said().await, Said::Errors(_)), "a student follows what the staff follow");
}

async fn the_letter_went_out(site: &Site, student: &str, mail: &mut MailServer) {
    let Received::Taken(letter) = mail.received().await else { panic!("refused") };
    assert_eq!(letter.to, ["ada@example.org"]);
    assert!(letter.text.contains("Subject: Word counts: 10 of 10 points"), "{}", letter.text);
    assert!(letter.text.contains("Message-ID: <let_"), "{}", letter.text);
    // The row says so when the job that sent it has settled.
    let query =
        "{ viewer { letters { nodes { id kind state } } } jobs(filter: {kind: \"mail.deliver\"}) { nodes { id } } }";
    loop {
        let answer = site.ask(student, query, json!({})).await;
        let letters = answer["viewer"]["letters"]["nodes"].as_array().expect("letters").clone();
        assert_eq!(letters.len(), 1);
        if letters[0]["state"] == "SENT" {
            break;
        }
        tokio::task::yield_now().await;
    }
}
