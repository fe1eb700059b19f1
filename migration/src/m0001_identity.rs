//! People, their sign-ins, and the keys that sign what they carry.

crate::step::step!("m0001_identity");

const UP: &[&str] = &[
    "CREATE TABLE \"user\" (
        id {key},
        email TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        password_hash TEXT,
        admin BOOLEAN NOT NULL DEFAULT FALSE,
        rights_version BIGINT NOT NULL DEFAULT 0,
        created_at BIGINT NOT NULL)",
    "CREATE TABLE session (
        id {key},
        user_id BIGINT NOT NULL REFERENCES \"user\" (id),
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        revoked_at BIGINT)",
    "CREATE INDEX session_of_user ON session (user_id)",
    "CREATE INDEX session_expiry ON session (expires_at)",
    "CREATE TABLE signing_key (
        id {key},
        kid TEXT NOT NULL UNIQUE,
        purpose TEXT NOT NULL,
        sealed {bytes} NOT NULL,
        created_at BIGINT NOT NULL,
        retired_at BIGINT)",
    "CREATE UNIQUE INDEX signing_key_current ON signing_key (purpose) WHERE retired_at IS NULL",
];
