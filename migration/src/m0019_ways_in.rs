//! Accounts that are confirmed or closed, the ways in (sign-ins of several kinds, and tokens), tickets
//! (rights to do one thing once), and the log of what was changed about rights, to which can only be added.
//!
//! A key of the purpose `session` signed tokens with a shared secret; nothing signs so any more, and who carried one signs in again.

crate::step::step!("m0019_ways_in");

const UP: &[&str] = &[
    "ALTER TABLE \"user\" ADD COLUMN verified_at BIGINT",
    "ALTER TABLE \"user\" ADD COLUMN disabled_at BIGINT",
    "UPDATE \"user\" SET verified_at = created_at WHERE password_hash IS NOT NULL",
    "DELETE FROM signing_key WHERE purpose = 'session'",
    "DELETE FROM session",
    "ALTER TABLE session ADD COLUMN kind TEXT NOT NULL DEFAULT 'script'",
    "ALTER TABLE session ADD COLUMN digest {bytes}",
    "ALTER TABLE session ADD COLUMN previous {bytes}",
    "ALTER TABLE session ADD COLUMN rotated_at BIGINT",
    "ALTER TABLE session ADD COLUMN rights_version BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE session ADD COLUMN name TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE session ADD COLUMN scopes TEXT",
    "ALTER TABLE session ADD COLUMN courses TEXT",
    "ALTER TABLE session ADD COLUMN last_used_at BIGINT",
    "CREATE UNIQUE INDEX session_digest ON session (digest) WHERE digest IS NOT NULL",
    "CREATE INDEX session_previous ON session (previous) WHERE previous IS NOT NULL",
    "CREATE TABLE refresh_token (
        id {key},
        session_id BIGINT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
        digest {bytes} NOT NULL UNIQUE,
        created_at BIGINT NOT NULL,
        used_at BIGINT)",
    "CREATE INDEX refresh_token_of_session ON refresh_token (session_id)",
    "CREATE TABLE ticket (
        id {key},
        purpose TEXT NOT NULL,
        user_id BIGINT NOT NULL REFERENCES \"user\" (id),
        seed {bytes} NOT NULL,
        digest {bytes} NOT NULL UNIQUE,
        address TEXT,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        used_at BIGINT)",
    "CREATE INDEX ticket_of_user ON ticket (user_id, purpose)",
    "CREATE INDEX ticket_expiry ON ticket (expires_at)",
    "ALTER TABLE letter ADD COLUMN address TEXT",
    "CREATE TABLE audit_entry (
        id {key},
        at BIGINT NOT NULL,
        action TEXT NOT NULL,
        actor_id BIGINT REFERENCES \"user\" (id),
        session_id BIGINT,
        user_id BIGINT REFERENCES \"user\" (id),
        course_id BIGINT REFERENCES course (id),
        details TEXT NOT NULL)",
    "CREATE INDEX audit_entry_course ON audit_entry (course_id, id)",
    "CREATE INDEX audit_entry_user ON audit_entry (user_id, id)",
    "CREATE INDEX audit_entry_actor ON audit_entry (actor_id, id)",
    "{append only}audit_entry",
];
