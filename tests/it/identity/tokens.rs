//! Tokens that people make for their scripts: shown once, for what was chosen, and no more than that.

use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::{PASSWORD, Plan, Site};
use tests::stories;

use super::{change, problem, refusal};

stories![
    a_token_is_for_what_was_chosen,
    a_token_of_one_course_knows_no_other,
    a_token_ends_and_makes_no_others,
    what_is_no_token_to_be_made_is_told_so
];

const MADE: &str = "token session { id name scopes courses { id } expiresAt }";

async fn make(site: &Site, owner: &str, input: Value) -> Value {
    change(site, Some(owner), "createToken", input, MADE).await
}

fn token(made: &Value) -> &str {
    made["token"].as_str().unwrap_or_else(|| panic!("no token: {made:#}"))
}

/// Something that needs each scope, by somebody who may do all of it.
const NEEDS: [(&str, &str); 5] = [
    ("submit", "mutation { cancelRun(input: { run: \"run_lejRej\" }) { problems { code } } }"),
    ("grade", "mutation { retryJobs(input: { dryRun: true }) { retried } }"),
    ("content", "mutation { syncContent(input: { missions: [987] }) { problems { code } } }"),
    ("roster", "mutation { enroll(input: { email: \"x\", course: \"x\", role: STUDENT }) { problems { code } } }"),
    ("admin", "mutation { sendNewPassword(input: { email: \"x\" }) { problems { code } } }"),
];

async fn a_token_is_for_what_was_chosen(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    for scope in ["read", "submit", "grade", "content", "roster", "admin", "all"] {
        let made = make(&site, &admin, json!({ "name": scope, "scopes": [scope.to_uppercase()] })).await;
        let token = token(&made);
        assert!(token.starts_with("lct_") && token.len() == 47, "{token}");
        assert_eq!(made["session"]["scopes"], json!([scope.to_uppercase()]));
        for (needed, mutation) in NEEDS {
            let answer = site.post(Some(token), mutation, json!({})).await;
            let code = &answer["errors"][0]["extensions"]["code"];
            let allowed = scope == needed || scope == "all";
            assert_eq!(code == "SCOPE_MISSING", !allowed, "{scope} for {needed}: {answer}");
        }
        // What everybody may see is seen with any; what only who runs the site sees, with those that are for reading.
        let seen = site.ask(token, "{ viewer { isAdmin user { email } } workers { name } }", json!({})).await;
        assert_eq!(seen["viewer"]["user"]["email"], "admin@example.org");
        assert_eq!(seen["viewer"]["isAdmin"], json!(matches!(scope, "admin" | "all")), "{scope}");
    }
    // What a token makes must not outlive it.
    let made = make(&site, &admin, json!({ "name": "admin", "scopes": ["ADMIN"] })).await;
    let input = json!({ "email": "evil@example.org", "name": "Evil", "password": PASSWORD, "admin": true });
    assert_eq!(problem(&change(&site, Some(token(&made)), "createUser", input, "user { id }").await), "NOT_ALLOWED");
    site.end().await;
}

