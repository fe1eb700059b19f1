//! `/api/v3/backups/`: work comes in, and is read back.

use std::sync::Arc;
use std::time::Duration;

use actors::problem::{Fault, Problem};
use actors::submission::intake::{KeptBack, deadline};
use actors::submission::receive::{self as receiving, Arrival, FILES, Messages, ReceiveCode, Received, join};
use actors::submission::revise::{self as revising, Revised};
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use entity::identity::user;
use entity::submission::receipt::{self, Receipt};
use entity::submission::{backup, member, message};
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use entity::{assignment, course, file, submission};
use poem::http::{StatusCode, header};
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::assignment::{instant, of_course};
use super::body::{Read, read, refuse};
use super::envelope::{CUT_OFF, broken, good, refused, scoped, viewer, written};
use super::file::KIND;
use crate::http::Shared;
use crate::http::arrival::watched;

/// The longest body, in bytes: the predecessor took 30 MB, so that much of anything comes in, however it is escaped.
const LONGEST: usize = 48 << 20;

/// What the client sends.
#[derive(Deserialize)]
struct Sent {
    assignment: String,
    messages: Messages,
    #[serde(default)]
    submit: bool,
}

/// Takes work in.
#[handler]
pub async fn receive(request: &Request, body: Body, shared: Data<&Arc<Shared>>) -> Response {
    arrive(request, body, &shared, false).await
}

/// Takes in what revises something that was handed in.
#[handler]
pub async fn revise(request: &Request, body: Body, shared: Data<&Arc<Shared>>) -> Response {
    arrive(request, body, &shared, true).await
}

async fn arrive(request: &Request, body: Body, shared: &Shared, revises: bool) -> Response {
    let ((body, arrived), waited) = (watched(body, &shared.deps), Instant::now());
    if request.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        refuse(body).await;
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send it as it is, without a Content-Encoding.");
    }
    // What may not come in is not kept meanwhile.
    let mut known = match viewer(request, shared).await {
        Ok(viewer) => Some(viewer),
        Err(response) if is_away(&response) => None,
        Err(response) => {
            // Who asks first whether they may send has not begun.
            if !request.headers().contains_key(header::EXPECT) {
                refuse(body).await;
            }
            return response;
        }
    };
    let bytes = match read(body, LONGEST).await {
        Read::Whole(bytes) => bytes,
        Read::TooLong => {
            return refused(StatusCode::PAYLOAD_TOO_LARGE, "That is too much: at most 48 MiB come in at once.");
        }
        Read::CutOff => return refused(StatusCode::BAD_REQUEST, CUT_OFF),
        Read::Stalled => return refused(StatusCode::REQUEST_TIMEOUT, "Nothing has come for a minute. Send it again."),
    };
    let received_at = arrived.came();
    if waited.elapsed() > FRESH {
        known = None;
    }
    if bytes.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        return refused(StatusCode::BAD_REQUEST, "This is not a backup: that is a JSON object.");
    }
    let sent: Sent = match serde_json::from_slice(&bytes) {
        Ok(sent) => sent,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &format!("This is not a backup: {error}.")),
    };
    let submit = sent.submit && !revises;
    let arrival = Arrival { endpoint: sent.assignment, messages: sent.messages, submit, received_at };
    let begun = Instant::now();
    loop {
        let response = take(request, shared, known.take(), &arrival, revises).await;
        if !is_away(&response) || begun.elapsed() > HELD {
            return response;
        }
        sleep(PAUSE).await;
    }
}

/// For how long it is known who somebody is who still sends.
const FRESH: Duration = Duration::from_secs(10);
/// How long work is held whose database is away. The client tells its student that work could not be handed in when it is answered with an
/// error only once, though it is there in the end; so it is answered when it is there.
const HELD: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);

fn is_away(response: &Response) -> bool {
    response.status() == StatusCode::SERVICE_UNAVAILABLE
}

