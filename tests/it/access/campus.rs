//! Everybody, and one row at least of everything.
//!
//! Texts that only those may see who review work hold [`STAFF`]; texts that never leave the server hold [`NEVER`].

use std::sync::Arc;

use entity::clock::Timestamp;
use entity::content::check::CheckOutcome;
use entity::content::concept::{self, Names, taught};
use entity::content::mission::Numbers;
use entity::content::screen::ScreenKind;
use entity::content::{check, exercise, mission, progress, screen, sync_record};
use entity::course::enrollment::{self, Role};
use entity::course::join_code;
use entity::execution::language::Language;
use entity::execution::record::{self, RecordKind};
use entity::execution::run::{self, RunState};
use entity::execution::verdict::{Blame, Verdict};
use entity::file::{self, Entries, Entry};
use entity::id::Kind;
use entity::identity::audit;
use entity::identity::external_identity;
use entity::identity::oauth::client;
use entity::identity::scope::{Scope, Scopes};
use entity::identity::session::{self, SessionKind};
use entity::job::event::{self, NewEvent, Reserved, Stream};
use entity::mail::letter::{self, LetterState};
use entity::points::Points;
use entity::submission::{self, backup, comment, group, work};
use entity::viewer::{Grant, ViewerScope};
use entity::{assignment, grading::score, id, identity::user};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ActiveValue::Set, ColumnTrait as _, EntityTrait, IntoActiveModel,
    QueryFilter as _,
};
use serde_json::json;
use tests::backend::Backend;
use tests::campus as plain;
use tests::world::World;

/// In texts for those who review work and those who run the site.
pub const STAFF: &str = "staff only";
/// In texts that never leave the server.
pub const NEVER: &str = "never leaves";
pub const CODE: &str = "print(1)";

/// Somebody who asks.
pub struct Person {
    pub name: &'static str,
    /// In which course (0 is the one that it is all about), and as what.
    pub role: Option<(usize, Role)>,
    pub is: Is,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Nobody,
    Somebody,
    Admin,
    /// A token that the admin has made, for that.
    Token(Scope),
    /// A token that the instructor has made, for the other course alone.
    TokenElsewhere,
    TheSystem,
}

impl Is {
    /// Whether somebody is there by an account of their own.
    pub fn has_account(self) -> bool {
        matches!(self, Self::Somebody | Self::Admin)
    }
}

const fn member(name: &'static str, course: usize, role: Role) -> Person {
    Person { name, role: Some((course, role)), is: Is::Somebody }
}

const fn token(name: &'static str, scope: Scope) -> Person {
    Person { name, role: None, is: Is::Token(scope) }
}

/// Everybody, in the order of the columns.
pub const ROLES: [Person; 20] = [
    Person { name: "anonymous", role: None, is: Is::Nobody },
    member("owner", 0, Role::Student),
    member("classmate", 0, Role::Student),
    member("outsider", 1, Role::Student),
    member("lab-assistant", 0, Role::LabAssistant),
    member("grader", 0, Role::Grader),
    member("assistant", 0, Role::TeachingAssistant),
    member("instructor", 0, Role::Instructor),
    member("other-instructor", 1, Role::Instructor),
    Person { name: "admin", role: None, is: Is::Admin },
    token("token:email", Scope::Email),
    token("token:read", Scope::Read),
    token("token:submit", Scope::Submit),
    token("token:grade", Scope::Grade),
    token("token:content", Scope::Content),
    token("token:roster", Scope::Roster),
    token("token:admin", Scope::Admin),
    token("token:all", Scope::All),
    Person { name: "token:elsewhere", role: None, is: Is::TokenElsewhere },
    Person { name: "(system)", role: None, is: Is::TheSystem },
];

pub struct Campus {
    pub world: World,
    /// One for each role.
    pub scopes: Vec<Arc<ViewerScope>>,
    /// Global ids by name: `mission`, `mission, under construction`.
    pub ids: Vec<(&'static str, &'static str, String)>,
}

/// What a part of the campus stands on.
struct Ground<'w> {
    world: &'w World,
    course: i64,
    owner: i64,
    classmate: i64,
    grader: i64,
    ids: Vec<(&'static str, &'static str, String)>,
}

