//! A random small world: people with several roles in several courses, and what belongs to them.

use std::collections::BTreeSet;

use entity::content::mission;
use entity::course::enrollment;
use entity::submission::{self, member, work};
use sea_orm::{EntityTrait as _, Value};
use serde_json::json;
use tests::backend::Backend;
use tests::campus as plain;
use tests::world::World;

const PEOPLE: u64 = 5;
const COURSES: u64 = 3;

pub struct Rows {
    pub world: World,
    pub admins: BTreeSet<i64>,
    pub enrollments: Vec<enrollment::Model>,
    pub missions: Vec<mission::Model>,
    pub members: Vec<member::Model>,
    pub submissions: Vec<submission::Model>,
    pub works: Vec<work::Model>,
    people: Vec<i64>,
}

/// A small generator that gives the same numbers for the same seed everywhere.
struct Dice(u64);

impl Dice {
    /// Below a bound. The numbers of splitmix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    fn of<T: Copy>(&mut self, things: &[T]) -> T {
        things[usize::try_from(self.below(things.len() as u64)).expect("a small number")]
    }
}

/// Keys that were given so far, by what they are.
struct Maker<'w> {
    world: &'w World,
    dice: Dice,
    people: Vec<i64>,
    courses: Vec<i64>,
}

impl Rows {
    pub async fn make(backend: Backend, seed: u64) -> Self {
        let world = World::idle(backend).await;
        let mut maker = Maker { world: &world, dice: Dice(seed), people: Vec::new(), courses: Vec::new() };
        let admins = maker.people().await;
        for number in 0..maker.dice.below(4) + 2 {
            maker.mission(number).await;
        }
        for number in 0..maker.dice.below(3) + 2 {
            maker.assignment(number).await;
        }
        let people = maker.people;
        let last = "SELECT assignment_id, course_id, submitter_id, max(id), count(*) FROM submission GROUP BY assignment_id, course_id, submitter_id";
        world
            .execute(
                &format!(
                    "INSERT INTO work (assignment_id, course_id, owner_id, final_submission_id, submissions) {last}"
                ),
                [],
            )
            .await;
        let db = world.db().read();
        let enrollments = enrollment::Entity::find().all(db).await.expect("rows");
        let missions = mission::Entity::find().all(db).await.expect("rows");
        let members = member::Entity::find().all(db).await.expect("rows");
        let submissions = submission::Entity::find().all(db).await.expect("rows");
        let works = work::Entity::find().all(db).await.expect("rows");
        Self { admins, enrollments, missions, members, submissions, works, people, world }
    }

    /// Everybody, and nobody.
    pub fn viewers(&self) -> Vec<Option<i64>> {
        self.people.iter().copied().map(Some).chain([None]).collect()
    }
}

