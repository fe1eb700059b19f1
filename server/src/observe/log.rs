//! The log of a process that serves or works: lines of JSON in production, for people in development.

use std::io::{IsTerminal as _, stderr};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::TRACE;
use super::sentry::{Report, Sentry};
use super::spans::Spans;
use crate::config::{Mode, log_filter, wants_colours};

/// Begins to log to standard error, as much as `LECTERN_LOG` says, and to report.
pub(super) fn begin(mode: Mode, sentry: Option<&Sentry>, spans: Option<&Spans>) {
    let log = tracing_subscriber::registry().with(lines(mode).with_filter(filter()));
    let log = log.with(sentry.map(|sentry| Report(sentry.clone()).with_filter(LevelFilter::ERROR)));
    let log = log.with(spans.map(|spans| spans.layer().with_filter(filter_fn(|about| about.target() == TRACE))));
    // A second one in the same process, as in tests, is not installed; the first stays.
    let _ = log.try_init();
}

/// What is logged: what `LECTERN_LOG` says, `warn` when it says nothing; and with each line the request that it is of, whatever is
/// chosen. Spans for OpenTelemetry are no lines.
fn filter() -> EnvFilter {
    let chosen = log_filter();
    let request = if has_level(&chosen) { "" } else { "request=error," };
    EnvFilter::try_new(format!("{TRACE}=off,{request}{chosen}")).unwrap_or_else(|_| format!("{TRACE}=off,warn").into())
}

/// Whether a level is chosen for everything that is not named.
fn has_level(chosen: &str) -> bool {
    chosen.split(',').any(|part| part.trim().parse::<LevelFilter>().is_ok())
}

fn lines<S>(mode: Mode) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr);
    match mode {
        Mode::Production => lines.json().flatten_event(true).with_current_span(false).with_span_list(true).boxed(),
        Mode::Development => lines.with_ansi(stderr().is_terminal() && wants_colours()).boxed(),
    }
}
