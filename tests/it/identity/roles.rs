//! What roles allow, who gives them, and whose a course is.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::site::{Plan, Site};
use tests::stories;

use super::{account, change, problem};

stories![
    nobody_gives_what_they_do_not_have,
    a_course_says_what_its_roles_allow,
    who_had_a_role_that_goes_is_left_with_its_kind,
    somebody_always_runs_the_site,
    a_course_has_one_owner_whom_nobody_removes,
    who_is_removed_loses_the_socket_at_once,
    who_acts_in_anothers_name_is_named
];

async fn enroll(site: &Site, by: &str, email: &str, role: &str) -> Value {
    let input = json!({ "email": email, "course": "data-in-the-wild", "role": role });
    change(site, Some(by), "enroll", input, "enrolled").await
}

async fn remove(site: &Site, by: &str, email: &str) -> Value {
    change(site, Some(by), "unenroll", json!({ "email": email, "course": "data-in-the-wild" }), "removed").await
}

async fn set(site: &Site, by: &str, key: &str, kind: &str, permissions: &[&str]) -> Value {
    let input =
        json!({ "course": "data-in-the-wild", "key": key, "name": "A role", "kind": kind, "permissions": permissions });
    change(site, Some(by), "setRole", input, "role { key permissions }").await
}

/// Whether somebody may see the roster.
async fn sees_roster(site: &Site, token: &str) -> bool {
    let query = "{ course(key: \"data-in-the-wild\") { enrollments(first: 100) { nodes { id } } } }";
    site.ask(token, query, json!({})).await["course"]["enrollments"]["nodes"]
        .as_array()
        .is_some_and(|all| all.len() > 1)
}

async fn campus(backend: Backend) -> (Site, String) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    (site, admin)
}

