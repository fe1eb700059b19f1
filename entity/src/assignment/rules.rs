//! The rules of an assignment, and which of them people have said by hand, in the place of the content folder.
//!
//! The columns of the row say what holds; whoever reads them need not know who said it. Beside them stands which rules are said by hand, and
//! what the folder says of them, so that each can be given back to it.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use sea_orm::Set;
use serde::{Deserialize, Deserializer, Serialize};

use super::deadline::{read, resolve};
use super::{ActiveModel, Model};
use crate::clock::Timestamp;
use crate::grading::late::LatePolicy;

/// A rule that the folder says and people may say by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    Title,
    Due,
    Lock,
    MaxGroupSize,
    Attempts,
    Revisions,
    LatePolicy,
}

/// An instant, and what the clock on the wall shows then in the zone of the assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub at: Timestamp,
    #[serde(deserialize_with = "wall")]
    pub local: String,
}

/// A time of the wall. Before it was written as in ISO 8601, there was a blank in it.
fn wall<'d, D: Deserializer<'d>>(text: D) -> Result<String, D::Error> {
    String::deserialize(text).map(|text| text.replace(' ', "T"))
}

/// The rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    pub title: String,
    pub due: Moment,
    pub lock: Option<Moment>,
    pub max_group_size: i32,
    pub attempts: Option<i32>,
    pub revisions: bool,
    pub late_policy: LatePolicy,
}

impl Rules {
    /// Those that hold.
    #[must_use]
    pub fn of(row: &Model) -> Self {
        let lock = |at| Moment { at, local: row.lock_local.clone().unwrap_or_default() };
        Self {
            title: row.title.clone(),
            due: Moment { at: row.due_at, local: row.due_local.clone() },
            lock: row.lock_at.map(lock),
            max_group_size: row.max_group_size,
            attempts: row.attempts,
            revisions: row.revisions,
            late_policy: LatePolicy::read(&row.late_policy),
        }
    }

    /// Has them hold.
    pub fn put(self, row: &mut ActiveModel) {
        row.title = Set(self.title);
        row.due_at = Set(self.due.at);
        row.due_local = Set(self.due.local);
        row.lock_at = Set(self.lock.as_ref().map(|lock| lock.at));
        row.lock_local = Set(self.lock.map(|lock| lock.local));
        row.max_group_size = Set(self.max_group_size);
        row.attempts = Set(self.attempts);
        row.revisions = Set(self.revisions);
        row.grace = Set(self.late_policy.grace());
        row.late_policy = Set(serde_json::json!(self.late_policy).to_string());
    }

    /// Takes a rule over from others.
    pub fn take(&mut self, rule: Rule, from: &Self) {
        match rule {
            Rule::Title => self.title.clone_from(&from.title),
            Rule::Due => self.due.clone_from(&from.due),
            Rule::Lock => self.lock.clone_from(&from.lock),
            Rule::MaxGroupSize => self.max_group_size = from.max_group_size,
            Rule::Attempts => self.attempts = from.attempts,
            Rule::Revisions => self.revisions = from.revisions,
            Rule::LatePolicy => self.late_policy.clone_from(&from.late_policy),
        }
    }

    /// What it says of a rule, for a person and for the log.
    #[must_use]
    pub fn told(&self, rule: Rule) -> String {
        let count = |number: Option<i32>| number.map_or_else(|| "no limit".to_owned(), |number| number.to_string());
        match rule {
            Rule::Title => self.title.clone(),
            Rule::Due => self.due.local.clone(),
            Rule::Lock => self.lock.as_ref().map_or_else(|| "no end".to_owned(), |lock| lock.local.clone()),
            Rule::MaxGroupSize => self.max_group_size.to_string(),
            Rule::Attempts => count(self.attempts),
            Rule::Revisions => if self.revisions { "yes" } else { "no" }.to_owned(),
            Rule::LatePolicy => serde_json::json!(self.late_policy).to_string(),
        }
    }

    /// The same walls in another zone.
    fn moved(mut self, zone: Tz) -> Self {
        for moment in [Some(&mut self.due), self.lock.as_mut()].into_iter().flatten() {
            moment.at = read(&moment.local).and_then(|wall| resolve(zone, wall)).unwrap_or(moment.at);
        }
        self
    }
}

/// What is said by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ByHand {
    /// Which rules.
    pub rules: BTreeSet<Rule>,
    /// What the folder says; none while nothing is said by hand, and of what is in no folder.
    pub folder: Option<Rules>,
}

impl ByHand {
    /// What is stored so. What a later version of this program wrote, and this one cannot read, is nothing.
    #[must_use]
    pub fn read(stored: &str) -> Self {
        serde_json::from_str(stored).unwrap_or_default()
    }

    /// As it is stored.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Notes that a rule of this row, as it is before, is said by hand from now on.
    pub fn say(&mut self, rule: Rule, before: &Model) {
        if self.folder.is_none() && before.is_from_folder() {
            self.folder = Some(Rules::of(before));
        }
        self.rules.insert(rule);
    }

