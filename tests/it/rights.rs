//! What is visible, against an oracle that says the same rules in plain Rust, on small random worlds.
//!
//! A world is made of a seed, which a failure names: `LECTERN_RIGHTS_SEED` makes that world again.

mod oracle;
mod world;

use entity::content::{mission, screen};
use entity::course::enrollment;
use entity::execution::run;
use entity::grading::score;
use entity::identity::user;
use entity::mail::letter;
use entity::viewer::ViewerScope;
use entity::visible::Viewable;
use entity::{assignment, assignment::test_case, job, submission, submission::backup};
use sea_orm::{ColumnTrait as _, IdenStatic as _, ModelTrait, QueryOrder as _};
use server::graphql::page::Page;
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
    seen.is::<user::Entity>(user::Column::Id, user::Column::Id, |row| oracle.user(row)).await;
    seen.is::<enrollment::Entity>(enrollment::Column::Id, enrollment::Column::CourseId, |row| oracle.enrollment(row))
        .await;
    seen.is::<mission::Entity>(mission::Column::Id, mission::Column::CourseId, |row| oracle.mission(row)).await;
    seen.is::<screen::Entity>(screen::Column::Id, screen::Column::MissionId, |row| oracle.screen(row)).await;
    seen.is::<assignment::Entity>(assignment::Column::Id, assignment::Column::CourseId, |row| oracle.assignment(row))
        .await;
    seen.is::<test_case::Entity>(test_case::Column::Id, test_case::Column::AssignmentId, |row| oracle.test(row)).await;
    seen.is::<backup::Entity>(backup::Column::Id, backup::Column::AssignmentId, |row| oracle.backup(row)).await;
    seen.is::<submission::Entity>(submission::Column::Id, submission::Column::AssignmentId, |row| {
        oracle.submission(row)
    })
    .await;
    seen.is::<run::Entity>(run::Column::Id, run::Column::CourseId, |row| oracle.run(row)).await;
    seen.is::<score::Entity>(score::Column::Id, score::Column::SubmissionId, |row| oracle.score(row)).await;
    seen.is::<job::Entity>(job::Column::Id, job::Column::CourseId, |row| oracle.job(row)).await;
    seen.is::<letter::Entity>(letter::Column::Id, letter::Column::RecipientId, |row| oracle.letter(row)).await;
}

/// What one viewer sees.
struct Seen<'r> {
    rows: &'r Rows,
    scope: &'r ViewerScope,
    about: &'r str,
}

impl Seen<'_> {
    /// All ways to ask for rows of a type give those, and only those, of which the oracle says so.
    async fn is<E>(&self, key: E::Column, parent: E::Column, oracle: impl Fn(&E::Model) -> bool)
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
        let parents: Vec<i64> = all.iter().filter_map(|row| number(row, parent)).collect();
        self.pages::<E>(key, parent, &parents, &wanted, &about).await;
    }

    /// Walking through the pages gives everything once, whether all parents are asked together or nobody is.
    async fn pages<E>(&self, key: E::Column, parent: E::Column, parents: &[i64], wanted: &[E::Model], about: &str)
    where
        E: Viewable,
        E::Model: ModelTrait<Entity = E> + PartialEq + Send + Sync,
    {
        let db = self.rows.world.db().read();
        let number = |row: &E::Model, column| row.get(column).unwrap::<Option<i64>>();
        for first in [1, 3] {
            let (mut walked, mut page) = (Vec::new(), Page { after: None, first });
            loop {
                let mut rows = page.rows(db, E::visible(self.scope), key).await.expect("a page");
                let more = rows.len() as u64 > first;
                rows.truncate(usize::try_from(first).expect("a small number"));
                page.after = rows.last().and_then(|row| number(row, key)).or(page.after);
                walked.extend(rows);
                if !more {
                    break;
                }
            }
            assert!(walked == wanted, "{about}: pages of {first} by {} lose or double rows", key.as_str());
        }
        let of = |parent_key: i64| wanted.iter().filter(move |row| number(row, parent) == Some(parent_key));
        for limit in [1, 2, 100] {
            let ask = E::visible(self.scope).per_parent(db, parent, parents.iter().copied(), key, None, limit);
            let rows = ask.await.expect("rows");
            for parent_key in parents {
                let got: Vec<&E::Model> = rows.iter().filter(|row| number(row, parent) == Some(*parent_key)).collect();
                let due: Vec<&E::Model> =
                    of(*parent_key).take(usize::try_from(limit).expect("a small number")).collect();
                assert!(got == due, "{about}: the first {limit} of {} {parent_key}", parent.as_str());
                let Some(place) = due.last().and_then(|row| number(row, key)) else { continue };
                let ask = E::visible(self.scope).per_parent(db, parent, [*parent_key], key, Some(place), limit);
                let next = ask.await.expect("rows");
                let due: Vec<&E::Model> =
                    of(*parent_key).filter(|row| number(row, key) > Some(place)).take(due.len()).collect();
                let got: Vec<&E::Model> = next.iter().take(due.len()).collect();
                assert!(got == due, "{about}: those behind {place} of {} {parent_key}", parent.as_str());
            }
        }
        let filtered = E::visible(self.scope).filter(key.gt(0)).count(db).await.expect("a count");
        assert_eq!(filtered, wanted.len() as u64, "{about}: a filter that lets everything through");
    }
}