async fn nobody_gives_what_they_do_not_have(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let teacher = site.enrolled(&admin, "tea@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    let grader = site.enrolled(&admin, "gra@example.org", "data-in-the-wild", "GRADER").await;
    let elsewhere = site.enrolled(&admin, "eve@example.org", "python-first-steps", "INSTRUCTOR").await;
    account(&site, &admin, "ada@example.org").await;
    assert_eq!(enroll(&site, &teacher, "ada@example.org", "STUDENT").await["enrolled"], true);
    for by in [&grader, &elsewhere] {
        assert_eq!(problem(&enroll(&site, by, "ada@example.org", "GRADER").await), "NOT_ALLOWED");
        assert_eq!(problem(&remove(&site, by, "ada@example.org").await), "NOT_ALLOWED");
        assert_eq!(problem(&set(&site, by, "grader", "GRADER", &["ATTEND"]).await), "NOT_ALLOWED");
    }
    // A course that there is not looks like one that is not theirs.
    let nowhere = json!({ "email": "ada@example.org", "course": "nowhere", "role": "STUDENT" });
    assert_eq!(problem(&change(&site, Some(&teacher), "enroll", nowhere.clone(), "enrolled").await), "NOT_ALLOWED");
    assert_eq!(problem(&change(&site, Some(&admin), "enroll", nowhere, "enrolled").await), "COURSE_UNKNOWN");
    // Somebody who may change the roster, and less than who teaches.
    let clerk = set(&site, &teacher, "clerk", "TEACHING_ASSISTANT", &["ATTEND", "SEE_ROSTER", "MANAGE_ROSTER"]).await;
    assert_eq!(clerk["role"]["key"], "clerk", "{clerk}");
    let give =
        json!({ "email": "ada@example.org", "course": "data-in-the-wild", "role": "STUDENT", "roleKey": "clerk" });
    assert_eq!(change(&site, Some(&teacher), "enroll", give, "enrolled").await["enrolled"], true);
    let ada = site.sign_in("ada@example.org").await;
    account(&site, &admin, "new@example.org").await;
    assert_eq!(enroll(&site, &ada, "new@example.org", "STUDENT").await["enrolled"], true);
    for role in ["GRADER", "INSTRUCTOR"] {
        assert_eq!(problem(&enroll(&site, &ada, "new@example.org", role).await), "BEYOND_YOURS");
    }
    assert_eq!(problem(&enroll(&site, &ada, "tea@example.org", "STUDENT").await), "BEYOND_YOURS", "nor takes it");
    assert_eq!(problem(&remove(&site, &ada, "tea@example.org").await), "BEYOND_YOURS");
    assert_eq!(problem(&enroll(&site, &ada, "ada@example.org", "INSTRUCTOR").await), "BEYOND_YOURS");
    // A token for rosters gives what its owner has, and sees no more for that.
    let token = json!({ "name": "rosters", "scopes": ["ROSTER"] });
    let token = change(&site, Some(&teacher), "createToken", token, "token").await["token"].take();
    let token = token.as_str().expect("a token");
    assert_eq!(enroll(&site, token, "new@example.org", "GRADER").await["enrolled"], true);
    let reviews = "{ course(key: \"data-in-the-wild\") { viewerCanReviewWork } }";
    assert_eq!(site.ask(token, reviews, json!({})).await["course"]["viewerCanReviewWork"], false);
    let unknown =
        json!({ "email": "new@example.org", "course": "data-in-the-wild", "role": "STUDENT", "roleKey": "king" });
    assert_eq!(problem(&change(&site, Some(&teacher), "enroll", unknown, "enrolled").await), "ROLE_UNKNOWN");
    site.end().await;
}

async fn a_course_says_what_its_roles_allow(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let teacher = site.enrolled(&admin, "tea@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    let grader = site.enrolled(&admin, "gra@example.org", "data-in-the-wild", "GRADER").await;
    assert!(sees_roster(&site, &grader).await);
    let less = set(&site, &teacher, "grader", "GRADER", &["ATTEND", "REVIEW_WORK"]).await;
    assert_eq!(less["role"]["permissions"], json!(["ATTEND", "REVIEW_WORK"]), "{less}");
    assert!(!sees_roster(&site, &grader).await, "at once, with the token that they have");
    let again = set(&site, &teacher, "grader", "GRADER", &["ATTEND", "SEE_ROSTER"]).await;
    assert_eq!(again["problems"], json!([]));
    assert!(sees_roster(&site, &grader).await);
    // The site says it for all courses that say nothing else.
    let of_site =
        json!({ "key": "teaching_assistant", "name": "TA", "kind": "TEACHING_ASSISTANT", "permissions": ["ATTEND"] });
    assert_eq!(
        problem(&change(&site, Some(&teacher), "setRole", of_site.clone(), "role { key }").await),
        "NOT_ALLOWED"
    );
    let assistant = site.enrolled(&admin, "ta@example.org", "data-in-the-wild", "TEACHING_ASSISTANT").await;
    assert!(sees_roster(&site, &assistant).await);
    change(&site, Some(&admin), "setRole", of_site, "role { key }").await;
    assert!(!sees_roster(&site, &assistant).await);
    let roles = "{ course(key: \"data-in-the-wild\") { roles { key permissions } } }";
    let listed = site.ask(&teacher, roles, json!({})).await["course"]["roles"].take();
    let permissions = |key: &str| {
        let found = listed.as_array().and_then(|all| all.iter().find(|role| role["key"] == key));
        found.unwrap_or_else(|| panic!("no {key}: {listed}"))["permissions"].clone()
    };
    assert_eq!((permissions("teaching_assistant"), permissions("student")), (json!(["ATTEND"]), json!(["ATTEND"])));
    assert_eq!(permissions("grader"), json!(["ATTEND", "SEE_ROSTER"]));
    assert_eq!(site.ask(&assistant, roles, json!({})).await["course"]["roles"], json!([]));
    for (key, kind, permissions, code) in [
        ("Head TA", "GRADER", ["ATTEND"].as_slice(), "KEY_INVALID"),
        ("grader", "STUDENT", &["ATTEND"], "KEY_INVALID"),
        ("head_ta", "GRADER", &["REVIEW_WORK"], "ATTEND_MISSING"),
    ] {
        assert_eq!(problem(&set(&site, &teacher, key, kind, permissions).await), code, "{key}");
    }
    site.end().await;
}

async fn who_had_a_role_that_goes_is_left_with_its_kind(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let teacher = site.enrolled(&admin, "tea@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    let head = site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
    set(&site, &teacher, "head_ta", "STUDENT", &["ATTEND", "SEE_ROSTER"]).await;
    let give =
        json!({ "email": "ada@example.org", "course": "data-in-the-wild", "role": "STUDENT", "roleKey": "head_ta" });
    assert_eq!(change(&site, Some(&teacher), "enroll", give, "enrolled").await["enrolled"], true);
    assert!(sees_roster(&site, &head).await);
    let remove = |by: String, course: Option<&'static str>, key: &'static str| {
        let (site, input) = (&site, json!({ "course": course, "key": key }));
        async move { change(site, Some(&by), "removeRole", input, "people").await }
    };
    let here = Some("data-in-the-wild");
    let own = "{ viewer { user { enrollments { nodes { role ownRole { key name permissions } } } } } }";
    let mine = site.ask(&head, own, json!({})).await["viewer"]["user"]["enrollments"]["nodes"][0].take();
    let role = json!({ "key": "head_ta", "name": "A role", "permissions": ["ATTEND", "SEE_ROSTER"] });
    assert_eq!(mine, json!({ "role": "STUDENT", "ownRole": role }));
    assert_eq!(problem(&remove(head.clone(), here, "head_ta").await), "NOT_ALLOWED");
    assert_eq!(problem(&remove(teacher.clone(), here, "grader").await), "ROLE_UNKNOWN");
    assert_eq!(problem(&remove(teacher.clone(), None, "grader").await), "NOT_ALLOWED");
    assert_eq!(problem(&remove(admin.clone(), Some("nowhere"), "grader").await), "COURSE_UNKNOWN");
    assert_eq!(remove(teacher.clone(), here, "head_ta").await["people"], 1);
    assert!(!sees_roster(&site, &head).await, "at once, with the token that they have");
    let mine = site.ask(&head, own, json!({})).await["viewer"]["user"]["enrollments"]["nodes"][0].take();
    assert_eq!(mine, json!({ "role": "STUDENT", "ownRole": null }));
    // What is said of a kind goes the same way, but not by whom it would give more than they have.
    set(&site, &admin, "instructor", "INSTRUCTOR", &["ATTEND", "SEE_ROSTER", "MANAGE_ROLES"]).await;
    assert_eq!(problem(&remove(teacher.clone(), here, "instructor").await), "BEYOND_YOURS");
    assert_eq!(remove(admin, here, "instructor").await["people"], 0);
    set(&site, &teacher, "grader", "GRADER", &["ATTEND"]).await;
    assert_eq!(remove(teacher, here, "grader").await["people"], 0);
    site.end().await;
}

async fn somebody_always_runs_the_site(backend: Backend) {
    let (site, admin) = campus(backend).await;
    account(&site, &admin, "ada@example.org").await;
    let ada = site.sign_in("ada@example.org").await;
    let set = |by: String, email: &'static str, admin: bool| {
        let (site, input) = (&site, json!({ "email": email, "admin": admin }));
        async move { change(site, Some(&by), "setAdmin", input, "user { email }").await }
    };
    assert_eq!(problem(&set(ada.clone(), "ada@example.org", true).await), "NOT_ALLOWED");
    assert_eq!(problem(&set(admin.clone(), "admin@example.org", false).await), "ONESELF");
    assert_eq!(problem(&set(admin.clone(), "nobody@example.org", true).await), "USER_UNKNOWN");
    let invited = json!({ "email": "new@example.org", "name": "New" });
    change(&site, Some(&admin), "inviteUser", invited, "user { id }").await;
    assert_eq!(problem(&set(admin.clone(), "new@example.org", true).await), "USER_UNKNOWN", "nobody uses it yet");
    let made = change(&site, Some(&admin), "createToken", json!({ "name": "x", "scopes": ["ADMIN"] }), "token").await;
    let token = made["token"].as_str().expect("a token").to_owned();
    assert_eq!(problem(&set(token, "ada@example.org", true).await), "NOT_ALLOWED");
    assert_eq!(set(admin.clone(), "ada@example.org", true).await["problems"], json!([]));
    assert!(super::refusal(&site, &ada).await.is_some(), "what was opened for somebody who may less has ended");
    let ada = site.sign_in("ada@example.org").await;
    // Of two who take it from each other, one is first.
    let (one, other) =
        tokio::join!(set(ada.clone(), "admin@example.org", false), set(admin.clone(), "ada@example.org", false));
    let refused = [&one, &other].into_iter().filter(|payload| payload["problems"] != json!([])).count();
    assert_eq!(refused, 1, "{one} {other}");
    site.end().await;
}

async fn a_course_has_one_owner_whom_nobody_removes(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let teacher = site.enrolled(&admin, "tea@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    let other = site.enrolled(&admin, "oth@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    let transfer = |by: &str, email: &str| {
        let input = json!({ "course": "data-in-the-wild", "email": email });
        let by = by.to_owned();
        let site = &site;
        async move { change(site, Some(&by), "transferCourse", input, "transferred").await }
    };
    assert_eq!(problem(&transfer(&teacher, "tea@example.org").await), "NOT_ALLOWED");
    assert_eq!(transfer(&admin, "tea@example.org").await["transferred"], true);
    assert_eq!(problem(&enroll(&site, &other, "tea@example.org", "STUDENT").await), "OWNER");
    assert_eq!(problem(&remove(&site, &other, "tea@example.org").await), "OWNER");
    assert_eq!(problem(&transfer(&other, "oth@example.org").await), "NOT_ALLOWED");
    // Whatever the course says of instructors, its owner may everything.
    let owner = site.sign_in("tea@example.org").await;
    assert_eq!(set(&site, &owner, "instructor", "INSTRUCTOR", &["ATTEND"]).await["problems"], json!([]));
    assert!(sees_roster(&site, &owner).await && !sees_roster(&site, &other).await);
    assert_eq!(transfer(&owner, "oth@example.org").await["transferred"], true);
    assert!(sees_roster(&site, &other).await && !sees_roster(&site, &owner).await);
    let owners =
        "{ course(key: \"data-in-the-wild\") { enrollments(first: 100) { nodes { isOwner user { email } } } } }";
    let owners = site.ask(&admin, owners, json!({})).await["course"]["enrollments"]["nodes"].take();
    let owners: Vec<_> =
        owners.as_array().expect("a list").iter().filter(|one| one["isOwner"] == true).cloned().collect();
    assert_eq!(owners, [json!({ "isOwner": true, "user": { "email": "oth@example.org" } })]);
    site.end().await;
}

async fn who_is_removed_loses_the_socket_at_once(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let teacher = site.enrolled(&admin, "tea@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    let grader = site.enrolled(&admin, "gra@example.org", "data-in-the-wild", "GRADER").await;
    let course =
        site.ask(&grader, "{ course(key: \"data-in-the-wild\") { id } }", json!({})).await["course"]["id"].take();
    let activity = "subscription($course: ID!) { courseActivity(course: $course) { kind } }";
    let mut socket = site.follow(&grader, activity, json!({ "course": course })).await;
    socket.next().await;
    assert_eq!(remove(&site, &teacher, "gra@example.org").await["removed"], true);
    loop {
        match socket.said().await {
            Said::Closed { code, .. } => break assert_eq!(code, Some(4403)),
            Said::Next(_) | Said::Complete | Said::Errors(_) => {}
        }
    }
    assert!(!sees_roster(&site, &grader).await);
    assert_eq!(remove(&site, &teacher, "gra@example.org").await["removed"], false);
    site.end().await;
}

async fn who_acts_in_anothers_name_is_named(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let teacher = site.enrolled(&admin, "tea@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    account(&site, &admin, "ada@example.org").await;
    let act = |by: &str, email: &str, reason: &str| {
        let (by, site) = (by.to_owned(), &site);
        let input = json!({ "email": email, "reason": reason });
        async move { change(site, Some(&by), "impersonate", input, "token user { email }").await }
    };
    assert_eq!(problem(&act(&teacher, "ada@example.org", "to look").await), "NOT_ALLOWED");
    assert_eq!(problem(&act(&admin, "ada@example.org", "  ").await), "REASON_MISSING");
    assert_eq!(problem(&act(&admin, "admin@example.org", "to look").await), "RUNS_SITE");
    assert_eq!(problem(&act(&admin, "nobody@example.org", "to look").await), "USER_UNKNOWN");
    let opened = act(&admin, "tea@example.org", "cannot enroll anybody").await;
    let token = opened["token"].as_str().unwrap_or_else(|| panic!("no token: {opened}"));
    let viewer = site.ask(token, "{ viewer { impersonator isAdmin user { email } } }", json!({})).await;
    assert_eq!(
        viewer["viewer"],
        json!({ "impersonator": "Robin Admin", "isAdmin": false, "user": { "email": "tea@example.org" } })
    );
    let own = site.ask(&teacher, "{ viewer { impersonator } }", json!({})).await;
    assert_eq!(own["viewer"]["impersonator"], Value::Null);
    // They work as the other does, but for the account.
    assert_eq!(enroll(&site, token, "ada@example.org", "STUDENT").await["enrolled"], true);
    let password = json!({ "password": tests::site::PASSWORD, "newPassword": "another good one 42" });
    assert_eq!(problem(&change(&site, Some(token), "changePassword", password, "changed").await), "NOT_ALLOWED");
    assert_eq!(
        problem(&change(&site, Some(token), "createToken", json!({ "name": "x", "scopes": ["ALL"] }), "token").await),
        "NOT_ALLOWED"
    );
    for more in [
        "mutation { impersonate(input: { email: \"ada@example.org\", reason: \"x\" }) { token } }",
        "mutation { runProgram(input: { language: \"python3\", files: [{ name: \"a.py\", text: \"\" }] }) { run { id } } }",
    ] {
        let refused = site.post(Some(token), more, json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "SCOPE_MISSING", "{more}");
    }
    let log = "{ auditLog(first: 2) { nodes { action actor { email } user { email } details } } }";
    let log = site.ask(&admin, log, json!({})).await["auditLog"]["nodes"].take();
    assert_eq!(
        (&log[0]["action"], &log[0]["actor"]["email"]),
        (&json!("enrollment.created"), &json!("admin@example.org"))
    );
    assert!(log[0]["details"]["inTheNameOf"].is_string(), "{log:#}");
    assert_eq!(log[1]["details"]["reason"], "cannot enroll anybody");
    // Its owner sees it, and may end it.
    let sessions = "{ viewer { user { sessions { nodes { id name } } } } }";
    let sessions = site.ask(&teacher, sessions, json!({})).await["viewer"]["user"]["sessions"]["nodes"].take();
    assert_eq!(sessions[0]["name"], "somebody who runs the site");
    let end = json!({ "session": sessions[0]["id"] });
    assert_eq!(change(&site, Some(&teacher), "endSession", end, "ended").await["ended"], true);
    assert!(super::refusal(&site, token).await.is_some());
    // So does another password of whoever acts.
    let opened = act(&admin, "tea@example.org", "once more").await;
    let token = opened["token"].as_str().expect("a token");
    assert_eq!(super::refusal(&site, token).await, None);
    let password = json!({ "password": tests::site::PASSWORD, "newPassword": "another good one 42" });
    assert_eq!(change(&site, Some(&admin), "changePassword", password, "changed").await["changed"], true);
    assert!(super::refusal(&site, token).await.is_some());
    site.end().await;
}
