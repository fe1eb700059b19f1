//! Creating an assignment without a content folder, or changing the one of that name. What is handed in for it is kept and may be scored by
//! people and by programs elsewhere; a folder of that name that is synchronised later brings files and tests, and what was said by hand holds.

use entity::assignment::rules::ByHand;
use entity::assignment::{self, Model};
use entity::course;
use entity::execution::language::Language;
use entity::file::Entries;
use entity::identity::audit::Action;
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, Set};

use super::change::{Change, ChangeCode, Changed, Done};
use super::update::{lock, may, store, tell};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// The longest name of an assignment in its course.
const NAME: usize = 64;

/// Creates the assignment with that endpoint, such as `data-in-the-wild/poster`, or changes it where there is one. For who may change
/// assignments in the course. One that is new has a deadline, and what is not said of it is as in a folder that says nothing of it.
///
/// # Errors
/// When the viewer may not, there is no such course for them, something of it cannot be, or something breaks.
pub async fn create_or_update(deps: &Deps, viewer: &ViewerScope, endpoint: &str, change: Change) -> Done<Model> {
    let unknown = || {
        let message = format!("There is no course for an assignment `{endpoint}`.");
        Problem::refused_at(ChangeCode::AssignmentUnknown, message, &["name"])
    };
    let (key, name) = endpoint.split_once('/').ok_or_else(unknown)?;
    let mut write = Write::begin(deps).await?;
    let course = course::Entity::visible(viewer).filter(course::Column::Key.eq(key)).one(write.tx()).await?;
    let course = course.ok_or_else(unknown)?;
    may(viewer, course.id)?;
    let now = match lock(&write, viewer, assignment::Column::Endpoint.eq(endpoint)).await? {
        Some(before) => store(&mut write, viewer, &before, change).await?,
        None => create(&mut write, viewer, &course, name, change).await?,
    };
    write.commit().await?;
    Ok(now)
}

async fn create(
    write: &mut Write,
    viewer: &ViewerScope,
    course: &course::Model,
    name: &str,
    change: Change,
) -> Done<Model> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if !(1..=NAME).contains(&name.len()) || !name.bytes().all(plain) {
        let message = format!("A name has 1 to {NAME} letters, digits, `_` and `-`.");
        return Err(Problem::refused_at(ChangeCode::NameInvalid, message, &["name"]));
    }
    if change.due.is_none() {
        return Err(Problem::refused_at(ChangeCode::BadTime, "When is it due?", &["due"]));
    }
    let blank = blank(write, course, name);
    let Changed { mut row, details } = change.apply(&blank)?;
    row.course_id = Set(blank.course_id);
    row.endpoint = Set(blank.endpoint);
    row.description_html = Set(blank.description_html);
    row.language = Set(blank.language);
    row.main = Set(blank.main);
    row.template = Set(blank.template);
    row.time_zone = Set(blank.time_zone);
    row.content_hash = Set(blank.content_hash);
    row.synced_at = Set(blank.synced_at);
    let now = row.insert(write.tx()).await?;
    tell(write, viewer, Action::AssignmentCreated, &now, details).await?;
    Ok(now)
}

/// An assignment of which nothing is said yet.
fn blank(write: &Write, course: &course::Model, name: &str) -> Model {
    Model {
        id: 0,
        course_id: course.id,
        endpoint: format!("{}/{name}", course.key),
        title: name.to_owned(),
        description_html: String::new(),
        language: Language::python3(),
        // Nothing is run.
        main: String::new(),
        template: Entries::default(),
        due_at: write.now,
        due_local: String::new(),
        time_zone: course.time_zone.clone(),
        lock_at: None,
        lock_local: None,
        max_group_size: 1,
        attempts: None,
        revisions: false,
        late_policy: "{}".to_owned(),
        grace: 0,
        content_hash: String::new(),
        synced_at: write.now,
        by_hand: ByHand::default().text(),
        visible: true,
        url: None,
        uploads_enabled: true,
        upload_info: None,
        autograding_key: None,
        continuous_autograding: false,
    }
}