    /// Gives a rule back to the folder: what that says. None when there is no folder to say anything.
    pub fn give_back(&mut self, rule: Rule) -> Option<&Rules> {
        let folder = self.folder.as_ref()?;
        self.rules.remove(&rule);
        Some(folder)
    }
}

/// What holds after a folder in that zone was read, which says this: what is said by hand goes on to hold, at the same time of the clock.
#[must_use]
pub fn synced(before: Option<&Model>, folder: Rules, zone: Tz) -> (Rules, ByHand) {
    let Some(before) = before else { return (folder, ByHand::default()) };
    let mut by_hand = ByHand::read(&before.by_hand);
    let mut said = Rules::of(before);
    if before.zone() != zone {
        said = said.moved(zone);
    }
    let mut rules = folder.clone();
    by_hand.rules.iter().for_each(|rule| rules.take(*rule, &said));
    by_hand.folder = (!by_hand.rules.is_empty()).then_some(folder);
    (rules, by_hand)
}

#[cfg(test)]
mod tests {
    use super::{ByHand, Moment, Rule, Rules, synced};
    use crate::assignment::Model;
    use crate::clock::Timestamp;
    use crate::execution::language::Language;
    use crate::file::Entries;
    use crate::grading::late::LatePolicy;

    fn rules(day: u32, attempts: i32) -> Rules {
        let wall = format!("2027-01-{day}T12:00:00");
        Rules {
            title: "Essay".to_owned(),
            due: Moment { at: Timestamp(i64::from(day)), local: wall },
            lock: None,
            max_group_size: 1,
            attempts: Some(attempts),
            revisions: false,
            late_policy: LatePolicy::default(),
        }
    }

    fn row(rules: &Rules, by_hand: &ByHand, hash: &str) -> Model {
        Model {
            id: 1,
            course_id: 1,
            endpoint: "a/b".to_owned(),
            title: rules.title.clone(),
            description_html: String::new(),
            language: Language::python3(),
            main: String::new(),
            template: Entries::default(),
            due_at: rules.due.at,
            due_local: rules.due.local.clone(),
            time_zone: "UTC".to_owned(),
            lock_at: None,
            lock_local: None,
            max_group_size: rules.max_group_size,
            attempts: rules.attempts,
            revisions: false,
            late_policy: "{}".to_owned(),
            grace: 0,
            content_hash: hash.to_owned(),
            synced_at: Timestamp(0),
            by_hand: by_hand.text(),
            visible: true,
            url: None,
            uploads_enabled: true,
            upload_info: None,
            autograding_key: None,
            continuous_autograding: false,
        }
    }

    #[test]
    fn what_is_said_by_hand_holds_until_it_is_given_back() {
        let first = row(&rules(10, 3), &ByHand::default(), "x");
        let mut by_hand = ByHand::default();
        by_hand.say(Rule::Due, &first);
        let said = row(&rules(20, 3), &by_hand, "x");
        let (now, mut by_hand) = synced(Some(&said), rules(11, 5), chrono_tz::UTC);
        assert_eq!((now.due.at, now.attempts), (Timestamp(20), Some(5)), "the rest is the folder's");
        let back = by_hand.give_back(Rule::Due).map(|folder| folder.due.at);
        assert_eq!((back, by_hand.rules.len()), (Some(Timestamp(11)), 0), "what the folder says now, not at first");
        let (now, by_hand) = synced(Some(&row(&rules(11, 5), &by_hand, "x")), rules(12, 6), chrono_tz::UTC);
        assert_eq!((now, by_hand), (rules(12, 6), ByHand::default()));
    }

    #[test]
    fn what_was_in_no_folder_has_nothing_to_be_given_back_to() {
        let made = row(&rules(10, 3), &ByHand::default(), "");
        let mut by_hand = ByHand::default();
        by_hand.say(Rule::Attempts, &made);
        assert_eq!(by_hand.give_back(Rule::Attempts), None);
        // A folder that comes later says the rest.
        let (now, by_hand) = synced(Some(&row(&rules(10, 3), &by_hand, "")), rules(12, 6), chrono_tz::UTC);
        assert_eq!((now, by_hand.folder), (rules(12, 3), Some(rules(12, 6))));
    }

    #[test]
    fn another_zone_leaves_the_walls_as_they_are() {
        let mut by_hand = ByHand::default();
        let due = Moment { at: Timestamp(0), local: "2027-01-15T12:00:00".to_owned() };
        let said = Rules { due: due.clone(), ..rules(10, 3) };
        by_hand.say(Rule::Due, &row(&said, &ByHand::default(), "x"));
        let (now, _) = synced(Some(&row(&said, &by_hand, "x")), rules(11, 5), chrono_tz::Europe::Berlin);
        assert_eq!(now.due.local, due.local);
        assert_eq!(now.due.at.to_minutes(), "2027-01-15 11:00 UTC");
    }
}
