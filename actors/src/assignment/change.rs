//! What somebody says by hand about an assignment: which rules, and what of them.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use entity::assignment::deadline::{is_shown, is_told, local, read, resolve, written};
use entity::assignment::rules::{ByHand, Moment, Rule, Rules};
use entity::assignment::{ActiveModel, Model};
use entity::clock::Timestamp;
use entity::grading::late::LatePolicy;
use entity::points::Points;
use entity::submission::group::MOST_MEMBERS;
use sea_orm::Set;
use serde_json::{Map, Value, json};

use crate::problem::Problem;

/// A time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// As the clock on the wall shows it, in the zone of the assignment: `2027-01-15T23:59:00`.
    Local(String),
    At(Timestamp),
}

/// What is said. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub title: Option<String>,
    pub due: Option<When>,
    /// None inside: there is no end.
    pub lock: Option<Option<When>>,
    pub max_group_size: Option<i32>,
    /// None inside: as many as one likes.
    pub attempts: Option<Option<i32>>,
    pub revisions: Option<bool>,
    pub late_policy: Option<LatePolicy>,
    pub visible: Option<bool>,
    pub url: Option<Option<String>>,
    pub uploads_enabled: Option<bool>,
    pub upload_info: Option<Option<String>>,
    pub autograding_key: Option<Option<String>>,
    pub continuous_autograding: Option<bool>,
    /// What is said by hand no longer.
    pub give_back: Vec<Rule>,
}

/// Why it is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeCode {
    NotAllowed,
    /// There is no such assignment, or no such course to have it.
    AssignmentUnknown,
    /// The name cannot be one.
    NameInvalid,
    /// A time is none, or the lock is before the deadline.
    BadTime,
    /// A number, a text or an address that cannot be one.
    BadValue,
    /// There is no folder to give it back to.
    NoFolder,
}

pub(super) type Done<T> = Result<T, Problem<ChangeCode>>;

/// The most attempts, as a folder may say.
const MOST_ATTEMPTS: i32 = 10_000;
/// The longest grace: a week.
const MOST_GRACE_S: u32 = 7 * 24 * 3_600;
/// The longest texts, in characters.
const TITLE: usize = 200;
const URL: usize = 2_000;
const INFO: usize = 10_000;

/// A change of a row: what it is then, and what of it is other than before.
pub(super) struct Changed {
    pub row: ActiveModel,
    /// What was before and is now, by name.
    pub details: Map<String, Value>,
}

impl Change {
    /// Applies it to an assignment that is so far as this says.
    pub(super) fn apply(self, before: &Model) -> Done<Changed> {
        let mut by_hand = ByHand::read(&before.by_hand);
        let (old, mut rules) = (Rules::of(before), Rules::of(before));
        for (rule, path) in self.say(before.zone(), &mut rules)? {
            let fits = match rule {
                Rule::MaxGroupSize => (1..=MOST_MEMBERS).contains(&rules.max_group_size),
                Rule::Attempts => rules.attempts.is_none_or(|most| (1..=MOST_ATTEMPTS).contains(&most)),
                Rule::Title => is_line(&rules.title, TITLE) && !rules.title.trim().is_empty(),
                Rule::LatePolicy => is_policy(&rules.late_policy),
                Rule::Due | Rule::Lock | Rule::Revisions => true,
            };
            if !fits {
                return Err(bad_value(path));
            }
            by_hand.say(rule, before);
        }
        for rule in &self.give_back {
            let message = "It is said by nobody else: this assignment is in no content folder.";
            let none = || Problem::refused_at(ChangeCode::NoFolder, message, &["giveBack"]);
            if by_hand.rules.contains(rule) {
                rules.take(*rule, by_hand.give_back(*rule).ok_or_else(none)?);
            } else if !before.is_from_folder() {
                return Err(none());
            }
        }
        if by_hand.rules.is_empty() {
            by_hand = ByHand::default();
        }
        if rules.lock.as_ref().is_some_and(|lock| lock.at < rules.due.at) {
            let message = "The lock is before the deadline.";
            return Err(Problem::refused_at(ChangeCode::BadTime, message, &["lock"]));
        }
        let mut details = differences(&old, &rules);
        let mut row = ActiveModel { by_hand: Set(by_hand.text()), ..Default::default() };
        rules.put(&mut row);
        self.put_rest(before, &mut row, &mut details)?;
        Ok(Changed { row, details })
    }

