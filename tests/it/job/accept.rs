//! Accepting what is handed in: however often the same arrives, it is one submission, one run and one job.

use actors::submission::receipt::issue::Acknowledged;
use entity::clock::Timestamp;
use entity::execution::language::Language;
use entity::job::queue::NewJob;
use entity::submission::accept::HandIn;
use entity::submission::mark::Grading;
use tests::backend::Backend;
use tests::campus;
use tests::hand::hold_writer;
use tests::stage::Stage;
use tests::stories;
use tests::world::World;

stories![the_same_again_gets_the_first_key, the_latest_is_the_final_one];

fn job(run: i64, _: i64, _: i64) -> NewJob {
    NewJob { subject: Some(format!("run {run}")), ..Stage::default().play("grade", &[]) }
}

struct Desk {
    world: World,
    course: i64,
    assignment: i64,
    submitter: i64,
}

impl Desk {
    async fn new(backend: Backend) -> Self {
        let world = World::idle(backend).await;
        let course = campus::course(&world, "stars").await;
        let assignment = campus::assignment(&world, course, "stars/first").await;
        let submitter = campus::person(&world, "ada").await;
        Self { world, course, assignment, submitter }
    }

    fn hand_in(&self, operation_key: &str) -> HandIn {
        HandIn {
            operation_key: operation_key.to_owned(),
            assignment: self.assignment,
            course: self.course,
            submitter: self.submitter,
            files: vec![("main.py".to_owned(), format!("# {operation_key}\0").into_bytes().into())],
            messages: vec![("analytics".to_owned(), b"{ \"time\": 1 }".to_vec().into())],
            client_created_at: None,
            received_at: Timestamp(5),
            tried: None,
            grading: Some(Grading {
                language: Language::python3(),
                plan: Some(vec![0, 1, 255]),
                wanted: vec!["main.py".to_owned()],
                job,
                attempts: None,
            }),
        }
    }

    async fn counts(&self) -> Vec<i64> {
        let mut counts = Vec::new();
        for table in ["backup", "message", "submission", "run", "job WHERE lane = 'stage'"] {
            counts.extend(self.world.numbers(&format!("SELECT count(*) FROM {table}")).await);
        }
        counts
    }
}

async fn the_same_again_gets_the_first_key(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (hold, held) = hold_writer(&desk.world, Stage::default().play("held", &[]), Default::default()).await;
    let writer = &desk.world.deps().writer;
    let accept = |key: &str| writer.accept(desk.hand_in(key));
    let (one, other, again, ()) = tokio::join!(accept("one"), accept("other"), accept("one"), async { hold.let_go() });
    held.await.expect("ended").expect("settled");
    let (first, other, same) = (one.expect("one"), other.expect("other"), again.expect("again"));
    // The same has the same receipt, also where both came in one transaction.
    let text = |taken: &Acknowledged| taken.receipt.as_ref().expect("a receipt").text();
    assert_eq!(text(&first), text(&same));
    assert_ne!(text(&first), text(&other));
    let (one, other, again) = (first.accepted, other.accepted, same.accepted);
    assert_ne!(one.submission, other.submission);
    assert_eq!((one.repeated, other.repeated, again.repeated), (false, false, true));
    assert_eq!(again.submission, one.submission);
    assert_eq!(desk.counts().await, [2, 2, 2, 2, 2]);
    // In a later transaction, with something new.
    let (later, new) = tokio::join!(accept("one"), accept("new"));
    let (later, new) = (later.expect("later"), new.expect("new"));
    assert_eq!(text(&later), text(&first));
    let (later, new) = (later.accepted, new.accepted);
    assert_eq!((later.submission, later.repeated, new.repeated), (one.submission, true, false));
    assert_eq!(desk.counts().await, [3, 3, 3, 3, 3]);
    let received = "SELECT count(*) FROM event WHERE stream LIKE 'course/%'";
    assert_eq!(desk.world.numbers(received).await, [3]);
    desk.world.stop().await;
}

async fn the_latest_is_the_final_one(backend: Backend) {
    let desk = Desk::new(backend).await;
    let mut last = 0;
    for key in ["one", "two", "one"] {
        let accepted = desk.world.deps().writer.accept(desk.hand_in(key)).await.expect("accepted");
        last = last.max(accepted.accepted.submission);
    }
    assert_eq!(desk.world.numbers("SELECT final_submission_id FROM work").await, [last]);
    let submissions = "SELECT CAST(submissions AS BIGINT) FROM work";
    assert_eq!(desk.world.numbers(submissions).await, [2]);
    desk.world.stop().await;
}
