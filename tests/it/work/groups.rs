//! Students who share their work.

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::graphql_ws::Said;
use tests::mailbox;
use tests::site::JOB;
use tests::stories;
use tests::world::numbers;

use super::Desk;

stories![
    members_share_what_counts,
    whoever_accepts_twice_at_once_is_in_one_group,
    the_rules_of_groups_hold,
    a_rule_that_changes_holds_for_who_comes_and_keeps_nobody,
    hand_ins_and_changes_at_once_lose_nothing,
    who_has_left_hears_nothing_of_what_came_before,
    who_is_taken_off_the_roster_is_in_no_group_there,
    whole_groups_leave_the_roster_at_once,
    what_a_mate_sent_comes_in_between,
    groups_close_with_the_deadline_and_each_change_is_told,
    nobody_is_invited_to_what_they_do_not_see
];

const GROUP: &str = "group { id members { isActive user { email } } }";

/// Invites, and answers the id of the group.
async fn invite(desk: &Desk, token: &str, assignment: &str, email: &str) -> Value {
    let input = json!({ "assignment": assignment, "email": email });
    let answer = desk.change(token, "inviteToGroup", input, GROUP).await;
    assert_eq!(answer["problems"], json!([]), "{answer}");
    // Also the first, who was in no group when they asked.
    let members = answer["group"]["members"].as_array().expect("members");
    let told = |member: &Value| member["user"]["email"] == email && member["isActive"] == false;
    assert!(members.len() > 1 && members.iter().any(told), "{answer}");
    answer["group"]["id"].clone()
}

async fn answer(desk: &Desk, token: &str, group: &Value, accept: bool) -> Value {
    desk.change(token, "answerInvitation", json!({ "group": group, "accept": accept }), GROUP).await
}

/// Two who share their work.
async fn pair(desk: &Desk, one: &str, other: &str, email: &str) -> Value {
    let assignment = desk.assignment(one, "essay").await;
    let group = invite(desk, one, &assignment, email).await;
    let answer = answer(desk, other, &group, true).await;
    assert_eq!(answer["problems"], json!([]), "{answer}");
    group
}

const MINE: &str =
    "viewerFinal { id submitter { email } } viewerWork { submissionCount attemptsLeft finalReason group { id } }";

async fn members_share_what_counts(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace, eve) = (desk.student("ada").await, desk.student("grace").await, desk.student("eve").await);
    let before = desk.handed_in(&grace, "essay", "# before").await;
    let group = pair(&desk, &ada, &grace, "grace@example.org").await;
    // What she brings counts for both.
    let mine = desk.about(&ada, "essay", MINE).await;
    assert_eq!(mine["viewerFinal"]["id"], before, "{mine}");
    let of_ada = desk.handed_in(&ada, "essay", "def add(a, b): return a + b").await;
    for token in [&ada, &grace] {
        let mine = desk.about(token, "essay", MINE).await;
        assert_eq!(mine["viewerFinal"], json!({ "id": of_ada, "submitter": { "email": "ada@example.org" } }));
        let work = json!({ "submissionCount": 2, "attemptsLeft": 1, "finalReason": "It came last, of 2 that were handed in.", "group": { "id": group } });
        assert_eq!(mine["viewerWork"], work);
    }
    // All of it is theirs to see, and nobody else's.
    let files = "query($id: ID!) { node(id: $id) { ... on Submission { files { text } scores { kind } runs { nodes { id } } } } }";
    let seen = desk.ask(&grace, files, json!({ "id": of_ada })).await;
    assert!(
        seen["node"]["files"][0]["text"].is_string() && seen["node"]["runs"]["nodes"][0]["id"].is_string(),
        "{seen}"
    );
    assert_eq!(desk.ask(&eve, files, json!({ "id": of_ada })).await["node"], Value::Null);
    let group_seen = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(desk.ask(&eve, group_seen, json!({ "id": group })).await["node"], Value::Null);
    // Who leaves takes along what is theirs, and the last one is in no group.
    let left = desk.change(&grace, "leaveGroup", json!({ "group": group }), GROUP).await;
    assert_eq!(left, json!({ "group": null, "problems": [] }));
    let mine = desk.about(&grace, "essay", MINE).await;
    assert_eq!((&mine["viewerFinal"]["id"], &mine["viewerWork"]["submissionCount"]), (&json!(before), &json!(1)));
    let mine = desk.about(&ada, "essay", MINE).await;
    assert_eq!((&mine["viewerFinal"]["id"], &mine["viewerWork"]["group"]), (&json!(of_ada), &Value::Null));
    assert_eq!(desk.ask(&grace, files, json!({ "id": of_ada })).await["node"], Value::Null);
    // Everybody concerned has a letter.
    let mails = [
        ("grace@example.org", 0, "ada invites you to a group for \"essay\"", "share the work"),
        ("ada@example.org", 0, "Your group for \"essay\"", "grace has joined your group"),
        ("ada@example.org", 1, "Your group for \"essay\"", "grace has left your group"),
    ];
    for (email, seen, subject, words) in mails {
        let mail = mailbox::letter(&desk.site, email, "group", seen).await;
        assert!(mail.subject == subject && mail.text.contains(words), "{}: {}", mail.subject, mail.text);
    }
    // The log says who did what.
    let log = "{ auditLog(first: 100) { nodes { action user { email } } } }";
    let log = desk.ask(&desk.admin, log, json!({})).await["auditLog"]["nodes"].take();
    let noted = |action: &str| json!({ "action": action, "user": { "email": "grace@example.org" } });
    for action in ["group.invited", "group.joined", "group.left"] {
        assert!(log.as_array().is_some_and(|all| all.contains(&noted(action))), "{action}: {log}");
    }
    desk.site.end().await;
}