async fn a_token_of_one_course_knows_no_other(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    site.enrolled(&admin, "tea@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    let enroll = json!({ "email": "tea@example.org", "course": "python-first-steps", "role": "INSTRUCTOR" });
    change(&site, Some(&admin), "enroll", enroll, "enrolled").await;
    let teacher = site.sign_in("tea@example.org").await;
    let query = "query($key: String!) { course(key: $key) { id viewerEnrollment { id } roster: enrollments { nodes { id } } } }";
    let id = |answer: &Value| answer["course"]["id"].clone();
    let home = id(&site.ask(&teacher, query, json!({ "key": "data-in-the-wild" })).await);
    for owner in [&teacher, &admin] {
        let made = make(&site, owner, json!({ "name": "one course", "scopes": ["ALL"], "courses": [home] })).await;
        assert_eq!(made["session"]["courses"], json!([{ "id": home }]));
        let token = token(&made);
        let mut roster = Vec::new();
        for key in ["data-in-the-wild", "python-first-steps"] {
            let answer = site.ask(token, query, json!({ "key": key })).await;
            roster.push(answer["course"]["roster"]["nodes"].as_array().expect("a list").len());
        }
        assert_eq!(roster, [1, 0]);
        let jobs = site.ask(token, "{ jobs(first: 100) { nodes { course { key } } } }", json!({})).await;
        let jobs = jobs["jobs"]["nodes"].as_array().expect("a list").clone();
        assert!(jobs.iter().all(|job| job["course"]["key"] == "data-in-the-wild"), "{jobs:#?}");
        // Who runs the site does not by such a token.
        let refused = site.post(Some(token), "mutation { rotateKeys { problems { code } } }", json!({})).await;
        assert_eq!(refused["data"]["rotateKeys"]["problems"][0]["code"], "NOT_ALLOWED", "{refused}");
    }
    let unknown = make(&site, &teacher, json!({ "name": "x", "scopes": ["READ"], "courses": ["crs_nonono"] })).await;
    assert_eq!(problem(&unknown), "COURSE_UNKNOWN");
    site.end().await;
}

async fn a_token_ends_and_makes_no_others(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    let made = make(&site, &admin, json!({ "name": "all", "scopes": ["ALL"] })).await;
    let all = token(&made);
    let more = make(&site, all, json!({ "name": "more", "scopes": ["READ"] })).await;
    assert_eq!(problem(&more), "NOT_ALLOWED");
    let password = json!({ "password": PASSWORD, "newPassword": "another good one 42" });
    assert_eq!(problem(&change(&site, Some(all), "changePassword", password, "changed").await), "NOT_ALLOWED");
    let ended = site.ask(all, "mutation { endOtherSessions { problems { code } } }", json!({})).await;
    assert_eq!((problem(&ended["endOtherSessions"]), refusal(&site, &admin).await), ("NOT_ALLOWED", None));
    let short = make(&site, &admin, json!({ "name": "a day", "scopes": ["READ"], "days": 1 })).await;
    let db = site.app.kernel.deps.db.write_connection();
    let over = "UPDATE session SET expires_at = 1 WHERE name = 'a day'";
    db.execute_raw(Statement::from_string(db.get_database_backend(), over)).await.expect("it is old");
    assert!(refusal(&site, token(&short)).await.is_some_and(|why| why.contains("expired")));
    assert_eq!(refusal(&site, all).await, None);
    let end = json!({ "session": made["session"]["id"] });
    assert_eq!(change(&site, Some(&admin), "endSession", end, "ended").await["ended"], true);
    assert!(refusal(&site, all).await.is_some_and(|why| why.contains("not good any more")));
    site.end().await;
}

async fn what_is_no_token_to_be_made_is_told_so(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    for (input, code) in [
        (json!({ "name": " ", "scopes": ["READ"] }), "NAME_INVALID"),
        (json!({ "name": "a\u{1b}b", "scopes": ["READ"] }), "NAME_INVALID"),
        (json!({ "name": "x".repeat(101), "scopes": ["READ"] }), "NAME_INVALID"),
        (json!({ "name": "x", "scopes": [] }), "SCOPE_MISSING"),
        (json!({ "name": "x", "scopes": ["READ"], "days": 0 }), "DAYS_INVALID"),
        (json!({ "name": "x", "scopes": ["READ"], "days": 367 }), "DAYS_INVALID"),
        (json!({ "name": "x", "scopes": ["READ"], "courses": [] }), "COURSE_UNKNOWN"),
        (json!({ "name": "x", "scopes": ["READ"], "email": "admin@example.org" }), "NOT_ALLOWED"),
    ] {
        assert_eq!(problem(&make(&site, &admin, input.clone()).await), code, "{input}");
    }
    let many = (0..50).map(|number| json!({ "name": format!("{number}"), "scopes": ["READ"] }));
    for input in many {
        assert_eq!(make(&site, &admin, input).await["problems"], json!([]));
    }
    assert_eq!(problem(&make(&site, &admin, json!({ "name": "51", "scopes": ["READ"] })).await), "TOO_MANY");
    site.end().await;
}