    /// What of the rules is said, and by which part of the input.
    fn say(&self, zone: Tz, rules: &mut Rules) -> Done<Vec<(Rule, &'static str)>> {
        let mut said = Vec::new();
        if let Some(title) = &self.title {
            title.trim().clone_into(&mut rules.title);
            said.push((Rule::Title, "title"));
        }
        if let Some(due) = &self.due {
            rules.due = moment(zone, due, "due")?;
            said.push((Rule::Due, "due"));
        }
        if let Some(lock) = &self.lock {
            rules.lock = lock.as_ref().map(|lock| moment(zone, lock, "lock")).transpose()?;
            said.push((Rule::Lock, "lock"));
        }
        if let Some(most) = self.max_group_size {
            rules.max_group_size = most;
            said.push((Rule::MaxGroupSize, "maxGroupSize"));
        }
        if let Some(most) = self.attempts {
            rules.attempts = most;
            said.push((Rule::Attempts, "attempts"));
        }
        if let Some(allowed) = self.revisions {
            rules.revisions = allowed;
            said.push((Rule::Revisions, "revisions"));
        }
        if let Some(policy) = &self.late_policy {
            rules.late_policy = policy.clone();
            said.push((Rule::LatePolicy, "latePolicy"));
        }
        Ok(said)
    }

    /// What no folder says.
    fn put_rest(&self, before: &Model, row: &mut ActiveModel, details: &mut Map<String, Value>) -> Done<()> {
        if let Some(visible) = self.visible {
            row.visible = Set(visible);
            differs(details, "visible", &before.visible, &visible);
        }
        if let Some(enabled) = self.uploads_enabled {
            row.uploads_enabled = Set(enabled);
            differs(details, "uploads_enabled", &before.uploads_enabled, &enabled);
        }
        if let Some(continuous) = self.continuous_autograding {
            row.continuous_autograding = Set(continuous);
            differs(details, "continuous_autograding", &before.continuous_autograding, &continuous);
        }
        if let Some(url) = &self.url {
            let url = text(url.as_deref(), URL, "url")?;
            // It becomes a link.
            if url.as_deref().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
                return Err(bad_value("url"));
            }
            differs(details, "url", &before.url, &url);
            row.url = Set(url);
        }
        if let Some(info) = &self.upload_info {
            let info = text(info.as_deref(), INFO, "uploadInfo")?;
            differs(details, "upload_info", &before.upload_info, &info);
            row.upload_info = Set(info);
        }
        if let Some(key) = &self.autograding_key {
            let key = text(key.as_deref(), TITLE, "autogradingKey")?;
            if key != before.autograding_key {
                // What it is, the log need not know.
                details.insert("autograding_key".to_owned(), json!({ "set": key.is_some() }));
            }
            row.autograding_key = Set(key);
        }
        Ok(())
    }
}

fn differences(old: &Rules, new: &Rules) -> Map<String, Value> {
    let rules =
        [Rule::Title, Rule::Due, Rule::Lock, Rule::MaxGroupSize, Rule::Attempts, Rule::Revisions, Rule::LatePolicy];
    let mut details = Map::new();
    for rule in rules {
        if let Value::String(name) = json!(rule) {
            differs(&mut details, &name, &old.told(rule), &new.told(rule));
        }
    }
    details
}

fn differs<T: PartialEq + serde::Serialize>(details: &mut Map<String, Value>, name: &str, before: &T, now: &T) {
    if before != now {
        details.insert(name.to_owned(), json!({ "before": before, "now": now }));
    }
}