async fn whoever_accepts_twice_at_once_is_in_one_group(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace, bob) = (desk.student("ada").await, desk.student("grace").await, desk.student("bob").await);
    let assignment = desk.assignment(&ada, "essay").await;
    let one = invite(&desk, &ada, &assignment, "bob@example.org").await;
    let other = invite(&desk, &grace, &assignment, "bob@example.org").await;
    let (first, second) = tokio::join!(answer(&desk, &bob, &one, true), answer(&desk, &bob, &other, true));
    let codes: Vec<&Value> = [&first, &second].map(|answer| &answer["problems"]).into();
    assert!(codes.contains(&&json!([])), "{codes:?}");
    assert!(codes.iter().any(|problems| problems[0]["code"] == "IN_ANOTHER"), "{codes:?}");
    let groups = desk.about(&desk.admin, "essay", "groups { nodes { members { isActive user { email } } } }").await;
    let theirs = groups["groups"]["nodes"].as_array().expect("groups").iter().filter(|group| {
        let active = json!({ "isActive": true, "user": { "email": "bob@example.org" } });
        group["members"].as_array().is_some_and(|members| members.contains(&active))
    });
    assert_eq!(theirs.count(), 1, "{groups}");
    desk.site.end().await;
}

async fn the_rules_of_groups_hold(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace, eve) = (desk.student("ada").await, desk.student("grace").await, desk.student("eve").await);
    desk.student("bob").await;
    let essay = desk.assignment(&ada, "essay").await;
    let (poem, letter) = (desk.assignment(&ada, "poem").await, desk.assignment(&ada, "letter").await);
    let with =
        |assignment: &str, email: &str| json!({ "assignment": assignment, "email": format!("{email}@example.org") });
    for (input, code) in [
        (with(&poem, "grace"), "ALONE"),
        (with(&letter, "grace"), "CLOSED"),
        (with(&essay, "ada"), "ALREADY_THERE"),
        (with(&essay, "nobody"), "PERSON_UNKNOWN"),
        (with("asn_nothing", "grace"), "ASSIGNMENT_UNKNOWN"),
    ] {
        assert_eq!(desk.refused(&ada, "inviteToGroup", input.clone()).await, code, "{input}");
    }
    let group = invite(&desk, &ada, &essay, "grace@example.org").await;
    assert_eq!(desk.refused(&ada, "inviteToGroup", with(&essay, "grace")).await, "ALREADY_THERE");
    invite(&desk, &ada, &essay, "bob@example.org").await;
    assert_eq!(desk.refused(&ada, "inviteToGroup", with(&essay, "eve")).await, "FULL");
    // Who is not of it sees nothing; who is invited is not in it.
    let of = |group: &Value| json!({ "group": group });
    assert_eq!(desk.refused(&eve, "leaveGroup", of(&group)).await, "GROUP_UNKNOWN");
    assert_eq!(desk.refused(&grace, "leaveGroup", of(&group)).await, "NOT_THERE");
    let ids = desk
        .ask(
            &desk.admin,
            "{ course(key: \"writing\") { enrollments(first: 100) { nodes { user { id email } } } } }",
            json!({}),
        )
        .await;
    let people = ids["course"]["enrollments"]["nodes"].as_array().expect("people").clone();
    let id = |name: &str| {
        let person = people.iter().find(|row| row["user"]["email"] == format!("{name}@example.org"));
        person.unwrap_or_else(|| panic!("no {name}"))["user"]["id"].clone()
    };
    let out = |name: &str| json!({ "group": group, "user": id(name) });
    // An invitation is taken back by who is in the group; who is in it is taken out by staff alone.
    assert_eq!(desk.refused(&grace, "removeFromGroup", out("bob")).await, "NOT_ALLOWED");
    assert_eq!(desk.change(&ada, "removeFromGroup", out("bob"), "").await["problems"], json!([]));
    assert_eq!(answer(&desk, &grace, &group, true).await["problems"], json!([]));
    assert_eq!(desk.refused(&ada, "removeFromGroup", out("grace")).await, "NOT_ALLOWED");
    let closed = desk.change(&desk.admin, "removeFromGroup", out("grace"), GROUP).await;
    assert_eq!(closed, json!({ "group": null, "problems": [] }), "the last one is in no group");
    // Declining ends an invitation, and the group of one with it.
    let group = invite(&desk, &ada, &essay, "grace@example.org").await;
    assert_eq!(answer(&desk, &grace, &group, false).await["problems"], json!([]));
    assert_eq!(desk.about(&ada, "essay", "groups { nodes { id } }").await["groups"]["nodes"], json!([]));
    // Staff puts together whom it likes, also when it is closed, but nobody twice.
    let two = json!({ "assignment": letter, "emails": ["ada@example.org", "grace@example.org"] });
    assert_eq!(desk.refused(&ada, "formGroup", two.clone()).await, "NOT_ALLOWED");
    let formed = desk.change(&desk.admin, "formGroup", two.clone(), GROUP).await;
    assert_eq!(formed["group"]["members"].as_array().map(Vec::len), Some(2), "{formed}");
    assert_eq!(desk.refused(&desk.admin, "formGroup", two).await, "IN_ANOTHER");
    let one = json!({ "assignment": letter, "emails": ["eve@example.org"] });
    assert_eq!(desk.refused(&desk.admin, "formGroup", one).await, "FULL");
    // Also more than could find together by themselves.
    let four = json!({ "assignment": essay, "emails": ["ada@example.org", "grace@example.org", "eve@example.org", "bob@example.org"] });
    let formed = desk.change(&desk.admin, "formGroup", four, GROUP).await;
    assert_eq!(formed["group"]["members"].as_array().map(Vec::len), Some(4), "{formed}");
    desk.site.end().await;
}

