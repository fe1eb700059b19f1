//! Letters that say again and again what has come together about one thing: the first at once, and then at most one an hour to each.
//!
//! What such a letter says is read when it goes out, so whatever comes while one waits is in it. Their times follow from when they were
//! written, so that nobody has to keep them.

use std::time::Duration;

use entity::clock::{Timestamp, micros};
use entity::mail::letter::{self, NewLetter};
use sea_orm::DbErr;

use super::post_later;
use crate::write::Write;

/// So long after one goes the next.
const APART: Duration = Duration::from_secs(3600);
/// One that goes this soon may have been written already by who sends it, and then does not say what comes now.
const SOON: Duration = Duration::from_secs(60);

/// Sees to it that each of these people is told what there is about something, a global id.
///
/// # Errors
/// When the database does not answer.
pub async fn tell(
    write: &mut Write,
    about: &str,
    kind: &'static str,
    course: i64,
    recipients: &[i64],
) -> Result<(), DbErr> {
    let written = letter::written(write.tx(), about, kind, recipients).await?;
    for recipient in recipients {
        let theirs = written.get(recipient).map(Vec::as_slice).unwrap_or_default();
        let times: Vec<Timestamp> = theirs.iter().map(|(_, at)| *at).collect();
        let Some(at) = next(&times, write.now) else { continue };
        let number = theirs.iter().map(|(number, _)| *number).max().unwrap_or_default() + 1;
        // Who writes the same one at this moment is waited for, and has written it for both.
        let cause = format!("{about}/{number}");
        let new = NewLetter { cause, recipient: *recipient, kind, course: Some(course), address: None };
        let delay = Duration::from_micros(u64::try_from(at.0 - write.now.0).unwrap_or_default());
        post_later(write, new, delay).await?;
    }
    Ok(())
}

/// When the next letter goes out, after these were written; none when one that waits will say it.
fn next(written: &[Timestamp], now: Timestamp) -> Option<Timestamp> {
    let after = |before: Timestamp| Timestamp(before.0.saturating_add(micros(APART)));
    let goes = |before: Option<Timestamp>, written: &Timestamp| {
        Some(before.map_or(*written, |before| after(before).max(*written)))
    };
    match written.iter().fold(None, goes) {
        None => Some(now),
        Some(last) if last.0 > now.0.saturating_add(micros(SOON)) => None,
        Some(last) => Some(after(last).max(now)),
    }
}

#[cfg(test)]
mod tests {
    use entity::clock::Timestamp;
    use proptest::prelude::{prop, prop_assert, proptest};

    use super::next;

    fn at(minutes: i64) -> Timestamp {
        Timestamp(minutes * 60_000_000)
    }

    #[test]
    fn the_first_goes_at_once_and_the_next_an_hour_later() {
        let cases: [(&[i64], _, _); 11] = [
            (&[], 5, Some(5)),
            // The first may be on its way and not say it.
            (&[5], 5, Some(65)),
            (&[5], 30, Some(65)),
            (&[5], 64, Some(65)),
            (&[5], 200, Some(200)),
            // The second waits, and will say it.
            (&[5, 30], 40, None),
            (&[5, 30], 63, None),
            // It goes in this minute, or has gone.
            (&[5, 30], 64, Some(125)),
            (&[5, 30], 66, Some(125)),
            (&[5, 30], 300, Some(300)),
            (&[5, 300], 301, Some(360)),
        ];
        for (written, now, wanted) in cases {
            let written: Vec<Timestamp> = written.iter().map(|minutes| at(*minutes)).collect();
            assert_eq!(next(&written, at(now)), wanted.map(at), "{written:?} {now}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_told_within_an_hour_and_a_minute_and_never_twice_an_hour(steps in prop::collection::vec(0i64..90, 1..60)) {
            let (mut now, mut written, mut goes): (i64, Vec<Timestamp>, Vec<i64>) = (0, Vec::new(), Vec::new());
            for step in steps {
                now += step;
                if let Some(time) = next(&written, at(now)) {
                    written.push(at(now));
                    goes.push(time.0);
                }
                let last = *goes.last().unwrap();
                prop_assert!(last >= at(now).0 && last <= at(now + 61).0, "{now}: {goes:?}");
            }
            prop_assert!(goes.windows(2).all(|pair| pair[1] - pair[0] >= at(60).0), "{goes:?}");
        }
    }
}