fn is_policy(policy: &LatePolicy) -> bool {
    let percent = |percent: Points| (Points::ZERO..=Points::whole(100)).contains(&percent);
    policy.grace_s <= MOST_GRACE_S && percent(policy.percent_per_day) && policy.cap_percent.is_none_or(percent)
}

fn is_text(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.contains('\0')
}

fn is_line(text: &str, most: usize) -> bool {
    is_text(text, most) && !text.contains(char::is_control)
}

/// A text as it is stored; none for an empty one.
fn text(said: Option<&str>, most: usize, path: &str) -> Done<Option<String>> {
    let said = said.map(str::trim).filter(|text| !text.is_empty());
    match said {
        Some(text) if !is_text(text, most) => Err(bad_value(path)),
        said => Ok(said.map(str::to_owned)),
    }
}

fn bad_value(path: &str) -> Problem<ChangeCode> {
    let message = match path {
        "maxGroupSize" => format!("From 1 to {MOST_MEMBERS} share their work."),
        "attempts" => format!("There are from 1 to {MOST_ATTEMPTS} attempts, or no limit."),
        "title" => format!("A title has 1 to {TITLE} characters, in one line."),
        "latePolicy" => "Grace is at most a week, and a percentage from 0 to 100.".to_owned(),
        "url" => format!("An address begins with https:// and has at most {URL} characters."),
        _ => "That is too long, or has characters that no text has.".to_owned(),
    };
    Problem::refused_at(ChangeCode::BadValue, message, &[path])
}

/// When that is, as an instant and as the wall shows it. Of an hour that there is twice, the earlier; one that there is not is none.
fn moment(zone: Tz, when: &When, path: &str) -> Done<Moment> {
    let bad = || {
        let message = match when {
            When::Local(_) => {
                format!("Write the time as the clock on the wall shows it in {zone}, like 2027-01-15T23:59:00.")
            }
            When::At(_) => "No calendar shows that time. Deadlines are in the years 1970 to 9999.".to_owned(),
        };
        Problem::refused_at(ChangeCode::BadTime, message, &[path])
    };
    let at = match when {
        When::Local(text) => {
            let wall = read(text).ok_or_else(bad)?;
            if !is_shown(zone, wall) {
                return Err(Problem::refused_at(ChangeCode::BadTime, jumped(zone, wall), &[path]));
            }
            resolve(zone, wall).ok_or_else(bad)?
        }
        When::At(at) => *at,
    };
    // Both in UTC and there; what no calendar of a client reads is a slip of the pen.
    let walls = (local(Tz::UTC, at).filter(is_told), local(zone, at).filter(is_told));
    let (Some(_), Some(wall)) = walls else { return Err(bad()) };
    Ok(Moment { at, local: written(wall) })
}

/// What is said of a time that a clock jumps over.
pub(super) fn jumped(zone: Tz, wall: NaiveDateTime) -> String {
    format!("{wall} never happens in {zone}: clocks are set forward. Choose a time an hour earlier or later.")
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;

    use super::{When, moment};

    #[test]
    fn times_are_those_of_the_wall() {
        let told = |text: &str| moment(Berlin, &When::Local(text.to_owned()), "due").ok();
        let noon = told("2027-01-15T12:00:00").expect("a time");
        assert_eq!(
            (noon.at.to_minutes(), noon.local.as_str()),
            ("2027-01-15 11:00 UTC".to_owned(), "2027-01-15T12:00:00")
        );
        assert_eq!(moment(Berlin, &When::At(noon.at), "due").ok(), Some(noon.clone()));
        assert_eq!(told("2027-01-15 12:00:00").map(|it| it.at), Some(noon.at));
        for text in ["2027-03-28T02:30:00", "soon", "2027-01-15", "2027-01-15T12:00:00Z", "+12027-01-15T12:00:00"] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