async fn hand_ins_and_changes_at_once_lose_nothing(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace) = (desk.student("ada").await, desk.student("grace").await);
    let assignment = desk.assignment(&ada, "essay").await;
    // Both hand in while they come together and part; three attempts are there for each, so none is refused.
    let group = invite(&desk, &ada, &assignment, "grace@example.org").await;
    let (one, other, joined) = tokio::join!(
        desk.submit(&ada, "essay", "# one"),
        desk.submit(&grace, "essay", "# two"),
        answer(&desk, &grace, &group, true)
    );
    assert_eq!(joined["problems"], json!([]), "{joined}");
    let last = [&one, &other].map(|answer| answer["submission"]["id"].as_str().expect("an id").to_owned());
    let (three, left) = tokio::join!(
        desk.submit(&ada, "essay", "# three"),
        desk.change(&grace, "leaveGroup", json!({ "group": group }), GROUP)
    );
    assert_eq!(left["problems"], json!([]), "{left}");
    let mine = desk.about(&grace, "essay", MINE).await;
    assert_eq!((&mine["viewerFinal"]["id"], &mine["viewerWork"]["submissionCount"]), (&json!(last[1]), &json!(1)));
    let mine = desk.about(&ada, "essay", MINE).await;
    assert_eq!(
        (&mine["viewerFinal"]["id"], &mine["viewerWork"]["submissionCount"]),
        (&three["submission"]["id"], &json!(2))
    );
    desk.site.end().await;
}

