//! Who carries something that lets them in: from that to a way in, its person, and their rights as they are now.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult as _, QueryResult, Value};

use super::session::{GRACE, Model};
use crate::clock::{Timestamp, micros};
use crate::course::enrollment::Role;
use crate::course::role;
use crate::statement::Rows;
use crate::viewer::{Permission, ViewerScope};

/// How somebody shows which way in is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// By its key and its person's, which something that we signed says.
    Signed { session: i64, person: i64 },
    /// By the SHA-256 of a secret.
    Secret([u8; 32]),
}

/// Somebody with their way in.
#[derive(Clone, Debug)]
pub struct Bearer {
    pub session: Model,
    pub scope: Arc<ViewerScope>,
}

/// A way in with its person, and a row for each course of theirs with the permissions that are said of their role there, if any are, and with
/// the groups that they are in (`+7`) or invited to (`-8`).
const BEARER: &str = "SELECT s.*, u.admin, u.rights_version AS version_now, u.disabled_at, \
     (SELECT i.admin AND i.disabled_at IS NULL FROM \"user\" AS i WHERE i.id = s.impersonator_id) AS rightly, e.course_id, e.role, e.owner, \
     COALESCE((SELECT r.permissions FROM role AS r WHERE r.id = e.role_id), \
     (SELECT r.permissions FROM role AS r WHERE r.key = e.role AND r.course_id = e.course_id), \
     (SELECT r.permissions FROM role AS r WHERE r.key = e.role AND r.course_id IS NULL)) AS permissions, \
     (SELECT string_agg(CASE WHEN m.active THEN '+' ELSE '-' END || CAST(m.group_id AS TEXT), ' ') FROM member AS m \
     WHERE m.user_id = s.user_id) AS in_groups \
     FROM {which} AS k INNER JOIN session AS s ON s.id = k.id INNER JOIN \"user\" AS u ON u.id = s.user_id LEFT JOIN enrollment AS e ON e.user_id = s.user_id";

/// The keys that are signed for.
const SIGNED: &str = "(SELECT v.column1 AS id FROM {rows} AS v)";

/// The keys of those whose secret it is, or was a moment ago.
const SECRET: &str = "(WITH v AS (SELECT * FROM {rows} AS a) \
     SELECT h.id FROM v INNER JOIN session AS h ON h.digest = v.column1 \
     UNION ALL SELECT h.id FROM v INNER JOIN session AS h ON h.previous = v.column1 AND h.rotated_at > v.column2)";

/// Those who show something, with their rights as they are now. Nobody where there is no such way in, or its account is closed. One statement
/// for each way of showing it, because every request begins with it.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, shown: &[Shown], now: Timestamp) -> Result<HashMap<Shown, Bearer>, DbErr> {
    let since = Timestamp(now.0 - micros(GRACE));
    let signed = shown.iter().filter_map(|shown| match shown {
        Shown::Signed { session, .. } => Some([Value::from(*session)]),
        Shown::Secret(_) => None,
    });
    let secret = shown.iter().filter_map(|shown| match shown {
        Shown::Secret(digest) => Some([Value::from(digest.as_slice()), since.into()]),
        Shown::Signed { .. } => None,
    });
    let mut found = HashMap::new();
    for bearer in [read(db, SIGNED, signed.collect()).await?, read(db, SECRET, secret.collect()).await?].concat() {
        for shown in showing(&bearer.session, since) {
            found.insert(shown, bearer.clone());
        }
    }
    Ok(found)
}

/// All that shows this way in.
fn showing(session: &Model, since: Timestamp) -> Vec<Shown> {
    let was = session.previous.as_deref().filter(|_| session.rotated_at.is_some_and(|at| at > since));
    let secrets = [session.digest.as_deref(), was].into_iter().flatten();
    let secrets = secrets.filter_map(|digest| digest.try_into().ok()).map(Shown::Secret);
    secrets.chain([Shown::Signed { session: session.id, person: session.user_id }]).collect()
}

/// The ways in of a list, with whoever they are open to.
async fn read(db: &impl ConnectionTrait, which: &str, asked: Rows) -> Result<Vec<Bearer>, DbErr> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let statement = asked.statement(db.get_database_backend(), &BEARER.replace("{which}", which));
    let rows = db.query_all_raw(statement).await?;
    let mut of_session: BTreeMap<i64, Vec<QueryResult>> = BTreeMap::new();
    for row in rows {
        of_session.entry(row.try_get("", "id")?).or_default().push(row);
    }
    of_session.into_values().filter_map(|rows| bearer(&rows).transpose()).collect()
}

/// Whose way in the rows tell of, one for each course; none where it is open to nobody.
fn bearer(rows: &[QueryResult]) -> Result<Option<Bearer>, DbErr> {
    let Some(first) = rows.first() else { return Ok(None) };
    if first.try_get::<Option<Timestamp>>("", "disabled_at")?.is_some() {
        return Ok(None);
    }
    let session = Model::from_query_result(first, "")?;
    // Whoever acts in another's name runs the site, and the other does not.
    let rightly = first.try_get::<Option<bool>>("", "rightly")? == Some(true) && !first.try_get::<bool>("", "admin")?;
    if session.impersonator_id.is_some() && !rightly {
        return Ok(None);
    }
    let allowed = rows.iter().filter_map(|row| allowed(row).transpose()).collect::<Result<Vec<_>, _>>()?;
    let (admin, version) = (first.try_get("", "admin")?, first.try_get("", "version_now")?);
    let groups: Option<String> = first.try_get("", "in_groups")?;
    let scope = ViewerScope::allowed(session.user_id, admin, version, allowed);
    let mut scope = scope.in_groups(groups.iter().flat_map(|groups| in_groups(groups))).granted(session.grant());
    scope.session = Some(session.id);
    scope.impersonator = session.impersonator_id;
    Ok(Some(Bearer { session, scope: Arc::new(scope) }))
}

/// A course of somebody's, and what they may there.
fn allowed(row: &QueryResult) -> Result<Option<(i64, BTreeSet<Permission>)>, DbErr> {
    let Some(course) = row.try_get::<Option<i64>>("", "course_id")? else { return Ok(None) };
    if row.try_get("", "owner")? {
        return Ok(Some((course, Permission::ALL.into_iter().collect())));
    }
    let role: Role = row.try_get("", "role")?;
    let said: Option<String> = row.try_get("", "permissions")?;
    let allowed = said.map_or_else(|| role.permissions().iter().copied().collect(), |words| role::read(&words));
    Ok(Some((course, allowed)))
}

/// The groups in a list of them, with whether somebody is in each.
fn in_groups(list: &str) -> impl Iterator<Item = (i64, bool)> + '_ {
    let group = |word: &str| Some((word.get(1..)?.parse().ok()?, word.starts_with('+')));
    list.split_whitespace().filter_map(group)
}