/// Takes it in, from somebody who is known already or looked up now. Safe to repeat.
async fn take(
    request: &Request,
    shared: &Shared,
    known: Option<Arc<ViewerScope>>,
    arrival: &Arrival,
    revises: bool,
) -> Response {
    let viewer = match known {
        Some(viewer) => viewer,
        None => match viewer(request, shared).await {
            Ok(viewer) => viewer,
            Err(response) => return response,
        },
    };
    if let Err(response) = scoped(&viewer, &[Scope::Submit]) {
        return response;
    }
    let taken = match revises {
        false => receiving::receive(&shared.deps, &viewer, arrival).await.map(|received| (received, None)),
        true => {
            let revised = revising::revise(&shared.deps, &viewer, arrival).await;
            revised.map(|Revised { received, refused }| (received, refused.map(|why| why.to_string())))
        }
    };
    match taken {
        Ok((received, unrevised)) => answer(shared, &received, unrevised),
        Err(Problem::Refused(refusal)) => refused(status(refusal.code), &refusal.message),
        Err(Problem::Fault(fault)) => broken(fault),
    }
}

fn status(code: ReceiveCode) -> StatusCode {
    match code {
        ReceiveCode::Unreadable => StatusCode::BAD_REQUEST,
        ReceiveCode::NotAllowed | ReceiveCode::AssignmentUnknown => StatusCode::FORBIDDEN,
    }
}

/// Where it is, and why it was not taken for what it was sent for, where it was not.
fn answer(shared: &Shared, received: &Received, unrevised: Option<String>) -> Response {
    let key = key(received.backup);
    let endpoint = &received.posted.assignment.endpoint;
    let kind = if received.handed_in { "submissions" } else { "backups" };
    let data = json!({
        "email": received.email,
        "key": key,
        "url": format!("{}/{endpoint}/{kind}/{key}", shared.deps.site.public_url),
        "course": of_course(&received.posted.course),
        "assignment": endpoint,
        "receipt": received.receipt.as_deref().and_then(written_out),
    });
    // It is kept; the client is told that it was not handed in, or that it revises nothing.
    match (unrevised, &received.kept_back) {
        (None, None) => good(data),
        (Some(why), _) => written(StatusCode::FORBIDDEN, &why, data),
        (None, Some(why)) => {
            let mut data = data;
            data["late"] = matches!(why, KeptBack::Locked { .. }).into();
            written(StatusCode::FORBIDDEN, &why.to_string(), data)
        }
    }
}

/// A receipt to the letter, as the object that it is.
fn written_out(receipt: &Receipt) -> Option<Value> {
    serde_json::from_str(&receipt.text()).ok()
}

/// The receipt of a backup for who may see that: with the address for its holder only.
pub(super) async fn receipt_of(
    shared: &Shared,
    viewer: &ViewerScope,
    row: &backup::Model,
) -> Result<Option<Receipt>, DbErr> {
    let found = receipt::of_backups(shared.deps.db.read(), &[row.id]).await?.remove(&row.id);
    let is_own = viewer.user() == Some(row.submitter_id);
    Ok(found.map(|receipt| if is_own { receipt } else { receipt.without_holder() }))
}

/// A key as the client has it in its addresses.
pub(super) fn key(backup: i64) -> String {
    let id = id::encode(Kind::Backup, backup);
    id.strip_prefix("bak_").unwrap_or(&id).to_owned()
}

/// A backup.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    rest: Value,
    messages: Vec<Message>,
}

impl Shown {
    /// Leaves out whose it is.
    pub fn unnamed(&mut self) {
        if let Some(rest) = self.rest.as_object_mut() {
            rest.remove("submitter");
        }
    }
}

/// What was sent with it, of one kind.
#[derive(Serialize)]
struct Message {
    kind: String,
    /// As it came, to the letter.
    contents: Box<RawValue>,
    created: String,
}

/// Shows a backup, with what was sent.
#[handler]
pub async fn show(request: &Request, shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    let viewer = match viewer(request, &shared).await {
        Ok(viewer) => viewer,
        Err(response) => return response,
    };
    match described(&shared, &viewer, &key).await {
        Ok(Some(backup)) => good(backup),
        Ok(None) => refused(StatusCode::NOT_FOUND, "There is no such backup for you."),
        Err(fault) => broken(fault),
    }
}

/// A backup that somebody may see.
pub(super) struct Found {
    pub row: backup::Model,
    pub assignment: assignment::Model,
    /// Whether it is a submission.
    pub handed_in: bool,
}

