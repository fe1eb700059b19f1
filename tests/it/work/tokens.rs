//! What a token is for: a student's for their own work, staff's for that of others.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::stories;

use super::{COURSE, Desk};

stories![what_is_others_is_changed_by_tokens_that_grade_and_what_is_own_by_those_that_submit];

impl Desk {
    async fn token(&self, of: &str, scopes: &[&str]) -> String {
        let made = self.change(of, "createToken", json!({ "name": "x", "scopes": scopes }), "token").await;
        made["token"].as_str().unwrap_or_else(|| panic!("no token: {made}")).to_owned()
    }

    /// What keeps these changes from being made; none of what keeps one back.
    async fn kept_back(&self, token: &str, changes: &[(&str, Value)]) -> Vec<Value> {
        let mut codes = Vec::new();
        for (name, input) in changes {
            codes.extend(
                self.change(token, name, input.clone(), "").await["problems"].get(0).map(|it| it["code"].clone()),
            );
        }
        codes
    }
}

async fn what_is_others_is_changed_by_tokens_that_grade_and_what_is_own_by_those_that_submit(backend: Backend) {
    let desk = Desk::new(backend).await;
    let teacher = desk.site.enrolled(&desk.admin, "tea@example.org", COURSE, "INSTRUCTOR").await;
    let (ada, eve) = (desk.student("ada").await, desk.student("eve").await);
    let essay = desk.assignment(&ada, "essay").await;
    let pair = json!({ "assignment": essay, "emails": ["ada@example.org", "eve@example.org"] });
    let group = "group { id members { user { id email } } }";
    let group = desk.change(&desk.admin, "formGroup", pair, group).await["group"].take();
    let eves = group["members"][1]["user"]["id"].clone();
    let time = json!({ "assignment": essay, "email": "ada@example.org", "until": { "days": 2 }, "reason": "ill" });
    let extension =
        desk.change(&desk.admin, "grantExtension", time, "extension { id }").await["extension"]["id"].take();
    let submission = desk.handed_in(&ada, "essay", "# 1").await;
    let files = json!([{ "name": "main.py", "text": "# 2" }]);
    let saved = json!({ "assignment": essay, "files": files });
    let backup = desk.change(&ada, "saveBackup", saved, "backup { id }").await["backup"]["id"].take();
    let flag = ("flagSubmission", json!({ "submission": submission }));
    let promote = ("promoteBackup", json!({ "backup": backup }));
    let withdraw = ("withdrawExtension", json!({ "extension": extension }));
    let remove = ("removeFromGroup", json!({ "group": group["id"], "user": eves }));
    let all = [flag.clone(), promote.clone(), withdraw, remove];
    // They see it all, and may change nothing of others'.
    let token = desk.token(&teacher, &["READ", "SUBMIT"]).await;
    assert_eq!(desk.kept_back(&token, &all).await, ["NOT_ALLOWED"; 4]);
    // In another's name nothing is handed in.
    let who = json!({ "email": "tea@example.org", "reason": "x" });
    let token = desk.change(&desk.admin, "impersonate", who, "token").await["token"].take();
    assert_eq!(desk.kept_back(token.as_str().expect("a token"), &[promote]).await, ["NOT_ALLOWED"]);
    let token = desk.token(&ada, &["READ", "GRADE"]).await;
    assert_eq!(desk.kept_back(&token, std::slice::from_ref(&flag)).await, ["NOT_ALLOWED"]);
    let token = desk.token(&ada, &["SUBMIT"]).await;
    assert_eq!(desk.kept_back(&token, &[flag]).await, [json!(null); 0]);
    let token = desk.token(&teacher, &["GRADE"]).await;
    assert_eq!(desk.kept_back(&token, &all).await, [json!(null); 0]);
    assert_eq!(desk.about(&eve, "essay", "groups { nodes { id } }").await["groups"]["nodes"], json!([]));
    desk.site.end().await;
}