impl Maker<'_> {
    async fn insert(&self, table: &str, columns: &str, values: Vec<Value>) -> i64 {
        let places: Vec<String> = (1..=values.len()).map(|number| format!("${number}")).collect();
        self.world.execute(&format!("INSERT INTO {table} ({columns}) VALUES ({})", places.join(", ")), values).await;
        self.world.numbers(&format!("SELECT max(id) FROM {table}")).await[0]
    }

    async fn people(&mut self) -> BTreeSet<i64> {
        for number in 0..COURSES {
            self.courses.push(plain::course(self.world, &format!("course-{number}")).await);
        }
        let mut admins = BTreeSet::new();
        for number in 0..PEOPLE {
            let person = plain::person(self.world, &format!("person-{number}")).await;
            self.people.push(person);
            if self.dice.one_in(6) {
                self.world.execute("UPDATE \"user\" SET admin = TRUE WHERE id = $1", [person.into()]).await;
                admins.insert(person);
            }
            for course in self.courses.clone() {
                if self.dice.one_in(3) {
                    continue;
                }
                let role = self.dice.of(&[
                    "student",
                    "student",
                    "lab_assistant",
                    "grader",
                    "teaching_assistant",
                    "instructor",
                ]);
                let values = vec![person.into(), course.into(), role.into(), 0i64.into()];
                self.insert("enrollment", "user_id, course_id, role, created_at", values).await;
            }
        }
        admins
    }

    async fn mission(&mut self, number: u64) {
        let number = i32::try_from(number).expect("a small number");
        let course = self.dice.of(&self.courses);
        let columns = "number, course_id, position, title, description, author, language, premium, under_construction, \
                       prerequisites, timeout_s, files, content_hash, synced_at";
        let values: Vec<Value> = vec![
            number.into(),
            course.into(),
            number.into(),
            "".into(),
            "".into(),
            "".into(),
            "python3".into(),
            false.into(),
            self.dice.one_in(2).into(),
            json!([]).into(),
            1i32.into(),
            json!([]).into(),
            "".into(),
            0i64.into(),
        ];
        let mission = self.insert("mission", columns, values).await;
        for position in 0..self.dice.below(4) {
            let archived = self.dice.one_in(3).then_some(1i64);
            let values = vec![
                mission.into(),
                course.into(),
                format!("{number}-{position}").into(),
                i32::try_from(position).expect("a small number").into(),
                "text".into(),
                "".into(),
                "".into(),
                archived.into(),
            ];
            self.insert("screen", "mission_id, course_id, key, position, kind, title, body_html, archived_at", values)
                .await;
        }
    }

    async fn assignment(&mut self, number: u64) {
        let course = self.dice.of(&self.courses);
        let assignment = plain::assignment(self.world, course, &format!("assignment-{number}")).await;
        if self.dice.one_in(3) {
            let hide = "UPDATE assignment SET visible = FALSE WHERE id = $1";
            self.world.execute(hide, [assignment.into()]).await;
        }
        for position in 0..i32::try_from(self.dice.below(4)).expect("a small number") {
            let hidden = self.dice.one_in(2);
            let values: Vec<Value> = vec![
                assignment.into(),
                course.into(),
                position.into(),
                "".into(),
                0i64.into(),
                hidden.into(),
                Vec::<u8>::new().into(),
            ];
            self.insert("test_case", "assignment_id, course_id, position, name, points, hidden, task", values).await;
        }
        for hand_in in 0..self.dice.below(6) {
            self.hand_in(course, assignment, &format!("{number}-{hand_in}")).await;
        }
        self.group(course, assignment).await;
        if self.dice.one_in(2) {
            let person = self.dice.of(&self.people);
            let values: Vec<Value> = vec![
                assignment.into(),
                course.into(),
                person.into(),
                "granted".into(),
                1i64.into(),
                "".into(),
                "".into(),
                0i64.into(),
            ];
            let columns = "assignment_id, course_id, user_id, state, due_at, due_local, reason, created_at";
            self.insert("extension", columns, values).await;
        }
    }

    /// A group of some, of whom some are only invited.
    async fn group(&mut self, course: i64, assignment: i64) {
        let group = self
            .insert(
                "\"group\"",
                "assignment_id, course_id, created_at",
                vec![assignment.into(), course.into(), 0i64.into()],
            )
            .await;
        for person in self.people.clone() {
            if self.dice.one_in(2) {
                continue;
            }
            let active = !self.dice.one_in(3);
            let values: Vec<Value> = vec![
                group.into(),
                assignment.into(),
                course.into(),
                person.into(),
                active.into(),
                0i64.into(),
                0i64.into(),
            ];
            self.insert(
                "member",
                "group_id, assignment_id, course_id, user_id, active, created_at, updated_at",
                values,
            )
            .await;
        }
    }

    /// A hand-in of anybody, also of somebody who is not in the course any more, and what came of it.
    async fn hand_in(&mut self, course: i64, assignment: i64, key: &str) {
        let person = self.dice.of(&self.people);
        let values = vec![assignment.into(), course.into(), person.into(), json!([]).into(), key.into(), 0i64.into()];
        let columns = "assignment_id, course_id, submitter_id, files, operation_key, received_at";
        let backup = self.insert("backup", columns, values).await;
        if self.dice.one_in(4) {
            self.tried(course, backup).await;
            return;
        }
        let values = vec![backup.into(), assignment.into(), course.into(), person.into(), 0i64.into()];
        self.insert("submission", "id, assignment_id, course_id, submitter_id, submitted_at", values).await;
        let values: Vec<Value> = vec![
            course.into(),
            person.into(),
            backup.into(),
            "python3".into(),
            "queued".into(),
            Vec::<u8>::new().into(),
            json!([]).into(),
            0i64.into(),
        ];
        let columns = "course_id, requester_id, submission_id, language, state, plan, files, created_at";
        let run = self.insert("run", columns, values).await;
        let values = vec![
            backup.into(),
            run.into(),
            course.into(),
            person.into(),
            "total".into(),
            0i64.into(),
            0i64.into(),
            0i64.into(),
        ];
        self.insert("score", "submission_id, run_id, course_id, owner_id, kind, value, maximum, created_at", values)
            .await;
        self.job(course, person).await;
        self.program(person).await;
        let values = vec![key.into(), person.into(), "score".into(), course.into(), "sent".into(), 0i64.into()];
        self.insert("letter", "cause, recipient_id, kind, course_id, state, created_at", values).await;
    }

    /// Somebody has tried a backup, and may have been staff when they did.
    async fn tried(&mut self, course: i64, backup: i64) {
        let person = self.dice.of(&self.people);
        let values: Vec<Value> = vec![
            course.into(),
            person.into(),
            backup.into(),
            "python3".into(),
            "queued".into(),
            Vec::<u8>::new().into(),
            json!([]).into(),
            0i64.into(),
        ];
        self.insert("run", "course_id, requester_id, backup_id, language, state, plan, files, created_at", values)
            .await;
    }

    /// A program of somebody's own, or of a guest.
    async fn program(&mut self, person: i64) {
        let person = (!self.dice.one_in(2)).then_some(person);
        let values: Vec<Value> = vec![
            person.into(),
            "c".into(),
            "queued".into(),
            Vec::<u8>::new().into(),
            json!([]).into(),
            0i64.into(),
            "run".into(),
        ];
        self.insert("run", "requester_id, language, state, plan, files, created_at, mode", values).await;
    }

    async fn job(&mut self, course: i64, person: i64) {
        let course = (!self.dice.one_in(3)).then_some(course);
        let person = (!self.dice.one_in(3)).then_some(person);
        let columns = "kind, version, lane, class, rank, state, payload, course_id, requester_id, run_at, attempt, failures, \
                       max_failures, losses, created_at";
        let zero = || Value::from(0i32);
        let values: Vec<Value> = vec![
            "k".into(),
            1i32.into(),
            "l".into(),
            zero(),
            0i64.into(),
            "done".into(),
            json!({}).into(),
            course.into(),
            person.into(),
            0i64.into(),
            zero(),
            zero(),
            1i32.into(),
            zero(),
            0i64.into(),
        ];
        self.insert("job", columns, values).await;
    }
}
