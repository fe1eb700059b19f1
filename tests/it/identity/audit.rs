//! The audit log: what was changed about rights is in it, for whom it is meant, and for ever.

use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::{Plan, Site};
use tests::stories;

use super::change;

stories![what_is_changed_about_rights_is_noted_for_ever];

const LOG: &str = "query($filter: AuditFilter) { auditLog(filter: $filter, first: 100) { nodes { \
     action actor { email } user { email } courseId details } } }";

async fn log(site: &Site, token: &str, filter: Value) -> Vec<Value> {
    let answer = site.ask(token, LOG, json!({ "filter": filter })).await;
    answer["auditLog"]["nodes"].as_array().expect("a list").clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().expect("a word")).collect()
}

async fn what_is_changed_about_rights_is_noted_for_ever(backend: Backend) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    let teacher = site.enrolled(&admin, "tea@example.org", "data-in-the-wild", "INSTRUCTOR").await;
    site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
    let elsewhere = site.enrolled(&admin, "eve@example.org", "python-first-steps", "INSTRUCTOR").await;
    let role = json!({ "email": "ada@example.org", "course": "data-in-the-wild", "role": "GRADER" });
    // The same once more changes nothing, and is not noted.
    for _ in 0..2 {
        change(&site, Some(&admin), "enroll", role.clone(), "enrolled").await;
    }
    let all = log(&site, &admin, json!({})).await;
    assert_eq!(actions(&all)[..2], ["enrollment.role_changed", "enrollment.created"], "the newest first: {all:#?}");
    assert_eq!(actions(&all).iter().filter(|action| **action == "user.created").count(), 4);
    let changed = &all[0];
    assert_eq!(
        (&changed["actor"]["email"], &changed["user"]["email"]),
        (&json!("admin@example.org"), &json!("ada@example.org"))
    );
    assert_eq!(changed["details"], json!({ "before": "student", "role": "grader" }));
    // Who teaches a course sees what is of it, and nothing else; who does not review the roster sees nothing.
    let theirs = log(&site, &teacher, json!({})).await;
    assert_eq!(actions(&theirs), ["enrollment.role_changed", "enrollment.created", "enrollment.created"]);
    assert_eq!(theirs[0]["actor"], Value::Null, "who runs the site is nobody of theirs");
    assert_eq!(actions(&log(&site, &elsewhere, json!({})).await), ["enrollment.created"]);
    let grader = site.sign_in("ada@example.org").await;
    assert_eq!(log(&site, &grader, json!({})).await, Vec::<Value>::new());
    // Searched.
    let course = theirs[0]["courseId"].clone();
    for (filter, found) in [
        (json!({ "action": "enrollment." }), 4),
        (json!({ "action": "enrollment.role_changed" }), 1),
        (json!({ "action": "enrollment.", "course": course }), 3),
        (json!({ "beforeAt": "2020-01-01T00:00:00Z" }), 0),
        (json!({ "sinceAt": "2020-01-01T00:00:00Z", "action": "enrollment." }), 4),
    ] {
        assert_eq!(log(&site, &admin, filter.clone()).await.len(), found, "{filter}");
    }
    let wrong = site.post(Some(&admin), LOG, json!({ "filter": { "action": "%" } })).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_INPUT");
    // The database itself refuses to forget.
    let db = site.app.kernel.deps.db.write_connection();
    for text in ["UPDATE audit_entry SET details = '{}'", "DELETE FROM audit_entry"] {
        let refused = db.execute_raw(Statement::from_string(db.get_database_backend(), text)).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("only added to")), "{text}");
    }
    assert_eq!(log(&site, &admin, json!({})).await, all);
    site.end().await;
}
