//! How long jobs wait and how long they take: counts by minute, on a scale of quarter powers of two.
//!
//! Owns the tables `lane_wait` and `lane_work`. Who counts adds what came together since the last time; nothing here is
//! written for a single job.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use super::lane::NO_COURSE;
use crate::clock::database_now;
use crate::statement::Rows;

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;
/// The minutes over which waiting times and durations are told.
pub const WINDOW: i64 = 15;
/// The minutes for which they are kept.
const KEPT: i64 = 25 * 60;

/// The bucket of a span in microseconds: the first whose [`bound`] is not below it.
#[must_use]
pub fn bucket(micros: i64) -> i32 {
    if micros <= 1 {
        return 0;
    }
    let mut bucket = ((micros as f64).log2() * 4.0).ceil() as i32;
    // Logarithms are rounded; the bounds decide.
    while bucket > 0 && bound(bucket - 1) >= micros {
        bucket -= 1;
    }
    while bound(bucket) < micros {
        bucket += 1;
    }
    bucket
}

/// The longest span of a bucket, in microseconds.
#[must_use]
pub fn bound(bucket: i32) -> i64 {
    (f64::from(bucket) / 4.0).exp2() as i64
}

/// How many jobs were in each bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(BTreeMap<i32, i64>);

impl Histogram {
    pub fn add(&mut self, bucket: i32, jobs: i64) {
        *self.0.entry(bucket).or_default() += jobs;
    }

    /// The same with those of another.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(bucket, jobs)| self.add(*bucket, *jobs));
    }

    /// How many there are.
    #[must_use]
    pub fn jobs(&self) -> i64 {
        self.0.values().sum()
    }

    /// The span in microseconds that this share of them, in hundredths, did not exceed; at most a quarter power of two too long.
    /// None when there are none.
    #[must_use]
    pub fn percentile(&self, hundredths: i64) -> Option<i64> {
        let wanted = (self.jobs() * hundredths + 99) / 100;
        let mut seen = 0;
        self.0.iter().find_map(|(bucket, jobs)| {
            seen += jobs;
            (seen >= wanted.max(1)).then(|| bound(*bucket))
        })
    }
}

/// So many jobs of a lane and course (0 is none) that waited for that long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waited {
    pub lane: String,
    pub course: i64,
    pub bucket: i32,
    pub jobs: i64,
}

/// So many bodies of a lane that ended, and the microseconds that they took together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    pub lane: String,
    pub jobs: i64,
    pub micros: i64,
}

/// Adds to the counts of this minute.
///
/// # Errors
/// When the database does not answer.
pub async fn add(tx: &impl ConnectionTrait, waited: &[Waited], worked: &[Worked]) -> Result<(), DbErr> {
    let minute = minute(tx.get_database_backend());
    let waited: Rows = waited
        .iter()
        .map(|row| [Value::from(row.lane.clone()), row.course.into(), row.bucket.into(), row.jobs.into()])
        .collect();
    let worked: Rows =
        worked.iter().map(|row| [Value::from(row.lane.clone()), row.jobs.into(), row.micros.into()]).collect();
    let into_waits = format!(
        "INSERT INTO lane_wait (lane, course_id, minute, bucket, jobs) \
         SELECT column1, column2, {minute}, column3, column4 FROM {{rows}} AS v WHERE true \
         ON CONFLICT (lane, course_id, minute, bucket) DO UPDATE SET jobs = lane_wait.jobs + excluded.jobs"
    );
    let into_work = format!(
        "INSERT INTO lane_work (lane, minute, jobs, micros) \
         SELECT column1, {minute}, column2, column3 FROM {{rows}} AS v WHERE true \
         ON CONFLICT (lane, minute) DO UPDATE SET jobs = lane_work.jobs + excluded.jobs, \
           micros = lane_work.micros + excluded.micros"
    );
    for (rows, text) in [(waited, into_waits), (worked, into_work)] {
        if !rows.is_empty() {
            tx.execute_raw(rows.statement(tx.get_database_backend(), &text)).await?;
        }
    }
    Ok(())
}

/// The waiting times of the last [`WINDOW`] minutes, by lane and course (0 is none).
///
/// # Errors
/// When the database does not answer.
pub async fn waits(db: &impl ConnectionTrait) -> Result<BTreeMap<(String, i64), Histogram>, DbErr> {
    let text = format!(
        "SELECT lane, course_id, bucket, CAST(sum(jobs) AS BIGINT) AS jobs FROM lane_wait WHERE minute > {} - {WINDOW} \
         GROUP BY lane, course_id, bucket",
        minute(db.get_database_backend())
    );
    let mut found: BTreeMap<(String, i64), Histogram> = BTreeMap::new();
    for row in db.query_all_raw(Statement::from_string(db.get_database_backend(), text)).await? {
        let key = (row.try_get("", "lane")?, row.try_get("", "course_id")?);
        found.entry(key).or_default().add(row.try_get("", "bucket")?, row.try_get("", "jobs")?);
    }
    Ok(found)
}