/// The backup with that key, for who may see it.
pub(super) async fn find(shared: &Shared, viewer: &ViewerScope, key: &str) -> Result<Option<Found>, DbErr> {
    let db = shared.deps.db.read();
    let Some(id) = id::decode_as(Kind::Backup, &format!("bak_{key}")) else { return Ok(None) };
    let Some(row) = backup::Entity::visible(viewer).by_key(db, id).await? else { return Ok(None) };
    let assignment = assignment::Entity::find_by_id(row.assignment_id).one(db).await?;
    let handed_in = submission::Entity::find_by_id(row.id).one(db).await?.is_some();
    Ok(assignment.map(|assignment| Found { row, assignment, handed_in }))
}

/// The backup with that key as scripts read it, for who may see it.
pub(super) async fn described(shared: &Shared, viewer: &ViewerScope, key: &str) -> Result<Option<Shown>, Fault> {
    let db = shared.deps.db.read();
    let Some(Found { row, assignment, handed_in }) = find(shared, viewer, key).await? else { return Ok(None) };
    let Some(course) = course::Entity::find_by_id(row.course_id).one(db).await? else { return Ok(None) };
    let group = group(shared, &row).await?;
    let created = instant(row.client_created_at.unwrap_or(row.received_at));
    let receipt = receipt_of(shared, viewer, &row).await?;
    let (messages, external) = messages(shared, &row).await?;
    let messages =
        messages.into_iter().map(|(kind, contents)| Message { kind, contents, created: created.clone() }).collect();
    let rest = json!({
        "id": key,
        "submitter": group.first(),
        "assignment": { "name": assignment.endpoint, "course": of_course(&course) },
        "created": created,
        "submission_time": instant(row.received_at),
        "is_late": deadline(&shared.deps, row.submitter_id, &assignment).await?.is_late(row.received_at),
        "submit": handed_in,
        "external_files": external,
        "group": group,
        "receipt": receipt.as_ref().and_then(written_out),
    });
    Ok(Some(Shown { rest, messages }))
}

/// Whose work it is: who sent it, and those with whom they share it.
async fn group(shared: &Shared, row: &backup::Model) -> Result<Vec<Value>, DbErr> {
    let db = shared.deps.db.read();
    let keys = member::sharing(db, row.assignment_id, row.submitter_id).await?;
    let people = user::Entity::find().filter(user::Column::Id.is_in(keys.iter().copied())).all(db).await?;
    let person = |key: &i64| {
        let email = people.iter().find(|user| user.id == *key).map(|user| user.email.as_str());
        json!({ "id": id::encode(Kind::User, *key).trim_start_matches("usr_"), "email": email })
    };
    Ok(keys.iter().map(person).collect())
}

/// A kind, and the JSON of its message.
type Kept = (String, Box<RawValue>);

/// What was sent with it, as it was; and the files that are no text, which no message has.
async fn messages(shared: &Shared, row: &backup::Model) -> Result<(Vec<Kept>, Vec<Value>), DbErr> {
    let db = shared.deps.db.read();
    let (mut files, mut external) = (Vec::new(), Vec::new());
    for (place, (entry, bytes)) in row.files.0.iter().zip(file::read(db, &row.files.0).await?).enumerate() {
        if std::str::from_utf8(&bytes).is_ok() {
            files.push((entry.name.clone(), bytes));
            continue;
        }
        let id = id::encode_file(row.id, place);
        let link = format!("{}/api/v3/file/{id}", shared.deps.site.public_url);
        external.push(json!({ "id": id, "filename": entry.name, "mimetype": KIND, "download_link": link }));
    }
    let kept = message::of_backup(db, row.id).await?;
    if kept.is_empty() {
        // Work that came otherwise than by the client.
        let whole = join(files, b"{}").map(|contents| (FILES.to_owned(), contents));
        return Ok((whole.into_iter().collect(), external));
    }
    let contents = |(kind, bytes): (String, Vec<u8>)| {
        let whole = if kind == FILES && !files.is_empty() { join(files.clone(), &bytes) } else { None };
        let raw = || serde_json::from_slice(&bytes).unwrap_or_else(|_| RawValue::NULL.to_owned());
        (kind, whole.unwrap_or_else(raw))
    };
    Ok((kept.into_iter().map(contents).collect(), external))
}
