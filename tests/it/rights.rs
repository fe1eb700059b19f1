//! What is visible, against an oracle that says the same rules in plain Rust, on small random worlds.
//!
//! A world is made of a seed, which a failure names: `LECTERN_RIGHTS_SEED` makes that world again.

mod oracle;
mod world;

use std::collections::BTreeSet;
use std::fmt::Debug;

use entity::assignment::{extension, test_case};
use entity::content::{mission, screen};
use entity::course::enrollment;
use entity::edge::ToMany;
use entity::execution::run;
use entity::grading::score;
use entity::identity::user;
use entity::mail::letter;
use entity::plan::{Children, InOrder, Plan, Span};
use entity::row::Row;
use entity::submission::{backup, group, member, work};
use entity::viewer::ViewerScope;
use entity::visible::Viewable;
use entity::{assignment, course, job, submission};
use sea_orm::{ColumnTrait as _, EntityTrait, ModelTrait, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use tests::backend::Backend;
use tests::stories;

use self::oracle::Oracle;
use self::world::Rows;

stories![what_is_visible_is_what_the_rules_say];

/// Worlds in one test; each has a few viewers.
const WORLDS: u64 = 4;
const SEED: &str = "LECTERN_RIGHTS_SEED";

async fn what_is_visible_is_what_the_rules_say(backend: Backend) {
    let given = std::env::var(SEED).ok().map(|seed| seed.parse().expect("a number"));
    let seeds = given.map_or(1..=WORLDS, |seed: u64| seed..=seed);
    for seed in seeds {
        let rows = Rows::make(backend, seed).await;
        for viewer in rows.viewers() {
            let loaded = match viewer {
                Some(person) => ViewerScope::load(rows.world.db().read(), person).await.expect("rights"),
                None => ViewerScope::anonymous(),
            };
            everything(&rows, &loaded, &format!("{SEED}={seed}, viewer {viewer:?}")).await;
        }
        everything(&rows, &ViewerScope::system("a story"), &format!("{SEED}={seed}, the system")).await;
        rows.world.stop().await;
    }
}

async fn everything(rows: &Rows, scope: &ViewerScope, about: &str) {
    let oracle = Oracle::new(rows, scope);
    let seen = Seen { rows, scope, about };
    seen.is::<user::Entity>(user::Column::Id, |row| oracle.user(row)).await;
    seen.is::<enrollment::Entity>(enrollment::Column::Id, |row| oracle.enrollment(row)).await;
    seen.is::<mission::Entity>(mission::Column::Id, |row| oracle.mission(row)).await;
    seen.is::<screen::Entity>(screen::Column::Id, |row| oracle.screen(row)).await;
    seen.is::<assignment::Entity>(assignment::Column::Id, |row| oracle.assignment(row)).await;
    seen.is::<test_case::Entity>(test_case::Column::Id, |row| oracle.test(row)).await;
    seen.is::<backup::Entity>(backup::Column::Id, |row| oracle.backup(row)).await;
    seen.is::<submission::Entity>(submission::Column::Id, |row| oracle.submission(row)).await;
    seen.is::<group::Entity>(group::Column::Id, |row| oracle.group(row)).await;
    seen.is::<member::Entity>(member::Column::Id, |row| oracle.member(row)).await;
    seen.is::<work::Entity>(work::Column::Id, |row| oracle.work(row)).await;
    seen.is::<extension::Entity>(extension::Column::Id, |row| oracle.extension(row)).await;
    seen.is::<run::Entity>(run::Column::Id, |row| oracle.run(row)).await;
    seen.is::<score::Entity>(score::Column::Id, |row| oracle.score(row)).await;
    seen.is::<job::Entity>(job::Column::Id, |row| oracle.job(row)).await;
    seen.is::<letter::Entity>(letter::Column::Id, |row| oracle.letter(row)).await;
    edges(&seen, &oracle).await;
    seen.chain(&oracle).await;
}

async fn edges(seen: &Seen<'_>, oracle: &Oracle<'_>) {
    let me = seen.scope.user();
    seen.edge::<enrollment::OfCourse>(|row| oracle.enrollment(row)).await;
    seen.edge::<enrollment::OfPerson>(|row| oracle.enrollment(row)).await;
    seen.edge::<enrollment::OwnOfCourse>(|row| Some(row.user_id) == me).await;
    seen.edge::<mission::OfCourse>(|row| oracle.mission(row)).await;
    seen.edge::<screen::OfMission>(|row| oracle.screen(row)).await;
    seen.edge::<assignment::OfCourse>(|row| oracle.assignment(row)).await;
    seen.edge::<test_case::OfAssignment>(|row| oracle.test(row)).await;
    seen.edge::<submission::To>(|row| oracle.submission(row)).await;
    seen.edge::<submission::OfPerson>(|row| oracle.submission(row)).await;
    seen.edge::<submission::OwnTo>(|row| Some(row.submitter_id) == me).await;
    let finals = work::Entity::find().all(seen.rows.world.db().read()).await.expect("rows");
    let finals = finals.into_iter().filter(|row| Some(row.owner_id) == me);
    let finals: BTreeSet<i64> = finals.filter_map(|row| row.final_submission_id).collect();
    seen.edge::<submission::FinalTo>(|row| finals.contains(&row.id)).await;
    seen.edge::<backup::OfAssignment>(|row| oracle.backup(row)).await;
    seen.edge::<work::OfAssignment>(|row| oracle.work(row)).await;
    seen.edge::<work::OwnOf>(|row| Some(row.owner_id) == me).await;
    seen.edge::<group::OfAssignment>(|row| oracle.group(row)).await;
    seen.edge::<member::Of>(|row| oracle.member(row)).await;
    seen.edge::<extension::OfAssignment>(|row| oracle.extension(row)).await;
    seen.edge::<run::OfSubmission>(|row| row.submission_id.is_some() && oracle.run(row)).await;
    seen.edge::<score::OfSubmission>(|row| oracle.score(row)).await;
}

/// The whole rows of a row type's table.
type ModelOf<R> = <<R as Row>::Entity as EntityTrait>::Model;

/// What one viewer sees.
struct Seen<'r> {
    rows: &'r Rows,
    scope: &'r ViewerScope,
    about: &'r str,
}

