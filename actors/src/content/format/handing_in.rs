//! How work on an assignment is handed in: until when at the latest, by how many together, how often, and what lateness costs.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use entity::grading::late::{LatePolicy, Of};
use entity::points::Points;
use entity::submission::group::MOST_MEMBERS;

use super::assignment_folder::RULES;
use super::deadline;
use super::fields::Fields;
use super::yaml::{Node, Value};

/// How it is handed in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HandingIn {
    /// The last time at which it is taken, as the clock on the wall shows it; none: there is no end.
    pub lock_local: Option<NaiveDateTime>,
    /// How many may share their work; 1 for nobody.
    pub max_group_size: u32,
    /// At most so many submissions; none: as many as they like.
    pub attempts: Option<u32>,
    /// Whether what was handed in may be revised after it was graded.
    pub revisions: bool,
    pub late_policy: LatePolicy,
}

const POLICY_KEYS: &[&str] = &["grace_minutes", "percent_per_day", "of", "cap_percent"];
const MOST_ATTEMPTS: u32 = 10_000;
/// A week.
const MOST_GRACE_MINUTES: u32 = 7 * 24 * 60;

/// Reads it, of an assignment that is due then.
pub(super) fn read(fields: &mut Fields<'_, '_>, path: &str, zone: Option<Tz>, due: Option<NaiveDateTime>) -> HandingIn {
    let found = HandingIn {
        lock_local: lock(fields, zone, due),
        max_group_size: fields.whole("max_group_size", 1..=MOST_MEMBERS.unsigned_abs()).unwrap_or(1),
        attempts: fields.whole("attempts", 1..=MOST_ATTEMPTS),
        revisions: fields.flag("revisions"),
        late_policy: LatePolicy::default(),
    };
    match fields.optional("late_policy") {
        Some(node) => HandingIn { late_policy: policy(fields, path, node), ..found },
        None => found,
    }
}

fn lock(fields: &mut Fields<'_, '_>, zone: Option<Tz>, due: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
    let node = fields.optional("lock")?;
    let lock = deadline::wall_time(fields, "lock", node, zone)?;
    if due.is_some_and(|due| lock < due) {
        fields.bad_value("lock", node.line, "it is before the deadline", "lock at the time of `due`, or later");
        return None;
    }
    Some(lock)
}

fn policy(fields: &mut Fields<'_, '_>, path: &str, node: &Node) -> LatePolicy {
    let place = " in late_policy".to_owned();
    let Some(mut fields) = Fields::open(node, path, place, RULES, POLICY_KEYS, fields.out) else {
        return LatePolicy::default();
    };
    LatePolicy {
        grace_s: fields.whole("grace_minutes", 0..=MOST_GRACE_MINUTES).unwrap_or(0) * 60,
        percent_per_day: percent(&mut fields, "percent_per_day").unwrap_or_default(),
        of: of(&mut fields),
        cap_percent: percent(&mut fields, "cap_percent"),
    }
}

fn percent(fields: &mut Fields<'_, '_>, key: &str) -> Option<Points> {
    let node = fields.optional(key)?;
    let Value::Number(text) = &node.value else {
        fields.wrong_type(key, "a number", node);
        return None;
    };
    let found = text.parse().ok().filter(|percent| (Points::ZERO..=Points::whole(100)).contains(percent));
    if found.is_none() {
        fields.bad_value(
            key,
            node.line,
            &format!("{text} is no percentage"),
            "write a number from 0 to 100, such as 2.5",
        );
    }
    found
}

fn of(fields: &mut Fields<'_, '_>) -> Of {
    let Some(node) = fields.optional("of") else { return Of::Earned };
    match fields.as_text("of", node) {
        Some("maximum") => Of::Maximum,
        Some("earned") | None => Of::Earned,
        Some(other) => {
            let what = format!("`{other}` is neither");
            fields.bad_value("of", node.line, &what, "write `earned` or `maximum`");
            Of::Earned
        }
    }
}
