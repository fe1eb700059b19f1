//! `/api/v3/course/<course>/…`: a course's assignments, who takes part, and its roster and grades as tables.

use std::sync::Arc;

use actors::course::export_roster::{RosterExport, export_roster};
use actors::grading::export_grades::export_grades;
use actors::identity::authenticate::authenticate;
use actors::problem::Problem;
use entity::assignment;
use entity::clock::Timestamp;
use entity::course;
use entity::course::roster::Choice;
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use entity::identity::user;
use entity::viewer::ViewerScope;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use poem::{Request, Response, handler};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::assignment::{address, instant, of_course};
use super::envelope::{broken, good, refused, scoped, viewer};
use super::user::word;
use crate::http::Shared;

/// A course's assignments, for everybody.
#[handler]
pub async fn assignments(shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    match list(&shared, &key).await {
        Ok(Some(assignments)) => good(json!({ "assignments": assignments })),
        Ok(None) => refused(StatusCode::NOT_FOUND, "There is no such course."),
        Err(error) => broken(error.into()),
    }
}

async fn list(shared: &Shared, key: &str) -> Result<Option<Vec<Value>>, DbErr> {
    let db = shared.deps.db.read();
    let Some(course) = find(shared, key).await? else { return Ok(None) };
    let shown = assignment::Entity::find().filter(assignment::Column::Visible.eq(true));
    let rows = shown.filter(assignment::Column::CourseId.eq(course.id));
    let rows = rows.order_by_asc(assignment::Column::Id).all(db).await?;
    let now = shared.deps.clock.now();
    Ok(Some(rows.iter().map(|row| brief(shared, row, &course, now)).collect()))
}

fn brief(shared: &Shared, row: &assignment::Model, course: &course::Model, now: Timestamp) -> Value {
    json!({
        "name": row.endpoint,
        "display_name": row.title,
        "due_date": instant(row.due_at),
        "lock_date": row.lock_at.map(instant),
        "max_group_size": row.max_group_size,
        "url": address(shared, row),
        "course": of_course(course),
        // Words, as the predecessor had it.
        "active": if now < row.lock_at.unwrap_or(row.due_at) { "True" } else { "False" },
    })
}

/// Who takes part, by role.
#[handler]
pub async fn enrollment(request: &Request, shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    let answer = async {
        let (viewer, course) = staff(request, &shared, &key).await?;
        by_role(&shared, &viewer, course.id).await
    };
    answer.await.map_or_else(|response| response, good)
}

async fn by_role(shared: &Shared, viewer: &ViewerScope, course: i64) -> Result<Value, Response> {
    let roles = ["student", "lab assistant", "grader", "staff", "instructor"];
    let mut lists: Map<String, Value> = roles.iter().map(|role| ((*role).to_owned(), json!([]))).collect();
    let mut roster = export_roster(&shared.deps.db, viewer, course, Choice::default()).ok_or_else(may_not)?;
    while let Some(member) = roster.next().await.map_err(|error| broken(error.into()))? {
        let person = json!({ "id": bare(member.user), "email": member.email });
        if let Some(list) = lists.get_mut(word(member.role)).and_then(Value::as_array_mut) {
            list.push(person);
        }
    }
    Ok(Value::Object(lists))
}

/// The roster.
#[handler]
pub async fn show_roster(request: &Request, shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    let answer = async {
        let (viewer, course) = staff(request, &shared, &key).await?;
        table_of_roster(&shared, &viewer, course.id).await
    };
    answer.await.map_or_else(|response| response, good)
}

async fn table_of_roster(shared: &Shared, viewer: &ViewerScope, course: i64) -> Result<Value, Response> {
    let mut export = export_roster(&shared.deps.db, viewer, course, Choice::default()).ok_or_else(may_not)?;
    let mut table = RosterExport::header();
    while let Some(row) = export.line().await.map_err(|error| broken(error.into()))? {
        table.extend(row);
    }
    Ok(json!({ "requester": requester(shared, viewer).await?, "roster": String::from_utf8_lossy(&table) }))
}

/// The grades.
#[handler]
pub async fn show_grades(request: &Request, shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    let answer = async {
        let (viewer, course) = staff(request, &shared, &key).await?;
        table_of_grades(&shared, &viewer, course.id).await
    };
    answer.await.map_or_else(|response| response, good)
}

async fn table_of_grades(shared: &Shared, viewer: &ViewerScope, course: i64) -> Result<Value, Response> {
    let export = export_grades(&shared.deps.db, viewer, course, None).await.map_err(|error| broken(error.into()))?;
    let mut export = export.ok_or_else(may_not)?;
    let mut table = export.header();
    while let Some(row) = export.line().await.map_err(|error| broken(error.into()))? {
        table.extend(row);
    }
    Ok(json!({ "requester": requester(shared, viewer).await?, "grades": String::from_utf8_lossy(&table) }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    export_token: String,
}

/// The same for programs that hold a token of the course: one that somebody has made for this course alone, or for more.
#[handler]
pub async fn by_token(
    request: &Request,
    shared: Data<&Arc<Shared>>,
    Path((key, what)): Path<(String, String)>,
) -> Response {
    let answer = async {
        let token = request.params::<Parameters>().unwrap_or_default().export_token;
        let who = match authenticate(&shared.deps, &token).await {
            Ok(who) => who.scope,
            Err(Problem::Refused(told)) => return Err(refused(StatusCode::UNAUTHORIZED, &told.message)),
            Err(Problem::Fault(fault)) => return Err(broken(fault)),
        };
        let course = find(&shared, &key).await.map_err(|error| broken(error.into()))?;
        let course = course.ok_or_else(|| refused(StatusCode::NOT_FOUND, "There is no such course."))?;
        match what.trim_end_matches('/') {
            "enrollment" => by_role(&shared, &who, course.id).await,
            "roster" => table_of_roster(&shared, &who, course.id).await,
            "grades" => table_of_grades(&shared, &who, course.id).await,
            _ => Err(refused(StatusCode::NOT_FOUND, "There is nothing here.")),
        }
    };
    answer.await.map_or_else(|response| response, good)
}

/// Who asks, and the course with that key, which is told to its staff and to who runs the site.
async fn staff(request: &Request, shared: &Shared, key: &str) -> Result<(Arc<ViewerScope>, course::Model), Response> {
    let viewer = viewer(request, shared).await?;
    scoped(&viewer, &[Scope::Read, Scope::Grade, Scope::Roster])?;
    match find(shared, key).await.map_err(|error| broken(error.into()))? {
        Some(course) => Ok((viewer, course)),
        None if viewer.sees_everything() => Err(refused(StatusCode::NOT_FOUND, "There is no such course.")),
        None => Err(may_not()),
    }
}

async fn find(shared: &Shared, key: &str) -> Result<Option<course::Model>, DbErr> {
    course::Entity::find().filter(course::Column::Key.eq(key)).one(shared.deps.db.read()).await
}

/// The address of who asks.
async fn requester(shared: &Shared, viewer: &ViewerScope) -> Result<Option<String>, Response> {
    let key = viewer.user().unwrap_or_default();
    let person =
        user::Entity::find_by_id(key).one(shared.deps.db.read()).await.map_err(|error| broken(error.into()))?;
    Ok(person.map(|person| person.email))
}

/// A person's key as scripts of the predecessor have it.
pub(super) fn bare(user: i64) -> String {
    let id = id::encode(Kind::User, user);
    id.strip_prefix("usr_").unwrap_or(&id).to_owned()
}

fn may_not() -> Response {
    refused(StatusCode::FORBIDDEN, "Only the staff of the course may do that, by a token that is for it.")
}