impl Seen<'_> {
    /// All ways to ask for rows of a type give those, and only those, of which the oracle says so.
    async fn is<E>(&self, key: E::Column, oracle: impl Fn(&E::Model) -> bool)
    where
        E: Viewable,
        E::Model: ModelTrait<Entity = E> + PartialEq + Send + Sync,
    {
        let db = self.rows.world.db().read();
        let number = |row: &E::Model, column| row.get(column).unwrap::<Option<i64>>();
        let all = E::find().order_by_asc(key).all(db).await.expect("all rows");
        let wanted: Vec<E::Model> = all.iter().filter(|row| oracle(row)).cloned().collect();
        let about = format!("{} ({})", std::any::type_name::<E>(), self.about);
        let visible = || E::visible(self.scope);

        let rows = visible().into_select().order_by_asc(key).all(db).await.expect("rows");
        assert!(rows == wanted, "{about}: {rows:#?} are visible; these should be: {wanted:#?}");
        assert_eq!(visible().all(db, key).await.expect("rows"), wanted, "{about}");
        assert_eq!(visible().count(db).await.expect("a count"), wanted.len() as u64, "{about}");

        for row in &all {
            let key = number(row, key).expect("a key");
            let found = visible().by_key(db, key).await.expect("an answer");
            assert_eq!(found.as_ref(), Some(row).filter(|row| oracle(row)), "{about}, by key");
        }
        let filtered = visible().filter(key.gt(0)).count(db).await.expect("a count");
        assert_eq!(filtered, wanted.len() as u64, "{about}: a filter that lets everything through");
    }

    /// An edge leads from every parent to the rows that are visible of its children, page by page, whoever may see the parent.
    async fn edge<E>(&self, oracle: impl Fn(&ModelOf<E::Child>) -> bool)
    where
        E: ToMany,
        E::Child: From<ModelOf<E::Child>> + Debug + PartialEq,
        ModelOf<E::Child>: Send + Sync,
    {
        let db = self.rows.world.db().read();
        let about = format!("{} ({})", std::any::type_name::<E>(), self.about);
        let all = <E::Child as Row>::Entity::find().all(db).await.expect("all rows");
        let wanted: Vec<E::Child> = all.into_iter().filter(|row| oracle(row)).map(Into::into).collect();
        let parents = <E::Parent as Row>::Entity::find().select_only().column(E::Parent::KEY).into_tuple::<i64>();
        let parents = parents.all(db).await.expect("keys");
        let of = |parent: i64, after: Option<i64>| {
            let mut rows: Vec<E::Child> = wanted.iter().filter(|row| E::parent(row) == parent).cloned().collect();
            rows.retain(|row| after.is_none_or(|place| E::place(row) > place));
            rows.sort_by_key(E::place);
            rows
        };
        for limit in [Some(1), Some(2), None] {
            let found = self.follow::<E>(&parents, Span { after: None, limit }).await;
            let most = limit.map_or(usize::MAX, |limit| usize::try_from(limit).expect("a small number"));
            for parent in &parents {
                let mut due = of(*parent, None);
                due.truncate(most);
                assert_eq!(found[parent], due, "{about}: the first {limit:?} of {parent}");
                let Some(place) = due.last().map(E::place) else { continue };
                let next = self.follow::<E>(&[*parent], Span { after: Some(place), limit }).await;
                let mut due = of(*parent, Some(place));
                due.truncate(most);
                assert_eq!(next[parent], due, "{about}: the {limit:?} behind {place} of {parent}");
            }
        }
    }

    async fn follow<E: ToMany>(&self, parents: &[i64], span: Span) -> Children<E::Child> {
        let db = self.rows.world.db().read();
        let mut plan = Plan::new(self.scope, db);
        let from = plan.seen::<E::Parent>(parents.to_vec());
        plan.many::<E>(from, &E::Choice::default(), span, |children, found: &mut Children<E::Child>| *found = children);
        let mut found = Children::default();
        plan.read(db, &mut found).await.expect("rows");
        found
    }

    /// A plan of several levels finds on each what the rules say, of what is visible on the one before.
    async fn chain(&self, oracle: &Oracle<'_>) {
        let db = self.rows.world.db().read();
        let mut plan = Plan::new(self.scope, db);
        let first = Span { after: None, limit: Some(2) };
        let courses = plan.rows(
            course::Entity::visible(self.scope),
            InOrder::<course::Model>::by_key(),
            None,
            |rows, found: &mut Chain| found.courses = rows,
        );
        let assignments =
            plan.many::<assignment::OfCourse>(courses, &(), first, |rows, found| found.assignments = rows);
        let submissions = plan
            .many::<submission::To>(assignments, &Default::default(), first, |rows, found| found.submissions = rows);
        plan.many::<score::OfSubmission>(submissions, &(), first, |rows, found| found.scores = rows);
        plan.one::<submission::By>(submissions, |_, rows, found| found.people = rows);
        let mut found = Chain::default();
        plan.read(db, &mut found).await.expect("rows");
        for course in &found.courses {
            let rows = assignment::Entity::find().filter(assignment::Column::CourseId.eq(course.id));
            let rows = rows.order_by_asc(assignment::Column::Id).all(db).await.expect("rows");
            let rows = rows.into_iter().filter(|row| oracle.assignment(row)).take(2);
            let due: Vec<assignment::Brief> = rows.map(Into::into).collect();
            assert_eq!(found.assignments[&course.id], due, "{}: assignments of {}", self.about, course.id);
        }
        let mut people = BTreeSet::new();
        for assignment in found.assignments.values().flatten() {
            let rows = submission::Entity::find().filter(submission::Column::AssignmentId.eq(assignment.id));
            let rows = rows.order_by_asc(submission::Column::Id).all(db).await.expect("rows");
            let due: Vec<submission::Model> = rows.into_iter().filter(|row| oracle.submission(row)).take(2).collect();
            assert_eq!(found.submissions[&assignment.id], due, "{}: submissions to {}", self.about, assignment.id);
            people.extend(due.iter().map(|row| row.submitter_id));
        }
        for submission in found.submissions.values().flatten() {
            let rows = score::Entity::find().filter(score::Column::SubmissionId.eq(submission.id));
            let rows = rows.order_by_asc(score::Column::Id).all(db).await.expect("rows");
            let due: Vec<score::Model> = rows.into_iter().filter(|row| oracle.score(row)).take(2).collect();
            assert_eq!(found.scores[&submission.id], due, "{}: scores of {}", self.about, submission.id);
        }
        let rows = user::Entity::find().filter(user::Column::Id.is_in(people)).all(db).await.expect("rows");
        let due: BTreeSet<i64> = rows.into_iter().filter(|row| oracle.user(row)).map(|row| row.id).collect();
        let got: BTreeSet<i64> = found.people.iter().map(|row| row.id).collect();
        assert_eq!(got, due, "{}: people", self.about);
    }
}

/// What a chain finds.
#[derive(Default)]
struct Chain {
    courses: Vec<course::Model>,
    assignments: Children<assignment::Brief>,
    submissions: Children<submission::Model>,
    scores: Children<score::Model>,
    people: Vec<user::Person>,
}
