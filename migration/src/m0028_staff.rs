//! Rules of assignments that are said by hand; revisions of what was graded; who is stuck on which test; and backups that staff has tried.

crate::step::step!("m0028_staff");

const UP: &[&str] = &[
    // Which rules are said by hand, and what the content folder says in their place, as JSON that we wrote.
    "ALTER TABLE assignment ADD COLUMN by_hand TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE assignment ADD COLUMN visible BOOLEAN NOT NULL DEFAULT TRUE",
    "ALTER TABLE assignment ADD COLUMN url TEXT",
    "ALTER TABLE assignment ADD COLUMN uploads_enabled BOOLEAN NOT NULL DEFAULT TRUE",
    "ALTER TABLE assignment ADD COLUMN upload_info TEXT",
    "ALTER TABLE assignment ADD COLUMN autograding_key TEXT",
    "ALTER TABLE assignment ADD COLUMN continuous_autograding BOOLEAN NOT NULL DEFAULT FALSE",
    // What was sent last to revise what was handed in.
    "ALTER TABLE work ADD COLUMN revision_id BIGINT REFERENCES backup (id)",
    // The test that the last tries fail, how much of it passed at best, and since when that is so.
    "ALTER TABLE work ADD COLUMN failing_test TEXT",
    "ALTER TABLE work ADD COLUMN failing_best INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE work ADD COLUMN failing_tries INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE work ADD COLUMN failing_since BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE work ADD COLUMN tried_at BIGINT NOT NULL DEFAULT 0",
    // What is tried by staff, if it is a backup.
    "ALTER TABLE run ADD COLUMN backup_id BIGINT REFERENCES backup (id)",
    // The names of the tests that did not pass, as a list in JSON that we wrote; none of what was run before this was kept.
    "ALTER TABLE run ADD COLUMN failed TEXT",
    "CREATE INDEX run_backup ON run (backup_id, id) WHERE backup_id IS NOT NULL",
];