const TIME: Timestamp = Timestamp(1_800_000_000_000_000);
const MAIN: &str = "main.py";
const TRIED: &str = "of staff, on the owner's backup";

impl Campus {
    pub async fn new(backend: Backend) -> Self {
        let world = World::idle(backend).await;
        let content = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/content");
        std::os::unix::fs::symlink(content, world.base.data().join("content")).expect("a link");
        let courses = [plain::course(&world, "home").await, plain::course(&world, "away").await];
        let people = people(&world, courses).await;
        let place = |name: &str| {
            let column = ROLES.iter().position(|role| role.name == name).expect("a role");
            people[column].expect("a person")
        };
        let (owner, classmate, grader) = (place("owner"), place("classmate"), place("grader"));
        let mut ground = Ground { world: &world, course: courses[0], owner, classmate, grader, ids: Vec::new() };
        for (name, key) in [("the owner", owner), ("the classmate", classmate), ("the instructor", place("instructor"))]
        {
            ground.is("User", name, Kind::User, key);
        }
        ground.catalogue().await;
        ground.ways_in().await;
        let exercise = ground.content().await;
        let assignment = ground.assignment().await;
        ground.attempt(exercise).await;
        ground.lane().await;
        ground.handed_in("the owner", owner, assignment).await;
        ground.handed_in("the classmate", classmate, assignment).await;
        ground.shared(assignment, place("lab-assistant")).await;
        world.execute("INSERT INTO task_queue (project, name, acl) VALUES ('demo', 'work', '{}')", []).await;
        let ids = std::mem::take(&mut ground.ids);
        let mut scopes = Vec::new();
        for (role, person) in ROLES.iter().zip(&people) {
            let load = async |name: &str| ViewerScope::load(world.db().read(), place(name)).await.expect("rights");
            let grant = |scope, courses| Grant { scopes: Scopes::of([scope]).ok(), courses };
            scopes.push(Arc::new(match (role.is, person) {
                (Is::TheSystem, _) => ViewerScope::system("a story"),
                (Is::Token(scope), _) => load("admin").await.granted(Some(grant(scope, None))),
                (Is::TokenElsewhere, _) => {
                    let elsewhere = Some([courses[1]].into());
                    load("instructor").await.granted(Some(grant(Scope::All, elsewhere)))
                }
                (_, Some(person)) => ViewerScope::load(world.db().read(), *person).await.expect("rights"),
                _ => ViewerScope::anonymous(),
            }));
        }
        Self { world, scopes, ids }
    }

    /// The global id of a row of the ground.
    pub fn id(&self, kind: &str, name: &str) -> &str {
        let found = self.ids.iter().find(|known| known.0 == kind && known.1 == name);
        &found.unwrap_or_else(|| panic!("there is no {kind} `{name}`")).2
    }
}

/// A person for each role that is one.
pub async fn people(world: &World, courses: [i64; 2]) -> Vec<Option<i64>> {
    let hash = actors::identity::password::hash("correct horse".to_owned()).await.expect("a hash");
    let mut people = Vec::new();
    for role in &ROLES {
        if !role.is.has_account() {
            people.push(None);
            continue;
        }
        let row = user::ActiveModel {
            email: Set(format!("{}@example.org", role.name)),
            name: Set(role.name.to_owned()),
            password_hash: Set(Some(hash.clone())),
            admin: Set(role.is == Is::Admin),
            rights_version: Set(0),
            created_at: Set(TIME),
            verified_at: Set(Some(TIME)),
            ..Default::default()
        };
        let person = keep(world, row).await.id;
        if let Some((course, role)) = role.role {
            enroll(world, person, courses[course], role).await;
        }
        people.push(Some(person));
    }
    people
}

pub async fn enroll(world: &World, person: i64, course: i64, role: Role) -> i64 {
    let row = enrollment::ActiveModel {
        user_id: Set(person),
        course_id: Set(course),
        role: Set(role),
        created_at: Set(TIME),
        ..Default::default()
    };
    keep(world, row).await.id
}

/// Inserts a row.
pub async fn keep<A>(world: &World, row: A) -> <A::Entity as EntityTrait>::Model
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + Sync,
{
    row.insert(world.db().write_connection()).await.expect("the row can be written")
}

