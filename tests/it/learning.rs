//! Learning: how far somebody is, where they go on, hints one by one, and the answer when the course shows it.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::folder::{Folder, code, text};
use tests::graphql_ws::Said;
use tests::site::{Plan, Site};
use tests::stories;

stories!(
    one_goes_on_where_one_was,
    hints_come_one_by_one,
    the_course_says_when_the_answer_is_shown,
    concepts_are_found
);

const SUM: &str = "## Display\ntotal = 0\n## Answer\ntotal = 4\n## Check vars\n[\"total\"]";
const FREE: &str = "## Display\nprint(4)";

async fn site_of(backend: Backend, folder: &Folder) -> (Site, String) {
    let site = Site::new(backend, Plan { content: folder.path().to_owned(), ..Plan::default() }).await;
    let admin = site.sign_in("admin@example.org").await;
    let outcomes = site.sync(&admin).await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome == "stored"), "{outcomes:?}");
    let ada = site.enrolled(&admin, "ada@example.org", "course", "STUDENT").await;
    (site, ada)
}

/// The screen with that key, with its exercise.
async fn screen(site: &Site, token: &str, key: &str) -> Value {
    let query = "{ course(key: \"course\") { missions { nodes { screens { id key viewerProgress { state hintsOpened seenAt answerShownAt }
        exercise { id hintCount hintsHtml answer } } } } } }";
    let answer = site.ask(token, query, json!({})).await;
    let missions = answer["course"]["missions"]["nodes"].as_array().expect("missions").clone();
    let screens = missions.iter().flat_map(|mission| mission["screens"].as_array().expect("screens"));
    screens.into_iter().find(|screen| screen["key"] == key).expect("a screen of that key").clone()
}

/// Tries the exercise of a screen to its end; its verdict.
pub async fn attempt(site: &Site, token: &str, key: &str, code: &str) -> Value {
    let exercise = screen(site, token, key).await["exercise"]["id"].take();
    let mutation = "mutation($input: AttemptExerciseInput!) { attemptExercise(input: $input) { run { id } problems { message } } }";
    let input = json!({ "input": { "exercise": exercise, "code": code } });
    let run = site.ask(token, mutation, input).await["attemptExercise"]["run"]["id"].take();
    let follow = "subscription($run: ID!) { runOutput(run: $run) { kind run { verdict } } }";
    let mut follower = site.follow(token, follow, json!({ "run": run })).await;
    let mut verdict = Value::Null;
    while let Said::Next(mut record) = follower.said().await {
        verdict = record["data"]["runOutput"]["run"]["verdict"].take();
    }
    verdict
}

async fn open(site: &Site, token: &str, key: &str) {
    let screen = screen(site, token, key).await["id"].take();
    let mutation =
        "mutation($input: OpenScreenInput!) { openScreen(input: $input) { screen { key } problems { code } } }";
    let answer = site.ask(token, mutation, json!({ "input": { "screen": screen } })).await;
    assert_eq!(answer["openScreen"], json!({ "screen": { "key": key }, "problems": [] }));
}

/// How many screens of the course are done, where one goes on, and the same of its first mission.
async fn way(site: &Site, token: &str) -> [Value; 4] {
    let query = "{ course(key: \"course\") { viewerProgress { screens done next { key } }
        missions { nodes { viewerProgress { done next { key } } } } } }";
    let mut course = site.ask(token, query, json!({})).await["course"].take();
    assert_eq!(course["viewerProgress"]["screens"], 5);
    let first = course["missions"]["nodes"][0]["viewerProgress"].take();
    let own = course["viewerProgress"].take();
    [&own, &first].map(|it| [it["done"].clone(), it["next"]["key"].clone()]).concat().try_into().expect("four")
}

async fn one_goes_on_where_one_was(backend: Backend) {
    let folder = Folder::new(&[1, 2], "");
    folder.mission(1, &[text("intro"), code("sum", SUM), text("outro")]);
    folder.mission(2, &[text("more"), code("free", FREE).with("no_answer_needed=\"true\"")]);
    let (site, ada) = site_of(backend, &folder).await;
    assert_eq!(way(&site, &ada).await, [json!(0), json!("intro"), json!(0), json!("intro")]);
    assert_eq!(screen(&site, &ada, "intro").await["viewerProgress"]["state"], "UNSEEN");
    open(&site, &ada, "intro").await;
    assert_eq!(way(&site, &ada).await, [json!(1), json!("sum"), json!(1), json!("sum")]);
    open(&site, &ada, "sum").await;
    let sum = screen(&site, &ada, "sum").await["viewerProgress"].take();
    assert!(sum["state"] == "SEEN" && sum["seenAt"].is_string(), "{sum}");
    assert_eq!(attempt(&site, &ada, "sum", "total = 5").await, "FAILED");
    assert_eq!(way(&site, &ada).await[1], "sum", "it is not done");
    // Whoever jumps ahead and has finished there goes back to what they have left out.
    open(&site, &ada, "more").await;
    assert_eq!(way(&site, &ada).await, [json!(2), json!("free"), json!(1), json!("sum")]);
    assert_eq!(attempt(&site, &ada, "free", "print(1)").await, "PASSED");
    assert_eq!(way(&site, &ada).await[1], "sum");
    assert_eq!(attempt(&site, &ada, "sum", "total = 4").await, "PASSED");
    open(&site, &ada, "outro").await;
    assert_eq!(way(&site, &ada).await, [json!(5), Value::Null, json!(3), Value::Null]);
    let eve = site.enrolled(&site.sign_in("admin@example.org").await, "eve@example.org", "course", "STUDENT").await;
    assert_eq!(way(&site, &eve).await[0], 0, "the way of one is not that of another");
    site.end().await;
}