/// What was worked in the last [`WINDOW`] minutes, by lane.
///
/// # Errors
/// When the database does not answer.
pub async fn work(db: &impl ConnectionTrait) -> Result<BTreeMap<String, Worked>, DbErr> {
    let text = format!(
        "SELECT lane, CAST(sum(jobs) AS BIGINT) AS jobs, CAST(sum(micros) AS BIGINT) AS micros FROM lane_work \
         WHERE minute > {} - {WINDOW} GROUP BY lane",
        minute(db.get_database_backend())
    );
    let mut found = BTreeMap::new();
    for row in db.query_all_raw(Statement::from_string(db.get_database_backend(), text)).await? {
        let lane: String = row.try_get("", "lane")?;
        found.insert(lane.clone(), Worked { lane, jobs: row.try_get("", "jobs")?, micros: row.try_get("", "micros")? });
    }
    Ok(found)
}

/// Forgets the counts that nobody asks for any more.
///
/// # Errors
/// When the database does not answer.
pub async fn prune(tx: &impl ConnectionTrait) -> Result<(), DbErr> {
    for table in ["lane_wait", "lane_work"] {
        let text = format!("DELETE FROM {table} WHERE minute < {} - {KEPT}", minute(tx.get_database_backend()));
        tx.execute_raw(Statement::from_string(tx.get_database_backend(), text)).await?;
    }
    Ok(())
}

fn minute(backend: DbBackend) -> String {
    format!("(({}) / {MINUTE})", database_now(backend))
}

/// What waits, is worked on and is dead in a lane, for one course or for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Those that are due.
    pub queued: i64,
    /// Those whose time has not come.
    pub delayed: i64,
    pub leased: i64,
    pub dead: i64,
    /// Since when the oldest of those that are due has been so, in microseconds since 1970.
    pub oldest: Option<i64>,
}

impl Depth {
    /// The same with those of another.
    pub fn merge(&mut self, other: &Self) {
        self.queued += other.queued;
        self.delayed += other.delayed;
        self.leased += other.leased;
        self.dead += other.dead;
        self.oldest = [self.oldest, other.oldest].into_iter().flatten().min();
    }
}

/// The statements that count. To be seen by those who ask for their plans: none reads what has ended well.
#[must_use]
pub fn depth_statements(backend: DbBackend) -> [(&'static str, Statement); 4] {
    let now = database_now(backend);
    // SQLite has no statistics about partial indexes before somebody makes them.
    let by = |index: &str| if backend == DbBackend::Sqlite { format!("INDEXED BY {index}") } else { String::new() };
    let head = format!("SELECT lane, coalesce(course_id, {NO_COURSE}) AS course_id");
    let queued = format!(
        "{head}, CAST(sum(CASE WHEN run_at <= {now} THEN 1 ELSE 0 END) AS BIGINT) AS due, count(*) AS jobs, \
           min(CASE WHEN run_at <= {now} THEN run_at END) AS oldest \
         FROM job {by} WHERE state = 'queued' AND NOT postponed GROUP BY 1, 2",
        by = by("job_claim")
    );
    let count = |state: &str, index: &str| {
        format!("{head}, count(*) AS jobs FROM job {} WHERE state = '{state}' GROUP BY 1, 2", by(index))
    };
    let postponed = format!(
        "{head}, count(*) AS jobs FROM job {by} WHERE state = 'queued' AND postponed GROUP BY 1, 2",
        by = by("job_postponed")
    );
    let statement = |text: String| Statement::from_string(backend, text);
    [
        ("queued", statement(queued)),
        ("postponed", statement(postponed)),
        ("leased", statement(count("leased", "job_lease"))),
        ("dead", statement(count("dead", "job_dead"))),
    ]
}

/// What there is, by lane and course (0 is none).
///
/// # Errors
/// When the database does not answer.
pub async fn depths(db: &impl ConnectionTrait) -> Result<BTreeMap<(String, i64), Depth>, DbErr> {
    let mut found: BTreeMap<(String, i64), Depth> = BTreeMap::new();
    for (state, statement) in depth_statements(db.get_database_backend()) {
        for row in db.query_all_raw(statement).await? {
            let depth = found.entry((row.try_get("", "lane")?, row.try_get("", "course_id")?)).or_default();
            let jobs: i64 = row.try_get("", "jobs")?;
            match state {
                "leased" => depth.leased = jobs,
                "dead" => depth.dead = jobs,
                "postponed" => depth.delayed += jobs,
                _ => {
                    depth.queued = row.try_get("", "due")?;
                    // Those that the database's clock has not come to again, after it was set back.
                    depth.delayed += jobs - depth.queued;
                    depth.oldest = row.try_get("", "oldest")?;
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Histogram, bound, bucket};

    #[test]
    fn a_span_is_in_the_first_bucket_that_holds_it() {
        for micros in (0..5_000).chain([999_999, 1_000_000, 1 << 40, (1 << 40) + 1]) {
            let found = bucket(micros);
            assert!(bound(found) >= micros, "{micros}");
            assert!(found == 0 || bound(found - 1) < micros, "{micros}");
        }
        // No more than a fifth too long, where there are whole numbers in between.
        assert!(bound(bucket(1_000_000)) <= 1_190_000);
    }

    #[test]
    fn percentiles_are_of_those_that_are_there() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50), None);
        histogram.add(bucket(100), 98);
        histogram.add(bucket(1_000_000), 2);
        assert_eq!(histogram.percentile(50), Some(bound(bucket(100))));
        assert_eq!(histogram.percentile(98), Some(bound(bucket(100))));
        assert_eq!(histogram.percentile(99), Some(bound(bucket(1_000_000))));
    }
}