impl Ground<'_> {
    fn is(&mut self, of: &'static str, name: &'static str, kind: Kind, key: i64) {
        self.ids.push((of, name, id::encode(kind, key)));
    }

    async fn catalogue(&mut self) {
        let sections = self.world.numbers("SELECT id FROM section ORDER BY id").await;
        self.is("Section", "a section", Kind::Section, sections[0]);
        self.is("Course", "the course", Kind::Course, self.course);
        for (name, person) in [("the owner", self.owner), ("the classmate", self.classmate)] {
            let text = format!("SELECT id FROM enrollment WHERE user_id = {person}");
            let enrollment = self.world.numbers(&text).await[0];
            self.is("Enrollment", name, Kind::Enrollment, enrollment);
        }
        let row = join_code::ActiveModel {
            course_id: Set(self.course),
            digest: Set(NEVER.into()),
            lab_section: Set(Some("A1".to_owned())),
            uses: Set(0),
            creator_id: Set(Some(self.grader)),
            created_at: Set(TIME),
            ..Default::default()
        };
        let code = keep(self.world, row).await.id;
        self.is("JoinCode", "of the course", Kind::JoinCode, code);
    }

    /// A token of the owner, and what was noted about them.
    async fn ways_in(&mut self) {
        let row = session::ActiveModel {
            user_id: Set(self.owner),
            kind: Set(SessionKind::Token),
            digest: Set(Some(NEVER.into())),
            name: Set("nightly".to_owned()),
            scopes: Set(Some("read".to_owned())),
            courses: Set(Some(json!([self.course]).to_string())),
            created_at: Set(TIME),
            last_used_at: Set(Some(TIME)),
            expires_at: Set(Timestamp(i64::MAX)),
            ..Default::default()
        };
        let session = keep(self.world, row).await.id;
        self.is("Session", "the owner", Kind::Session, session);
        for (name, person) in [("the owner", self.owner), ("the classmate", self.classmate)] {
            let row = external_identity::ActiveModel {
                user_id: Set(person),
                issuer: Set("https://login.example".to_owned()),
                subject: Set(person.to_string()),
                created_at: Set(TIME),
                last_used_at: Set(TIME),
                ..Default::default()
            };
            let identity = keep(self.world, row).await.id;
            self.is("ExternalIdentity", name, Kind::ExternalIdentity, identity);
        }
        let row = client::ActiveModel {
            key: Set("tracker".to_owned()),
            name: Set("Tracker".to_owned()),
            redirects: Set(json!(["https://tracker.example/"]).to_string()),
            scopes: Set("read".to_owned()),
            created_at: Set(TIME),
            ..Default::default()
        };
        let program = keep(self.world, row).await.id;
        self.is("Program", "a program", Kind::Program, program);
        for (name, course) in [("in the course", Some(self.course)), ("of the site", None)] {
            let row = audit::ActiveModel {
                at: Set(TIME),
                action: Set("enrollment.role_changed".to_owned()),
                actor_id: Set(Some(self.grader)),
                user_id: Set(Some(self.owner)),
                course_id: Set(course),
                details: Set(json!({ "role": "student" }).to_string()),
                ..Default::default()
            };
            let entry = keep(self.world, row).await.id;
            self.is("AuditEntry", name, Kind::AuditEntry, entry);
        }
    }

    /// Missions with their screens; the exercise that the owner has passed.
    async fn content(&mut self) -> i64 {
        let row = concept::ActiveModel {
            name: Set("output".to_owned()),
            title: Set("Output".to_owned()),
            summary: Set("What a program writes.".to_owned()),
            related: Set(Names(vec!["output".to_owned()])),
            ..Default::default()
        };
        let concept = keep(self.world, row).await.id;
        self.is("Concept", "a concept", Kind::Concept, concept);
        let finished = self.mission("finished", 204, false, vec![205]).await;
        let unfinished = self.mission("under construction", 205, true, Vec::new()).await;
        let passed = self.screen("of a finished mission", finished, false, concept).await;
        self.screen("of a mission under construction", unfinished, false, concept).await;
        self.screen("archived", finished, true, concept).await;
        self.checks().await;
        passed
    }

    async fn mission(&mut self, name: &'static str, number: i32, unfinished: bool, before: Vec<i32>) -> i64 {
        let row = mission::ActiveModel {
            number: Set(number),
            course_id: Set(self.course),
            position: Set(number),
            title: Set(name.to_owned()),
            description: Set("What it is about.".to_owned()),
            author: Set("Ada".to_owned()),
            language: Set(Language::python3()),
            premium: Set(false),
            under_construction: Set(unfinished),
            prerequisites: Set(Numbers(before)),
            minutes: Set(Some(30)),
            timeout_s: Set(10),
            files: Set(Entries::default()),
            content_hash: Set(NEVER.to_owned()),
            synced_at: Set(TIME),
            ..Default::default()
        };
        let mission = keep(self.world, row).await.id;
        self.is("Mission", name, Kind::Mission, mission);
        mission
    }

    async fn screen(&mut self, name: &'static str, mission: i64, archived: bool, concept: i64) -> i64 {
        let row = screen::ActiveModel {
            mission_id: Set(mission),
            course_id: Set(self.course),
            key: Set(name.replace(' ', "-")),
            position: Set(0),
            kind: Set(ScreenKind::Code),
            title: Set(name.to_owned()),
            body_html: Set("<p>Read this.</p>".to_owned()),
            archived_at: Set(archived.then_some(TIME)),
            ..Default::default()
        };
        let screen = keep(self.world, row).await.id;
        let row = taught::ActiveModel { screen_id: Set(screen), concept_id: Set(concept), position: Set(0) };
        keep(self.world, row).await;
        self.is("Screen", name, Kind::Screen, screen);
        let row = exercise::ActiveModel {
            screen_id: Set(screen),
            course_id: Set(self.course),
            language: Set(Language::python3()),
            instructions_html: Set("<p>Do this.</p>".to_owned()),
            hints: Set(Names(vec!["<p>Think.</p>".to_owned()])),
            starting_code: Set("print()".to_owned()),
            answer: Set(Some(CODE.to_owned())),
            task: Set(exercise_task()),
            ..Default::default()
        };
        let exercise = keep(self.world, row).await.id;
        self.is("Exercise", name, Kind::Exercise, exercise);
        let row = progress::ActiveModel {
            user_id: Set(self.owner),
            screen_id: Set(screen),
            course_id: Set(self.course),
            attempts: Set(2),
            passed_at: Set(Some(TIME)),
            seen_at: Set(TIME),
            last_at: Set(TIME),
            hints: Set(1),
            answer_at: Set(Some(TIME)),
            ..Default::default()
        };
        keep(self.world, row).await;
        exercise
    }

    async fn checks(&self) {
        let found = json!([{ "rule": "screen.key-missing", "severity": "error", "file": "meta.yml", "cell": 1,
            "screen": "a", "line": 1, "message": "what", "hint": "how" }]);
        for (subject, course) in [("mission/204", Some(self.course)), ("mission/999", None)] {
            let row = check::ActiveModel {
                subject: Set(subject.to_owned()),
                course_id: Set(course),
                outcome: Set(CheckOutcome::Stored),
                diagnostics: Set(found.to_string().into_bytes()),
                checked_at: Set(TIME),
                ..Default::default()
            };
            keep(self.world, row).await;
            let row = sync_record::ActiveModel {
                job: Set(1),
                subject: Set(subject.to_owned()),
                course_id: Set(course),
                outcome: Set(CheckOutcome::Stored),
                errors: Set(0),
                warnings: Set(1),
                requester_id: Set(Some(self.owner)),
                commit_hash: Set(Some("0".repeat(40))),
                done_at: Set(TIME),
                ..Default::default()
            };
            keep(self.world, row).await;
        }
    }

    async fn assignment(&mut self) -> i64 {
        let bytes = b"def area(): pass".to_vec();
        let row = assignment::ActiveModel {
            course_id: Set(self.course),
            endpoint: Set("home/area".to_owned()),
            title: Set("Area".to_owned()),
            description_html: Set("<p>Compute.</p>".to_owned()),
            language: Set(Language::python3()),
            main: Set(MAIN.to_owned()),
            template: Set(Entries(vec![Entry::of(MAIN, &bytes)])),
            due_at: Set(TIME),
            due_local: Set("2027-01-15T08:00".to_owned()),
            time_zone: Set("UTC".to_owned()),
            content_hash: Set(NEVER.to_owned()),
            synced_at: Set(TIME),
            by_hand: Set(json!({ "rules": ["attempts"], "folder": null }).to_string()),
            ..Default::default()
        };
        file::keep(self.world.db().write_connection(), vec![bytes, CODE.into()]).await.expect("files");
        let assignment = keep(self.world, row).await.id;
        for (position, hidden) in [(0, false), (1, true)] {
            let row = assignment::test_case::ActiveModel {
                assignment_id: Set(assignment),
                course_id: Set(self.course),
                position: Set(position),
                name: Set(if hidden { STAFF.to_owned() } else { "a square".to_owned() }),
                points: Set(Points::whole(1)),
                hidden: Set(hidden),
                task: Set(test_task()),
                ..Default::default()
            };
            keep(self.world, row).await;
        }
        self.is("Assignment", "an assignment", Kind::Assignment, assignment);
        assignment
    }

    async fn attempt(&mut self, exercise: i64) {
        self.run("an attempt of the owner", self.owner, Some(exercise), None).await;
    }

    async fn handed_in(&mut self, name: &'static str, submitter: i64, assignment: i64) {
        let row = backup::ActiveModel {
            assignment_id: Set(assignment),
            course_id: Set(self.course),
            submitter_id: Set(submitter),
            files: Set(Entries(vec![Entry::of(MAIN, CODE.as_bytes())])),
            operation_key: Set(format!("{NEVER} {name}")),
            client_created_at: Set(None),
            received_at: Set(TIME),
            done_at: Set(TIME),
            ..Default::default()
        };
        let key = keep(self.world, row).await.id;
        let row = submission::ActiveModel {
            id: Set(key),
            assignment_id: Set(assignment),
            course_id: Set(self.course),
            submitter_id: Set(submitter),
            submitted_at: Set(TIME),
            points: Set(None),
        };
        keep(self.world, row).await;
        let row = work::ActiveModel {
            assignment_id: Set(assignment),
            course_id: Set(self.course),
            owner_id: Set(submitter),
            final_submission_id: Set(Some(key)),
            submissions: Set(1),
            last_backup_id: Set(Some(key)),
            failing_test: Set(Some(STAFF.to_owned())),
            failing_tries: Set(9),
            tried_at: Set(TIME),
            ..Default::default()
        };
        let work = keep(self.world, row).await.id;
        self.is("Work", name, Kind::Work, work);
        self.is("Backup", name, Kind::Backup, key);
        self.is("Submission", name, Kind::Submission, key);
        super::receipt::issue(self.world, key).await;
        let run = self.run(name, submitter, None, Some(key)).await;
        self.tried(key).await;
        self.score(name, submitter, key, run).await;
    }

    /// A group of the owner, to which somebody is invited; a wish of the owner; and what the client said of the owner's backup.
    async fn shared(&mut self, assignment: i64, invited: i64) {
        let made =
            group::make(self.world.db().write_connection(), assignment, self.course, TIME).await.expect("a group");
        for (user, active) in [(self.owner, true), (invited, false)] {
            let row = submission::member::ActiveModel {
                group_id: Set(made),
                assignment_id: Set(assignment),
                course_id: Set(self.course),
                user_id: Set(user),
                active: Set(active),
                created_at: Set(TIME),
                updated_at: Set(TIME),
                ..Default::default()
            };
            keep(self.world, row).await;
        }
        self.is("Group", "of the owner", Kind::Group, made);
        let row = assignment::extension::ActiveModel {
            assignment_id: Set(assignment),
            course_id: Set(self.course),
            user_id: Set(self.owner),
            state: Set(assignment::extension::State::Requested),
            due_at: Set(TIME),
            due_local: Set("2027-01-15T08:00:00".to_owned()),
            reason: Set("I was ill.".to_owned()),
            answer: Set(String::new()),
            created_at: Set(TIME),
            ..Default::default()
        };
        let extension = keep(self.world, row).await.id;
        self.is("Extension", "of the owner", Kind::Extension, extension);
        let owners = submission::Entity::find().filter(submission::Column::SubmitterId.eq(self.owner));
        let backup = owners.one(self.world.db().read()).await.expect("rows").expect("a submission").id;
        let bytes = b"{}".to_vec();
        file::keep(self.world.db().write_connection(), vec![bytes.clone()]).await.expect("a message");
        let row = submission::message::ActiveModel {
            backup_id: Set(backup),
            kind: Set("analytics".to_owned()),
            digest: Set(file::digest(&bytes)),
        };
        keep(self.world, row).await;
    }

    async fn score(&mut self, name: &'static str, owner: i64, submission: i64, run: i64) {
        let row = score::ActiveModel {
            submission_id: Set(submission),
            run_id: Set(Some(run)),
            course_id: Set(self.course),
            owner_id: Set(owner),
            kind: Set("total".to_owned()),
            value: Set(Points::whole(1)),
            maximum: Set(Some(Points::whole(2))),
            grader_id: Set(Some(self.grader)),
            created_at: Set(TIME),
            ..Default::default()
        };
        let score = keep(self.world, row).await.id;
        self.is("Score", name, Kind::Score, score);
        let row = comment::ActiveModel {
            backup_id: Set(submission),
            course_id: Set(self.course),
            owner_id: Set(owner),
            author_id: Set(self.grader),
            filename: Set(MAIN.to_owned()),
            line: Set(1),
            message: Set("Why?".to_owned()),
            created_at: Set(TIME),
            updated_at: Set(TIME),
            ..Default::default()
        };
        let comment = keep(self.world, row).await.id;
        self.is("Comment", name, Kind::Comment, comment);
        let row = letter::ActiveModel {
            cause: Set(id::encode(Kind::Score, score)),
            recipient_id: Set(owner),
            kind: Set("score".to_owned()),
            course_id: Set(Some(self.course)),
            state: Set(LetterState::Sent),
            message: Set(Some(NEVER.into())),
            created_at: Set(TIME),
            sent_at: Set(Some(TIME)),
            ..Default::default()
        };
        let letter = keep(self.world, row).await.id;
        self.is("Letter", name, Kind::Letter, letter);
    }

    async fn run(&mut self, name: &'static str, person: i64, exercise: Option<i64>, submission: Option<i64>) -> i64 {
        let row = run::ActiveModel {
            course_id: Set(Some(self.course)),
            requester_id: Set(Some(person)),
            exercise_id: Set(exercise),
            submission_id: Set(submission),
            language: Set(Language::python3()),
            state: Set(RunState::Done),
            plan: Set(NEVER.into()),
            files: Set(Entries(vec![Entry::of(MAIN, CODE.as_bytes())])),
            verdict: Set(Some(Verdict::Failed)),
            blame: Set(Some(Blame::Student)),
            outcome: Set(Some(outcome())),
            created_at: Set(TIME),
            finished_at: Set(Some(TIME)),
            failed: Set(Some(json!([STAFF]).to_string())),
            ..Default::default()
        };
        let run = keep(self.world, row).await.id;
        self.is("Run", name, Kind::Run, run);
        for (position, kind, text) in [(1, RecordKind::Stdout, "1\n"), (2, RecordKind::Internal, STAFF)] {
            let row = record::ActiveModel {
                run_id: Set(run),
                attempt: Set(1),
                position: Set(position),
                kind: Set(kind),
                step: Set(0),
                case_number: Set(None),
                bytes: Set(text.into()),
                at: Set(TIME),
            };
            keep(self.world, row).await;
        }
        self.job(name, person, run).await;
        run
    }

    /// A run by which the grader has tried somebody's backup.
    async fn tried(&mut self, backup: i64) {
        let row = run::ActiveModel {
            course_id: Set(Some(self.course)),
            requester_id: Set(Some(self.grader)),
            backup_id: Set(Some(backup)),
            language: Set(Language::python3()),
            state: Set(RunState::Done),
            plan: Set(NEVER.into()),
            files: Set(Entries(vec![Entry::of(MAIN, CODE.as_bytes())])),
            verdict: Set(Some(Verdict::Failed)),
            outcome: Set(Some(outcome())),
            created_at: Set(TIME),
            ..Default::default()
        };
        let run = keep(self.world, row).await.id;
        if !self.ids.iter().any(|known| known.1 == TRIED) {
            self.is("Run", TRIED, Kind::Run, run);
        }
    }

    /// A lane that the grader has paused, and a process that works it.
    async fn lane(&self) {
        let paused = "INSERT INTO lane (name, floor, paused_at, paused_by, pause_reason) VALUES ('content', 0, 1, $1, 'a story')";
        self.world.execute(paused, [self.grader.into()]).await;
        let lanes = json!([{ "name": "content", "slots": 1, "busy": 0, "draining": false, "broken": STAFF }]);
        let text = "INSERT INTO worker (holder, host, pid, role, version, lanes, kinds, started_at, seen_at) \
                    VALUES ('first', 'host', 1, 'work', '1', $1, $2, 0, 9000000000000000)";
        self.world.execute(text, [lanes.into(), json!([]).into()]).await;
    }

    /// The job of a run, which was given up.
    async fn job(&mut self, name: &'static str, person: i64, run: i64) {
        let values = [
            json!({ "text": NEVER }).into(),
            self.course.into(),
            person.into(),
            id::encode(Kind::Run, run).into(),
            STAFF.into(),
        ];
        let text = "INSERT INTO job (kind, version, lane, class, rank, state, payload, course_id, requester_id, subject, run_at, \
                    attempt, failures, max_failures, losses, error, created_at, finished_at) \
                    VALUES ('execution.run', 1, 'execution', 0, 0, 'dead', $1, $2, $3, $4, 0, 1, 1, 1, 0, $5, 0, 0)";
        self.world.execute(text, values).await;
        let job = self.world.numbers("SELECT max(id) FROM job").await[0];
        self.is("Job", name, Kind::Job, job);
        let assignment = self.ids.iter().find(|(of, ..)| *of == "Assignment").map(|(_, _, id)| id);
        let event = |stream, kind, data| NewEvent::new(stream, kind, data);
        let events = [
            event(Stream::Job(job), "dead", json!({ "attempt": 1, "error": STAFF })),
            event(Stream::Job(job), "graded", json!({ "done": 1, "total": 2 })),
            event(Stream::Course(self.course), "run.finished", json!({ "run": STAFF, "assignment": assignment })),
        ];
        event::append(self.world.db().write_connection(), &events, &Reserved::default(), TIME).await.expect("events");
    }
}

