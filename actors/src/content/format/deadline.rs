//! Deadlines: a time as the clock on the wall shows it, and where that wall is.
//!
//! Which instant that is, whoever stores it works out; here it is only made sure that there is one.

use chrono::{LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use super::diagnostic::did_you_mean;
use super::fields::Fields;
use super::rule::Rule;
use super::yaml::Node;

/// The zone, by its name in the IANA list.
pub(super) fn time_zone(fields: &mut Fields<'_, '_>) -> Option<Tz> {
    let node = fields.required("time_zone")?;
    let name = fields.as_text("time_zone", node)?;
    let zone = name.parse().ok();
    if zone.is_none() {
        let near = did_you_mean(name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        let hint = near + "use a name of the IANA list, such as Europe/Berlin";
        fields.tell(Rule::AssignmentUnknownTimeZone, node.line, format!("there is no time zone `{name}`"), hint);
    }
    zone
}

/// The time by which it is due; absent when it never happens in the zone.
pub(super) fn due(fields: &mut Fields<'_, '_>, zone: Option<Tz>) -> Option<NaiveDateTime> {
    let node = fields.required("due")?;
    wall_time(fields, "due", node, zone)
}

/// A time of that key; absent when it never happens in the zone.
pub(super) fn wall_time<'a>(
    fields: &mut Fields<'a, '_>,
    key: &str,
    node: &'a Node,
    zone: Option<Tz>,
) -> Option<NaiveDateTime> {
    let text = fields.as_text(key, node)?;
    let Ok(due) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S") else {
        let message = format!("`{text}` is not a date and time without zone");
        fields.tell(Rule::AssignmentBadDue, node.line, message, "write it like 2027-01-15T23:59:00");
        return None;
    };
    let Some(zone) = zone else { return Some(due) };
    match zone.from_local_datetime(&due) {
        LocalResult::Single(_) => {}
        LocalResult::Ambiguous(earlier, later) => {
            let message = format!("{text} happens twice in {zone}: clocks are set back");
            let hint =
                format!("the earlier is taken ({earlier}, not {later}); choose another time to end this warning");
            fields.tell(Rule::AssignmentDueAmbiguous, node.line, message, hint);
        }
        LocalResult::None => {
            let message = format!("{text} never happens in {zone}: clocks are set forward");
            fields.tell(Rule::AssignmentDueSkipped, node.line, message, "choose a time an hour earlier or later");
            return None;
        }
    }
    Some(due)
}
