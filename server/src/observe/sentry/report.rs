//! From an error in the log to an event: only fields that are known to be about nobody go along.

use std::fmt::{self, Write as _};

use actors::cause::{self, scrub};
use tracing::field::{Field, Visit};
use tracing::{Event as Line, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::Sentry;
use super::event::Event;
use crate::observe::record::Record;

/// Reports what is logged as an error.
pub(in crate::observe) struct Report(pub Sentry);

impl<S: Subscriber> Layer<S> for Report {
    fn on_event(&self, line: &Line<'_>, _: Context<'_, S>) {
        let mut event = Event::new(self.0.clock.now(), line.metadata().target());
        line.record(&mut Fields(&mut event));
        if let Some(record) = Record::current() {
            event.of_request(&record, &self.0.public_url);
        }
        self.0.report(event);
    }
}

/// Fields that may be told as tags.
const TAGS: [&str; 6] = ["job.id", "job.kind", "lane.name", "actor", "entry", "error.kind"];

struct Fields<'e>(&'e mut Event);

impl Fields<'_> {
    fn take(&mut self, name: &str, value: &str) {
        let event = &mut *self.0;
        match name {
            "message" => event.message = scrub(value),
            "error" => event.error = Some(scrub(value)),
            "panic.file" => event.panic.get_or_insert_default().0 = value.to_owned(),
            "panic.said" => event.error = Some(scrub(value)),
            _ if TAGS.contains(&name) => drop(event.tags.insert(name.to_owned(), scrub(value))),
            _ => {}
        }
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "panic.line" {
            self.0.panic.get_or_insert_default().1 = value;
        } else {
            self.take(field.name(), &value.to_string());
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.take(field.name(), &cause::chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = write!(text, "{value:?}");
        self.take(field.name(), &text);
    }
}
