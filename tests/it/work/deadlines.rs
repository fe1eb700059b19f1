//! Deadlines, more time, and what lateness costs.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client;
use tests::mailbox;
use tests::site::JOB;
use tests::stories;

use super::{COURSE, Desk, days_from_now, wall};

stories![
    what_comes_too_late_is_kept,
    more_time_is_asked_for_and_granted,
    lateness_costs_what_the_policy_says,
    what_comes_within_the_grace_is_on_time_wherever_that_is_told
];

async fn what_comes_too_late_is_kept(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let answer = desk.submit(&ada, "letter", "# late").await;
    assert_eq!((&answer["submission"], &answer["problems"][0]["code"]), (&Value::Null, &json!("LOCKED")));
    assert!(
        answer["problems"][0]["message"].as_str().is_some_and(|told| told.contains("ask your teacher")),
        "{answer}"
    );
    assert!(answer["backup"]["id"].is_string(), "{answer}");
    // The ok client is told in its manner, each time the same.
    let query = "mutation { createToken(input: { name: \"ok\", scopes: [ALL] }) { token } }";
    let token = desk.ask(&ada, query, json!({})).await["createToken"]["token"].as_str().expect("a token").to_owned();
    let headers = [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
    let body = json!({
        "assignment": format!("{COURSE}/letter"), "submit": true,
        "messages": { "file_contents": { "main.py": "x" }, "analytics": { "time-utc": "2026-01-01 00:00:00.000001" } },
    });
    let mut keys = Vec::new();
    for _ in 0..3 {
        let sent =
            client::send(desk.site.address, Method::POST, "/api/v3/backups/", headers.clone(), body.to_string()).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
        let told = sent.json();
        assert!(
            told["message"].as_str().is_some_and(|text| text.starts_with("Late Submission of writing/letter")),
            "{told}"
        );
        assert_eq!(told["data"]["late"], true);
        keys.push(told["data"]["key"].clone());
    }
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    let kept = desk.about(&ada, "letter", "backups { nodes { isResent doneAt } } viewerFinal { id }").await;
    let kinds: Vec<&Value> =
        kept["backups"]["nodes"].as_array().expect("backups").iter().map(|row| &row["isResent"]).collect();
    assert_eq!(kinds, [&json!(false), &json!(true)], "what is older came later: {kept}");
    assert_eq!(kept["backups"]["nodes"][1]["doneAt"], "2026-01-01T00:00:00.000001Z");
    assert_eq!(kept["viewerFinal"], Value::Null);
    desk.site.end().await;
}

const EXTENSION: &str = "extension { id state dueAt answer user { email } }";

async fn more_time_is_asked_for_and_granted(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, eve) = (desk.student("ada").await, desk.student("eve").await);
    let letter = desk.assignment(&ada, "letter").await;
    let wish = |days: i32| json!({ "assignment": letter, "until": { "days": days }, "reason": "I was ill." });
    assert_eq!(desk.refused(&ada, "requestExtension", wish(0)).await, "BAD_TIME");
    assert_eq!(desk.refused(&ada, "requestExtension", wish(367)).await, "BAD_TIME");
    let asked = desk.change(&ada, "requestExtension", wish(25), EXTENSION).await;
    assert_eq!(asked["extension"]["state"], "REQUESTED", "{asked}");
    assert_eq!(desk.refused(&ada, "requestExtension", wish(26)).await, "ALREADY_REQUESTED");
    let key = &asked["extension"]["id"];
    let yes = json!({ "extension": key, "decision": "GRANT", "answer": "Get well." });
    assert_eq!(desk.refused(&ada, "answerExtension", yes.clone()).await, "NOT_ALLOWED");
    assert_eq!(desk.refused(&eve, "answerExtension", yes.clone()).await, "EXTENSION_UNKNOWN");
    let granted = desk.change(&desk.admin, "answerExtension", yes.clone(), EXTENSION).await;
    assert_eq!(
        (&granted["extension"]["state"], &granted["extension"]["answer"]),
        (&json!("GRANTED"), &json!("Get well."))
    );
    assert_eq!(desk.refused(&desk.admin, "answerExtension", yes).await, "DECIDED");
    // It is on time now, and counts.
    let mine = desk.about(&ada, "letter", "viewerDeadline { dueAt lockAt isExtended }").await;
    assert_eq!(
        (&mine["viewerDeadline"]["isExtended"], &mine["viewerDeadline"]["dueAt"]),
        (&json!(true), &granted["extension"]["dueAt"])
    );
    let answer = desk.submit(&ada, "letter", "# in time").await;
    assert_eq!(answer["submission"]["lateness"], 0.0, "{answer}");
    let late = "submissions(filter: { isLate: true }) { nodes { id } }";
    assert_eq!(desk.about(&desk.admin, "letter", late).await["submissions"]["nodes"], json!([]));
    // Whoever shares her work has the time, too.
    let pair = json!({ "assignment": letter, "emails": ["ada@example.org", "eve@example.org"] });
    assert_eq!(desk.change(&desk.admin, "formGroup", pair, "").await["problems"], json!([]));
    let theirs = desk.about(&eve, "letter", "viewerDeadline { isExtended } viewerFinal { id }").await;
    assert_eq!(
        theirs,
        json!({ "viewerDeadline": { "isExtended": true }, "viewerFinal": { "id": answer["submission"]["id"] } })
    );
    // Taken back, it is late, and what comes now is too late.
    let back = json!({ "extension": key });
    assert_eq!(desk.refused(&ada, "withdrawExtension", back.clone()).await, "NOT_ALLOWED");
    assert_eq!(desk.change(&desk.admin, "withdrawExtension", back, EXTENSION).await["extension"]["state"], "WITHDRAWN");
    assert_eq!(desk.about(&desk.admin, "letter", late).await["submissions"]["nodes"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.submit(&eve, "letter", "# again").await["problems"][0]["code"], "LOCKED");
    for (seen, words) in [(0, "is on time until"), (1, "has been taken back or replaced")] {
        let mail = mailbox::letter(&desk.site, "ada@example.org", "extension", seen).await;
        assert!(mail.text.contains(words) && mail.text.contains("Get well."), "{}", mail.text);
    }
    // Unasked, as the clock on the wall shows it.
    let until = json!({ "local": wall(days_from_now(2.0)) });
    let unasked =
        json!({ "assignment": letter, "email": "eve@example.org", "until": until, "reason": "A fire drill." });
    assert_eq!(desk.refused(&eve, "grantExtension", unasked.clone()).await, "NOT_ALLOWED");
    assert_eq!(desk.change(&desk.admin, "grantExtension", unasked, EXTENSION).await["problems"], json!([]));
    assert!(desk.submit(&ada, "letter", "# again").await["submission"].is_object());
    let all = desk.about(&ada, "letter", "extensions { nodes { state user { email } } }").await;
    assert_eq!(all["extensions"]["nodes"], json!([{ "state": "WITHDRAWN", "user": { "email": "ada@example.org" } }]));
    desk.site.end().await;
}

async fn lateness_costs_what_the_policy_says(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let query = "subscription($assignment: ID!) { assignmentActivity(assignment: $assignment) { kind cursor } }";
    let poem = desk.assignment(&desk.admin, "poem").await;
    let mut activity = desk.site.follow(&desk.admin, query, json!({ "assignment": poem })).await;
    desk.submit(&ada, "essay", "# of another assignment").await;
    let answer = desk.submit(&ada, "poem", "def add(a, b): return a + b").await;
    let mut events = desk.site.follow(&ada, JOB, json!({ "id": answer["job"]["id"] })).await;
    while let tests::graphql_ws::Said::Next(_) = events.said().await {}
    let grade =
        "viewerWork { grade { earned maximum daysLate slipDays deduction points explanation { rule points text } } }";
    let mine = desk.about(&ada, "poem", grade).await["viewerWork"]["grade"].take();
    // A day and a half: two days, of which one is paid by the only slip day.
    let rest =
        json!({ "daysLate": 2, "slipDays": 1, "deduction": "1", "points": "9", "earned": "10", "maximum": "10" });
    for (field, value) in rest.as_object().expect("fields") {
        assert_eq!(mine[field], *value, "{field}: {mine}");
    }
    let steps: Vec<_> =
        mine["explanation"].as_array().expect("steps").iter().map(|step| (&step["rule"], &step["points"])).collect();
    let [earned, slip, late] =
        [("EARNED", "10"), ("SLIP_DAYS", "0"), ("LATE", "-1")].map(|(rule, points)| (json!(rule), json!(points)));
    assert_eq!(steps, [(&earned.0, &earned.1), (&slip.0, &slip.1), (&late.0, &late.1)]);
    let first = activity.next().await["data"]["assignmentActivity"].take();
    assert_eq!(first["kind"], "submission.received");
    let behind = &first["cursor"];
    for kind in ["run.finished", "score.stored"] {
        assert_eq!(activity.next().await["data"]["assignmentActivity"]["kind"], kind);
    }
    // Who comes back hears what came since, of this assignment alone.
    desk.submit(&ada, "essay", "# more of another assignment").await;
    let query = "subscription($assignment: ID!, $after: String) { assignmentActivity(assignment: $assignment, after: $after) { kind cursor } }";
    let mut all = desk.site.follow(&desk.admin, query, json!({ "assignment": poem, "after": behind })).await;
    for kind in ["run.finished", "score.stored"] {
        assert_eq!(all.next().await["data"]["assignmentActivity"]["kind"], kind);
    }
    // An extension gives the points back.
    let until = json!({ "local": wall(days_from_now(1.0)) });
    let input = json!({ "assignment": desk.assignment(&ada, "poem").await, "email": "ada@example.org", "until": until, "reason": "Ill." });
    desk.change(&desk.admin, "grantExtension", input, "").await;
    let mine = desk.about(&ada, "poem", grade).await["viewerWork"]["grade"].take();
    assert_eq!((&mine["points"], &mine["daysLate"]), (&json!("10"), &json!(0)), "{mine}");
    desk.site.end().await;
}

async fn what_comes_within_the_grace_is_on_time_wherever_that_is_told(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    desk.handed_in(&ada, "poem", "# a day and a half after the deadline").await;
    let told = async || {
        let fields = "standings { late submitted } works(filter: { standing: LATE }) { nodes { id } } \
                      submissions(filter: { isLate: true }) { nodes { lateness } }";
        let mut poem = desk.about(&desk.admin, "poem", fields).await;
        let bearer = [("authorization", format!("Bearer {}", desk.admin))];
        let path = format!("/api/exports/{COURSE}/poem/finals.jsonl?late=true");
        let lines = client::send(desk.site.address, Method::GET, &path, bearer, "").await.text();
        poem["lines"] = json!(lines.lines().count() - 1);
        poem["grade"] =
            desk.about(&ada, "poem", "viewerWork { grade { daysLate } }").await["viewerWork"]["grade"].take();
        poem
    };
    let late = told().await;
    assert!(late["submissions"]["nodes"][0]["lateness"].as_f64().is_some_and(|late| late > 86_400.0), "{late}");
    assert_eq!(
        (&late["standings"]["late"], late["works"]["nodes"].as_array().map(Vec::len), &late["lines"]),
        (&json!(1), Some(1), &json!(1))
    );
    let policy = json!({ "grace": 7 * 86_400, "percentPerDay": "10", "of": "EARNED" });
    let change = json!({ "assignment": desk.assignment(&ada, "poem").await, "latePolicy": policy });
    assert_eq!(desk.change(&desk.admin, "updateAssignment", change, "").await["problems"], json!([]));
    let wanted = json!({ "standings": { "late": 0, "submitted": 1 }, "works": { "nodes": [] }, "submissions": { "nodes": [] }, "lines": 0, "grade": { "daysLate": 0 } });
    assert_eq!(told().await, wanted);
    desk.site.end().await;
}
