//! How long Sentry wants to hear nothing of errors.

use std::time::{Duration, UNIX_EPOCH};

use hyper::header::RETRY_AFTER;
use hyper::{HeaderMap, StatusCode};
use tokio::time::Instant;

/// The header that names limits by what they are about.
const LIMITS: &str = "x-sentry-rate-limits";
/// How long to be silent after a refusal that does not say it, and after one that cannot be read.
const UNSAID: Duration = Duration::from_secs(60);
/// The longest silence that is kept, whatever is said.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Until when nothing is sent.
#[derive(Debug, Default)]
pub(super) struct Limits(Option<Instant>);

impl Limits {
    /// Whether nothing is to be sent now.
    pub fn hold(&self, now: Instant) -> bool {
        self.0.is_some_and(|until| now < until)
    }

    /// Takes note of what an answer says. `seconds` is the time of day, since 1970.
    pub fn heed(&mut self, status: StatusCode, headers: &HeaderMap, now: Instant, seconds: i64) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let silence = match (text(LIMITS), text(RETRY_AFTER.as_str())) {
            (Some(limits), _) => of_errors(limits),
            (None, Some(after)) if status == StatusCode::TOO_MANY_REQUESTS => Some(retry_after(after, seconds)),
            (None, None) if status == StatusCode::TOO_MANY_REQUESTS => Some(UNSAID),
            _ => None,
        };
        if let Some(silence) = silence {
            self.0 = self.0.max(Some(now + silence.min(LONGEST)));
        }
    }
}

/// The longest limit of the header that is about errors: `60:error;transaction:key, 2700::organization`. One without categories is
/// about everything.
fn of_errors(limits: &str) -> Option<Duration> {
    let mut longest = None;
    for limit in limits.split(',') {
        let mut parts = limit.trim().split(':');
        let seconds = parts.next().and_then(|seconds| seconds.trim().parse::<u64>().ok());
        let categories = parts.next().unwrap_or_default();
        let ours = categories.is_empty() || categories.split(';').any(|category| category.trim() == "error");
        if ours {
            longest = longest.max(Some(seconds.map_or(UNSAID, Duration::from_secs)));
        }
    }
    longest
}

/// Seconds, or a date.
fn retry_after(text: &str, seconds: i64) -> Duration {
    if let Ok(seconds) = text.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(UNSAID);
    }
    let date = httpdate::parse_http_date(text).ok().and_then(|date| date.duration_since(UNIX_EPOCH).ok());
    let now = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    date.map_or(UNSAID, |date| date.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::{HeaderMap, StatusCode};
    use tokio::time::Instant;

    use super::Limits;

    #[test]
    fn silence_is_kept_as_long_as_it_is_asked_for() {
        for (status, headers, seconds) in [
            (200, &[][..], 0),
            (200, &[("x-sentry-rate-limits", "30:transaction:key")], 0),
            (200, &[("x-sentry-rate-limits", "30:transaction:key, 50:error;default:organization")], 50),
            (429, &[("x-sentry-rate-limits", "20::organization"), ("retry-after", "90")], 20),
            (429, &[("retry-after", "90")], 90),
            (429, &[("retry-after", "Thu, 01 Jan 1970 00:02:00 GMT")], 100),
            (429, &[("retry-after", "soon")], 60),
            (429, &[], 60),
            (503, &[("retry-after", "90")], 0),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(*name, value.parse().unwrap());
            }
            let (mut limits, now) = (Limits::default(), Instant::now());
            limits.heed(StatusCode::from_u16(status).unwrap(), &map, now, 20);
            let after = |seconds| now + Duration::from_secs(seconds);
            assert!(!limits.hold(after(seconds)), "{status} {headers:?}");
            assert!(seconds == 0 || limits.hold(after(seconds - 1)), "{status} {headers:?}");
        }
    }
}
