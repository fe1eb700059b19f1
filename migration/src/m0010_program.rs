//! Programs of somebody's own: runs of no course and of nobody, how they are found by who started them, and stopping a job.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::DbBackend;

/// This step.
#[derive(Debug)]
pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        "m0010_program"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let relaxed = if manager.get_database_backend() == DbBackend::Postgres { POSTGRES } else { SQLITE };
        crate::step::run(manager, relaxed).await?;
        crate::step::run(manager, UP).await
    }
}

const POSTGRES: &[&str] =
    &["ALTER TABLE run ALTER COLUMN course_id DROP NOT NULL, ALTER COLUMN requester_id DROP NOT NULL"];

/// SQLite cannot take a NOT NULL back, so the table is made anew. Rows that point at it go on pointing at its name, which is why
/// nobody looks at them meanwhile. One statement list, so that it is one connection's: the switch is the connection's own. The
/// numbers go on where they were: a key is never given twice.
const SQLITE: &[&str] = &["PRAGMA foreign_keys = OFF;
    BEGIN IMMEDIATE;
    CREATE TABLE run_anew (
        id {key},
        course_id BIGINT REFERENCES course (id),
        requester_id BIGINT REFERENCES \"user\" (id),
        exercise_id BIGINT REFERENCES exercise (id),
        submission_id BIGINT REFERENCES submission (id),
        language TEXT NOT NULL,
        state TEXT NOT NULL,
        plan {bytes} NOT NULL,
        files {json} NOT NULL,
        verdict TEXT,
        blame TEXT,
        outcome {bytes},
        created_at BIGINT NOT NULL,
        finished_at BIGINT);
    INSERT INTO run_anew (id, course_id, requester_id, exercise_id, submission_id, language, state, plan, files, verdict, blame,
            outcome, created_at, finished_at)
        SELECT id, course_id, requester_id, exercise_id, submission_id, language, state, plan, files, verdict, blame,
            outcome, created_at, finished_at FROM run;
    DELETE FROM sqlite_sequence WHERE name = 'run_anew';
    INSERT INTO sqlite_sequence (name, seq) SELECT 'run_anew', seq FROM sqlite_sequence WHERE name = 'run';
    DROP TABLE run;
    ALTER TABLE run_anew RENAME TO run;
    CREATE INDEX run_submission ON run (submission_id, id) WHERE submission_id IS NOT NULL;
    CREATE INDEX run_exercise ON run (exercise_id, requester_id, id) WHERE exercise_id IS NOT NULL;
    CREATE INDEX run_requester ON run (requester_id, id);
    CREATE INDEX run_course ON run (course_id, id);
    COMMIT;
    PRAGMA foreign_keys = ON"];

const UP: &[&str] = &[
    "ALTER TABLE run ADD COLUMN mode TEXT",
    "ALTER TABLE run ADD COLUMN status INTEGER",
    "ALTER TABLE run_record ADD COLUMN case_number BIGINT",
    "ALTER TABLE job ADD COLUMN stop_at BIGINT",
    "CREATE TABLE guest (
        run_id BIGINT NOT NULL PRIMARY KEY REFERENCES run (id),
        digest {bytes} NOT NULL,
        origin TEXT NOT NULL,
        names {bytes} NOT NULL,
        sources {bytes} NOT NULL,
        delivered_at BIGINT,
        drained BIGINT NOT NULL DEFAULT 0,
        expires_at BIGINT NOT NULL)",
    "CREATE UNIQUE INDEX guest_digest ON guest (digest)",
    "CREATE INDEX guest_origin ON guest (origin)",
    "CREATE INDEX guest_expires ON guest (expires_at)",
    "CREATE INDEX run_own ON run (requester_id, id) WHERE state = 'queued' AND course_id IS NULL",
];