fn exercise_task() -> Vec<u8> {
    json!({ "main": "exercise.py", "initial": [NEVER], "checks": { "vars": [], "val": null, "code_run": null }, "expected": null,
        "error_okay": false, "no_answer_needed": true, "observe": false })
    .to_string().into_bytes()
}

fn test_task() -> Vec<u8> {
    let kind = json!({ "type": "stdio", "stdin": NEVER, "stdout": NEVER });
    json!({ "timeout_s": 5, "kind": kind }).to_string().into_bytes()
}

/// An outcome with a step that everybody may see and one of a hidden test.
fn outcome() -> Vec<u8> {
    let step = |name: &str, hidden: bool| {
        let evidence = json!({ "exit_code": 0, "signal": null, "kill_cause": null, "cpu_us": 1, "wall_us": 1, "setup_us": 1,
            "peak_memory_bytes": 1, "processes_peak": null, "oom_kills": null, "process_limit_hits": null, "disk_full": false,
            "stdout_bytes": 1, "stderr_bytes": 0, "answer_bytes": 0, "not_collected": [], "tier": "none",
            "sandbox_error": STAFF });
        json!({ "name": name, "hidden": hidden, "class": "ok", "evidence": evidence })
    };
    let test = |name: &str, hidden: bool| {
        let (feedback, detail) = if hidden { ("passed", STAFF) } else { ("full", "a detail") };
        let part =
            json!({ "name": "a part", "passed": false, "points": "0", "maximum": "1", "message": "Did not pass" });
        json!({ "name": name, "passed": false, "points": "0", "maximum": "1", "hidden": hidden, "message": "Did not pass",
            "feedback": feedback, "detail": detail, "parts": [part] })
    };
    let outcome = json!({
        "verdict": "failed", "blame": "student", "exit_code": 0, "signal": 0, "message": "1 of 2 tests passed",
        "steps": [step("a square", false), step(STAFF, true)],
        "tests": [test("a square", false), test("a surprise", true)],
        "observed": null, "earned": "1", "maximum": "2",
    });
    outcome.to_string().into_bytes()
}