async fn hints_come_one_by_one(backend: Backend) {
    let folder = Folder::new(&[1], "");
    folder.mission(1, &[code("sum", SUM).hinted(2)]);
    let (site, ada) = site_of(backend, &folder).await;
    let exercise = screen(&site, &ada, "sum").await["exercise"].take();
    assert_eq!((&exercise["hintCount"], &exercise["hintsHtml"]), (&json!(2), &json!([])), "{exercise}");
    let mutation = "mutation($input: OpenHintInput!) { openHint(input: $input) { exercise { hintsHtml } problems { code message } } }";
    let open = async |number: i32| {
        let input = json!({ "input": { "exercise": exercise["id"], "number": number } });
        site.ask(&ada, mutation, input).await["openHint"].take()
    };
    let early = json!([{ "code": "HINT_TOO_EARLY", "message": "Hints are opened one by one; the next is 1." }]);
    assert_eq!(open(2).await["problems"], early);
    for (number, hints) in [(1, 1), (1, 1), (2, 2), (1, 2)] {
        let answer = open(number).await;
        assert_eq!(answer["exercise"]["hintsHtml"].as_array().map(Vec::len), Some(hints), "{answer}");
    }
    assert_eq!(open(2).await["exercise"]["hintsHtml"][1], "<p>Hint 2.</p>\n");
    for number in [0, 3] {
        let unknown = json!([{ "code": "HINT_UNKNOWN", "message": "This exercise has the hints 1 to 2." }]);
        assert_eq!(open(number).await["problems"], unknown);
    }
    assert_eq!(screen(&site, &ada, "sum").await["viewerProgress"]["hintsOpened"], 2);
    let admin = site.sign_in("admin@example.org").await;
    let staff = screen(&site, &admin, "sum").await["exercise"]["hintsHtml"].take();
    assert_eq!(staff.as_array().map(Vec::len), Some(2), "staff sees all of them");
    site.end().await;
}

async fn the_course_says_when_the_answer_is_shown(backend: Backend) {
    let mutation =
        "mutation($input: ShowAnswerInput!) { showAnswer(input: $input) { exercise { answer } problems { code } } }";
    for (policy, at_once, after_a_try) in [("passed", false, false), ("tried", false, true), ("asked", true, true)] {
        let folder = Folder::new(&[1], &format!("answers: {policy}"));
        folder.mission(1, &[code("sum", SUM)]);
        let (site, ada) = site_of(backend, &folder).await;
        let answers = site.ask(&ada, "{ course(key: \"course\") { answers } }", json!({})).await;
        assert_eq!(answers["course"]["answers"], policy.to_uppercase());
        let exercise = screen(&site, &ada, "sum").await["exercise"].take();
        assert_eq!(exercise["answer"], Value::Null, "nobody has asked for it");
        let expected = |shown: bool| match shown {
            true => json!({ "exercise": { "answer": "total = 4\n" }, "problems": [] }),
            false => json!({ "exercise": null, "problems": [{ "code": "ANSWER_TOO_EARLY" }] }),
        };
        let input = json!({ "input": { "exercise": exercise["id"] } });
        assert_eq!(site.ask(&ada, mutation, input.clone()).await["showAnswer"], expected(at_once), "{policy}");
        assert_eq!(attempt(&site, &ada, "sum", "total = 5").await, "FAILED");
        assert_eq!(site.ask(&ada, mutation, input.clone()).await["showAnswer"], expected(after_a_try), "{policy}");
        let shown = screen(&site, &ada, "sum").await;
        assert_eq!(shown["exercise"]["answer"].is_string(), after_a_try, "{policy}");
        assert_eq!(shown["viewerProgress"]["answerShownAt"].is_string(), after_a_try, "{policy}");
        assert_eq!(attempt(&site, &ada, "sum", "total = 4").await, "PASSED");
        assert_eq!(screen(&site, &ada, "sum").await["exercise"]["answer"], "total = 4\n", "{policy}");
        site.end().await;
    }
}

async fn concepts_are_found(backend: Backend) {
    let folder = Folder::new(&[1], "");
    folder.write("concepts/lists.yml", "title: Lists\nsummary: In a row.\nrelated: [sums]\n");
    folder.mission(1, &[text("intro"), text("second")]);
    let (site, ada) = site_of(backend, &folder).await;
    let query = "{ concepts { nodes { name title related { name } screens { nodes { key } } } } }";
    let concepts = site.ask(&ada, query, json!({})).await["concepts"]["nodes"].take();
    let sums = json!({
        "name": "sums", "title": "Sums", "related": [], "screens": { "nodes": [{ "key": "intro" }, { "key": "second" }] },
    });
    assert_eq!(concepts, json!([sums]), "what nobody teaches is not there");
    site.end().await;
}
