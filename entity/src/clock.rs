//! Times: one newtype for an instant, and the clock as a parameter.

use std::fmt;
use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, DeriveValueType, Statement};
use serde::{Deserialize, Serialize};

/// An instant in UTC, in whole microseconds since 1970. Stored as an integer, so that both databases compare and sort it alike.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The same instant for a calendar; none when it lies beyond the year 262,000.
    #[must_use]
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.0)
    }

    /// For a reader: `2026-11-20 15:30 UTC`; nothing when it is beyond the calendar.
    #[must_use]
    pub fn to_minutes(self) -> String {
        self.to_utc().map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp_micros())
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }
}

/// RFC 3339 in UTC with microseconds: `2026-11-20T15:30:00.000000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_utc() {
            Some(instant) => f.write_str(&instant.to_rfc3339_opts(SecondsFormat::Micros, true)),
            None => write!(f, "{} µs", self.0),
        }
    }
}

/// A span in whole microseconds, the unit of every column that holds one.
#[must_use]
pub fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Where an operation learns what time it is. Leases do not ask it: they use the database's time (see [`database_now`]).
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until a test moves it.
    Fake(Arc<AtomicI64>),
}

impl Clock {
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::from(Utc::now()),
            Self::Fake(micros) => Timestamp(micros.load(Ordering::SeqCst)),
        }
    }
}

/// The SQL expression for the database's own time in microseconds, the same wherever it stands for all rows of a statement. SQLite
/// counts milliseconds, which is as fine as it gets there.
#[must_use]
pub fn database_now(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => {
            // As a query of its own, so that it is asked once and not for each row.
            "(SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint)"
        }
        _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000",
    }
}

/// What the database's clock shows.
///
/// # Errors
/// When the database does not answer.
pub async fn read_database_clock(db: &impl ConnectionTrait) -> Result<Timestamp, DbErr> {
    let backend = db.get_database_backend();
    let statement = Statement::from_string(backend, format!("SELECT {} AS now", database_now(backend)));
    let row = db.query_one_raw(statement).await?.ok_or_else(|| DbErr::RecordNotFound("the time".to_owned()))?;
    row.try_get("", "now")
}