async fn a_rule_that_changes_holds_for_who_comes_and_keeps_nobody(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace, eve) = (desk.student("ada").await, desk.student("grace").await, desk.student("eve").await);
    let essay = desk.assignment(&ada, "essay").await;
    let group = pair(&desk, &ada, &grace, "grace@example.org").await;
    invite(&desk, &ada, &essay, "eve@example.org").await;
    let most = |most: i32| json!({ "assignment": essay, "maxGroupSize": most });
    assert_eq!(desk.change(&desk.admin, "updateAssignment", most(2), "").await["problems"], json!([]));
    assert_eq!(answer(&desk, &eve, &group, true).await["problems"][0]["code"], "FULL");
    assert_eq!(desk.change(&desk.admin, "updateAssignment", most(1), "").await["problems"], json!([]));
    assert_eq!(desk.change(&grace, "leaveGroup", json!({ "group": group }), "").await["problems"], json!([]));
    let me = desk.ask(&ada, "{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"].take();
    let ada_out = json!({ "group": group, "user": me });
    assert_eq!(desk.change(&desk.admin, "removeFromGroup", ada_out, "").await["problems"], json!([]));
    desk.site.end().await;
}

async fn who_has_left_hears_nothing_of_what_came_before(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace) = (desk.student("ada").await, desk.student("grace").await);
    let group = pair(&desk, &ada, &grace, "grace@example.org").await;
    let lane = json!({ "lane": "mail", "reason": "a story" });
    desk.change(&desk.admin, "pauseLane", lane, "").await;
    let job = desk.submit(&ada, "essay", "def add(a, b): return a + b").await["job"]["id"].take();
    let mut events = desk.site.follow(&ada, JOB, json!({ "id": job })).await;
    while let Said::Next(_) = events.said().await {}
    let db = &desk.site.app.kernel.deps.db;
    let count = async |text: &str| numbers(db, text).await.expect("numbers");
    const SCORES: &str = "SELECT count(*) FROM letter WHERE kind = 'score'";
    assert_eq!(count(SCORES).await, [2], "one for each of them");
    desk.change(&grace, "leaveGroup", json!({ "group": group }), "").await;
    desk.change(&desk.admin, "resumeLane", json!({ "lane": "mail" }), "").await;
    assert!(mailbox::letter(&desk.site, "ada@example.org", "score", 0).await.text.contains("essay"));
    // The last of them to be sent: lanes take what came first.
    mailbox::letter(&desk.site, "ada@example.org", "group", 1).await;
    assert_eq!(count(SCORES).await, [1]);
    assert_eq!(count("SELECT count(*) FROM job WHERE state = 'dead'").await, [0]);
    desk.site.end().await;
}

