//! Whoever decides about more time hears who asks for it: soon, and not for each of them anew.

use actors::write::Write;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::mailbox;
use tests::stories;

use super::{COURSE, Desk};

stories![who_decides_hears_of_wishes_together, wishes_go_to_the_section_first, what_was_answered_is_not_told];

const KIND: &str = "extension_requests";
const TIA: &str = "tia@example.org";

async fn ask(desk: &Desk, token: &str, days: u8) -> Value {
    let wish = json!({ "assignment": desk.assignment(token, "essay").await, "until": { "days": days }, "reason": "Of health." });
    let asked = desk.change(token, "requestExtension", wish, "extension { id }").await;
    assert_eq!(asked["problems"], json!([]), "{asked}");
    asked["extension"]["id"].clone()
}

/// Has the hour be over for what waits for it.
async fn an_hour_later(desk: &Desk) {
    let mut write = Write::begin(&desk.site.app.kernel.deps).await.expect("a transaction");
    let now = "UPDATE job SET run_at = 0 WHERE kind = 'mail.deliver' AND state = 'queued'";
    write.tx().execute_unprepared(now).await.expect("it is brought forward");
    write.ring("mail");
    write.commit().await.expect("it is committed");
}

async fn numbers(desk: &Desk, text: &str) -> Vec<i64> {
    tests::world::numbers(&desk.site.app.kernel.deps.db, text).await.expect("numbers")
}

const LETTERS: &str = "SELECT count(*) FROM letter WHERE kind = 'extension_requests'";

async fn who_decides_hears_of_wishes_together(backend: Backend) {
    let desk = Desk::new(backend).await;
    let staff = [(TIA, "TEACHING_ASSISTANT"), ("gra@example.org", "GRADER")];
    for (email, role) in staff {
        desk.site.enrolled(&desk.admin, email, COURSE, role).await;
    }
    let students = [desk.student("ada").await, desk.student("ben").await, desk.student("eve").await];
    ask(&desk, &students[0], 1).await;
    let first = mailbox::letter(&desk.site, TIA, KIND, 0).await;
    assert_eq!(first.subject, "ada asks for more time for \"essay\"");
    assert!(first.text.contains("ada: until ") && !first.text.contains("health"), "{}", first.text);
    // Who comes within the hour is told together, and who is told already is told again as long as there is no answer.
    ask(&desk, &students[1], 2).await;
    ask(&desk, &students[2], 3).await;
    assert_eq!(numbers(&desk, LETTERS).await, [2]);
    let waits = "SELECT (run_at - created_at) / 60000000 FROM job WHERE kind = 'mail.deliver' AND state = 'queued'";
    let waits = numbers(&desk, waits).await;
    assert!(waits.len() == 1 && (50..=60).contains(&waits[0]), "{waits:?}");
    an_hour_later(&desk).await;
    let second = mailbox::letter(&desk.site, TIA, KIND, 1).await;
    assert_eq!(second.subject, "3 students ask for more time for \"essay\"");
    for name in ["ada", "ben", "eve"] {
        assert!(second.text.contains(&format!("{name}: until ")), "{}", second.text);
    }
    // A grader may not give it, and hears nothing.
    assert_eq!(numbers(&desk, LETTERS).await, [2]);
    desk.site.end().await;
}

async fn wishes_go_to_the_section_first(backend: Backend) {
    let desk = Desk::new(backend).await;
    let table = "email,section,role\ntia@example.org,A1,TA\ntom@example.org,A2,TA\nada@example.org,A1,student\nben@example.org,A3,student\n";
    let import = json!({ "course": COURSE, "csv": table });
    for (email, role) in [(TIA, "TEACHING_ASSISTANT"), ("tom@example.org", "TEACHING_ASSISTANT")] {
        desk.site.enrolled(&desk.admin, email, COURSE, role).await;
    }
    let (ada, ben) = (desk.student("ada").await, desk.student("ben").await);
    desk.change(&desk.admin, "importRoster", import, "refused").await;
    ask(&desk, &ada, 1).await;
    mailbox::letter(&desk.site, TIA, KIND, 0).await;
    assert_eq!(mailbox::count(&desk.site, "tom@example.org").await, 0);
    // Nobody is of his section, so all are asked; and each has a letter a time.
    ask(&desk, &ben, 1).await;
    let to_tom = mailbox::letter(&desk.site, "tom@example.org", KIND, 0).await;
    assert!(to_tom.text.contains("ben: until "), "{}", to_tom.text);
    assert_eq!(numbers(&desk, LETTERS).await, [3]);
    desk.site.end().await;
}

async fn what_was_answered_is_not_told(backend: Backend) {
    let desk = Desk::new(backend).await;
    let tia = desk.site.enrolled(&desk.admin, TIA, COURSE, "TEACHING_ASSISTANT").await;
    let (ada, ben) = (desk.student("ada").await, desk.student("ben").await);
    let wishes = [ask(&desk, &ada, 1).await];
    mailbox::letter(&desk.site, TIA, KIND, 0).await;
    let wishes = [wishes[0].clone(), ask(&desk, &ben, 1).await];
    for wish in wishes {
        let no = json!({ "extension": wish, "decision": "DECLINE", "answer": "No." });
        assert_eq!(desk.change(&tia, "answerExtension", no, "").await["problems"], json!([]));
    }
    an_hour_later(&desk).await;
    // The letter that waited is gone, and its job has ended well.
    while numbers(&desk, LETTERS).await != [1] {
        tokio::task::yield_now().await;
    }
    let ended = "SELECT count(*) FROM job WHERE kind = 'mail.deliver' AND state NOT IN ('done')";
    while numbers(&desk, ended).await != [0] {
        tokio::task::yield_now().await;
    }
    desk.site.end().await;
}
