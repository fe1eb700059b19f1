//! Students put themselves on a roster, by a code.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::site::Site;
use tests::stories;

use super::{COURSE, account, campus, change, log, problem};

stories![a_code_lets_students_in_until_it_ends, wrong_codes_are_tried_only_so_often];

async fn join(site: &Site, token: &str, code: &str) -> Value {
    let answer = "enrollment { id role labSection course { key } }";
    change(site, token, "joinCourse", json!({ "code": code }), answer).await
}

async fn make(site: &Site, token: &str, more: Value) -> Value {
    let mut input = json!({ "course": COURSE });
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    change(site, token, "createJoinCode", input, "code joinCode { id labSection maxUses uses isOpen }").await
}

async fn a_code_lets_students_in_until_it_ends(backend: Backend) {
    let (site, admin) = campus(backend).await;
    let teacher = site.enrolled(&admin, "tea@example.org", COURSE, "INSTRUCTOR").await;
    let grader = site.enrolled(&admin, "gra@example.org", COURSE, "GRADER").await;
    let mut people = Vec::new();
    for name in ["ada", "ben", "eve"] {
        account(&site, &admin, &format!("{name}@example.org")).await;
        people.push(site.sign_in(&format!("{name}@example.org")).await);
    }
    let [ada, ben, eve] = people.try_into().expect("three");
    let made = make(&site, &teacher, json!({ "labSection": " A1 ", "maxUses": 2 })).await;
    let code = made["code"].as_str().expect("a code").to_owned();
    assert_eq!(code.len(), 32, "{made}");
    let shown = json!({ "id": made["joinCode"]["id"], "labSection": "A1", "maxUses": 2, "uses": 0, "isOpen": true });
    assert_eq!(made["joinCode"], shown);
    let joined = join(&site, &ada, &format!(" {}\n", code.to_uppercase())).await;
    assert_eq!(joined["enrollment"]["role"], "STUDENT", "{joined}");
    assert_eq!(joined["enrollment"]["labSection"], "A1");
    // Who takes part stays as they are, and takes nobody's place.
    assert_eq!(join(&site, &ada, &code).await["enrollment"]["id"], joined["enrollment"]["id"]);
    assert_eq!(join(&site, &grader, &code).await["enrollment"]["role"], "GRADER");
    // Of two who want the last place at once, one gets it.
    let (one, other) = tokio::join!(join(&site, &ben, &code), join(&site, &eve, &code));
    let got = [&one, &other].iter().filter(|answer| answer["enrollment"].is_object()).count();
    assert_eq!(got, 1, "{one} {other}");
    let codes = "{ course(key: \"data-in-the-wild\") { joinCodes { nodes { uses isOpen creator { email } } } } }";
    let listed = site.ask(&teacher, codes, json!({})).await["course"]["joinCodes"]["nodes"].take();
    assert_eq!(listed, json!([{ "uses": 2, "isOpen": false, "creator": { "email": "tea@example.org" } }]));
    for token in [&grader, &ada] {
        assert_eq!(site.ask(token, codes, json!({})).await["course"]["joinCodes"]["nodes"], json!([]));
        assert_eq!(problem(&make(&site, token, json!({})).await), "NOT_ALLOWED");
        let revoke = json!({ "joinCode": made["joinCode"]["id"] });
        assert_eq!(problem(&change(&site, token, "revokeJoinCode", revoke, "joinCode { id }").await), "CODE_UNKNOWN");
    }
    // One that was ended lets nobody in.
    let left = if one["enrollment"].is_object() { &eve } else { &ben };
    let open = make(&site, &teacher, json!({ "expiresAt": "2100-01-01T00:00:00Z" })).await;
    let revoke = json!({ "joinCode": open["joinCode"]["id"] });
    let ended = change(&site, &teacher, "revokeJoinCode", revoke, "joinCode { isOpen revokedAt }").await;
    assert_eq!(ended["joinCode"]["isOpen"], false, "{ended}");
    assert_eq!(problem(&join(&site, left, open["code"].as_str().expect("a code")).await), "CODE_UNKNOWN");
    for (more, code) in [
        (json!({ "expiresAt": "2020-01-01T00:00:00Z" }), "END_INVALID"),
        (json!({ "maxUses": 0 }), "USES_INVALID"),
        (json!({ "labSection": "x".repeat(101) }), "LAB_SECTION_INVALID"),
        (json!({ "course": "nowhere" }), "NOT_ALLOWED"),
    ] {
        assert_eq!(problem(&make(&site, &teacher, more).await), code);
    }
    let actions = log(&site, &admin).await;
    for action in ["join_code.created", "join_code.revoked"] {
        assert!(actions.iter().any(|noted| noted == action), "{action}: {actions:?}");
    }
    // No row has the code, also not the log.
    let base = site.end().await;
    let file = base.data().join("backup");
    let made = crate::keeping::program::run(&base.url, base.data(), &["backup", file.to_str().expect("letters")]).await;
    crate::keeping::program::done(&made);
    let rows = String::from_utf8_lossy(&std::fs::read(&file).expect("a backup")).into_owned();
    assert!(rows.contains("join_code") && !rows.contains(&code));
}

async fn wrong_codes_are_tried_only_so_often(backend: Backend) {
    let (site, admin) = campus(backend).await;
    account(&site, &admin, "ada@example.org").await;
    let ada = site.sign_in("ada@example.org").await;
    let code = make(&site, &admin, json!({})).await["code"].as_str().expect("a code").to_owned();
    for number in 0..10 {
        assert_eq!(problem(&join(&site, &ada, &format!("{number:032}")).await), "CODE_UNKNOWN");
    }
    assert_eq!(problem(&join(&site, &ada, &code).await), "TOO_MANY_ATTEMPTS");
    // Somebody else may, and a token joins nothing.
    account(&site, &admin, "ben@example.org").await;
    let ben = site.sign_in("ben@example.org").await;
    let token = change(&site, &ben, "createToken", json!({ "name": "x", "scopes": ["ALL"] }), "token").await;
    assert_eq!(problem(&join(&site, token["token"].as_str().expect("a token"), &code).await), "NOT_A_PERSON");
    assert_eq!(join(&site, &ben, &code).await["enrollment"]["role"], "STUDENT");
    site.end().await;
}