async fn who_is_taken_off_the_roster_is_in_no_group_there(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace) = (desk.student("ada").await, desk.student("grace").await);
    let group = pair(&desk, &ada, &grace, "grace@example.org").await;
    let before = desk.handed_in(&grace, "essay", "# ours").await;
    let off = json!({ "email": "grace@example.org", "course": super::COURSE });
    assert_eq!(desk.change(&desk.admin, "unenroll", off, "removed").await["removed"], true);
    // What she brought went with her, and what comes now is not hers.
    let after = desk.handed_in(&ada, "essay", "# mine").await;
    let mine = desk.about(&ada, "essay", MINE).await;
    assert_eq!((&mine["viewerFinal"]["id"], &mine["viewerWork"]["group"]), (&json!(after), &Value::Null));
    assert_eq!(mine["viewerWork"]["submissionCount"], 1, "{mine}");
    let node = "query($id: ID!) { node(id: $id) { id } }";
    for id in [&json!(after), &group] {
        assert_eq!(desk.ask(&grace, node, json!({ "id": id })).await["node"], Value::Null, "{id}");
    }
    let choice = json!({ "submission": after, "flagged": true });
    assert_eq!(desk.refused(&grace, "flagSubmission", choice).await, "SUBMISSION_UNKNOWN");
    // Her own stays hers.
    assert_eq!(desk.ask(&grace, node, json!({ "id": before })).await["node"]["id"], json!(before));
    let told = mailbox::letter(&desk.site, "ada@example.org", "group", 1).await.text;
    assert!(told.contains("has taken grace out of your group"), "{told}");
    desk.site.end().await;
}

async fn whole_groups_leave_the_roster_at_once(backend: Backend) {
    let desk = Desk::new(backend).await;
    let names = ["ada", "grace", "eve", "bob"];
    let mut tokens = Vec::new();
    for name in names {
        tokens.push(desk.student(name).await);
    }
    let email = |name: &str| format!("{name}@example.org");
    let [essay, letter] = [desk.assignment(&tokens[0], "essay").await, desk.assignment(&tokens[0], "letter").await];
    // Everybody shares with somebody else on each.
    for (assignment, one, other) in
        [(&essay, "ada", "bob"), (&essay, "grace", "eve"), (&letter, "ada", "grace"), (&letter, "eve", "bob")]
    {
        let two = json!({ "assignment": assignment, "emails": [email(one), email(other)] });
        assert_eq!(desk.change(&desk.admin, "formGroup", two, "").await["problems"], json!([]));
    }
    let gone = names.map(|name| {
        let off = json!({ "email": email(name), "course": super::COURSE });
        desk.change(&desk.admin, "unenroll", off, "removed")
    });
    let works = tokens.iter().map(|token| {
        let work = json!({ "assignment": essay, "files": [{ "name": "main.py", "text": "# at once" }] });
        desk.change(token, "submit", work, "submission { id }")
    });
    let (gone, works) = tokio::join!(futures_util::future::join_all(gone), futures_util::future::join_all(works));
    assert!(gone.iter().all(|answer| answer["removed"] == true), "{gone:?}");
    // Each was in time, or not on the roster any more.
    let taken =
        |answer: &Value| answer["submission"].is_object() || answer["problems"][0]["code"] == "ASSIGNMENT_UNKNOWN";
    assert!(works.iter().all(taken), "{works:?}");
    let db = &desk.site.app.kernel.deps.db;
    assert_eq!(numbers(db, "SELECT count(*) FROM member").await.expect("numbers"), [0]);
    desk.site.end().await;
}

/// Hands in a text, saying nothing that tells one time from another.
async fn submit(desk: &Desk, token: &str, text: &str) -> Value {
    let files = json!([{ "name": "main.py", "text": text }]);
    let input = json!({ "assignment": desk.assignment(token, "essay").await, "files": files });
    desk.change(token, "submit", input, "submission { id isFinal }").await["submission"].take()
}

async fn what_a_mate_sent_comes_in_between(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace) = (desk.student("ada").await, desk.student("grace").await);
    pair(&desk, &ada, &grace, "grace@example.org").await;
    let good = submit(&desk, &ada, "# good").await;
    let bad = submit(&desk, &grace, "# bad").await;
    assert_eq!(bad["isFinal"], true, "{bad}");
    let again = submit(&desk, &ada, "# good").await;
    assert!(again["isFinal"] == true && again["id"] != good["id"], "{again}");
    assert_eq!(submit(&desk, &ada, "# good").await["id"], again["id"]);
    desk.site.end().await;
}

async fn groups_close_with_the_deadline_and_each_change_is_told(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace, eve) = (desk.student("ada").await, desk.student("grace").await, desk.student("eve").await);
    let essay = desk.assignment(&ada, "essay").await;
    let group = pair(&desk, &ada, &grace, "grace@example.org").await;
    invite(&desk, &ada, &essay, "eve@example.org").await;
    let id = async |token: &str| {
        desk.ask(token, "{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"].take()
    };
    let (of_eve, of_grace) = (id(&eve).await, id(&grace).await);
    let past = json!({ "local": super::wall(super::days_from_now(-1.0)) });
    let closed = json!({ "assignment": essay, "due": past, "lock": past });
    assert_eq!(desk.change(&desk.admin, "updateAssignment", closed, "").await["problems"], json!([]));
    assert_eq!(answer(&desk, &eve, &group, true).await["problems"][0]["code"], "CLOSED");
    assert_eq!(desk.refused(&grace, "leaveGroup", json!({ "group": group })).await, "CLOSED");
    let out = |user: &Value| json!({ "group": group, "user": user });
    assert_eq!(desk.refused(&ada, "removeFromGroup", out(&of_eve)).await, "CLOSED");
    // Who does not want to may say so all the same, and staff is not bound.
    assert_eq!(answer(&desk, &eve, &group, false).await["problems"], json!([]));
    assert_eq!(desk.change(&desk.admin, "removeFromGroup", out(&of_grace), "").await["problems"], json!([]));
    let two = json!({ "assignment": essay, "emails": ["ada@example.org", "eve@example.org"] });
    assert_eq!(desk.change(&desk.admin, "formGroup", two, "").await["problems"], json!([]));
    let open = json!({ "assignment": essay, "lock": { "local": super::wall(super::days_from_now(9.0)) }, "due": { "local": super::wall(super::days_from_now(9.0)) } });
    assert_eq!(desk.change(&desk.admin, "updateAssignment", open, "").await["problems"], json!([]));
    invite(&desk, &ada, &essay, "grace@example.org").await;
    let group = desk.about(&ada, "essay", MINE).await["viewerWork"]["group"]["id"].take();
    let back = json!({ "group": group, "user": of_grace });
    assert_eq!(desk.change(&ada, "removeFromGroup", back, "").await["problems"], json!([]));
    for (email, seen, words) in [
        ("ada@example.org", 1, "eve has declined"),
        ("grace@example.org", 3, "has taken you out of your group"),
        ("eve@example.org", 1, "has put you into a group"),
        ("grace@example.org", 5, "ada has taken back your invitation"),
    ] {
        let told = mailbox::letter(&desk.site, email, "group", seen).await.text;
        assert!(told.contains(words), "{email} {seen}: {told}");
    }
    let log = "{ auditLog(first: 100) { nodes { action } } }";
    let log = desk.ask(&desk.admin, log, json!({})).await["auditLog"]["nodes"].take();
    for action in ["group.declined", "group.removed", "group.formed", "group.uninvited"] {
        let noted = log.as_array().expect("a list").iter().filter(|entry| entry["action"] == action).count();
        assert!(noted > 0, "{action}: {log}");
    }
    desk.site.end().await;
}

async fn nobody_is_invited_to_what_they_do_not_see(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace) = (desk.student("ada").await, desk.student("grace").await);
    let essay = desk.assignment(&ada, "essay").await;
    desk.handed_in(&ada, "essay", "# begun").await;
    let hidden = json!({ "assignment": essay, "isVisible": false });
    assert_eq!(desk.change(&desk.admin, "updateAssignment", hidden, "").await["problems"], json!([]));
    let to_grace = json!({ "assignment": essay, "email": "grace@example.org" });
    assert_eq!(desk.refused(&ada, "inviteToGroup", to_grace).await, "PERSON_UNKNOWN");
    // More time shows it to nobody either.
    let more = json!({ "assignment": essay, "email": "grace@example.org", "until": { "days": 40 }, "reason": "Ill." });
    assert_eq!(desk.change(&desk.admin, "grantExtension", more, "").await["problems"], json!([]));
    let node = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(desk.ask(&grace, node, json!({ "id": essay })).await["node"], Value::Null);
    assert_eq!(desk.ask(&ada, node, json!({ "id": essay })).await["node"]["id"], json!(essay));
    desk.site.end().await;
}
