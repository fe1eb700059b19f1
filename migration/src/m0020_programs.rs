//! Programs that people let in without giving them a password: OAuth clients, and the codes by which one is let in.

crate::step::step!("m0020_programs");

const UP: &[&str] = &[
    "CREATE TABLE oauth_client (
        id {key},
        key TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        redirects TEXT NOT NULL,
        secret_digest {bytes},
        scopes TEXT NOT NULL,
        created_at BIGINT NOT NULL)",
    "CREATE TABLE oauth_code (
        id {key},
        digest {bytes} NOT NULL UNIQUE,
        client TEXT NOT NULL,
        user_id BIGINT NOT NULL REFERENCES \"user\" (id),
        redirect TEXT NOT NULL,
        scopes TEXT NOT NULL,
        challenge TEXT,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        used_at BIGINT,
        session_id BIGINT)",
    "CREATE INDEX oauth_code_expiry ON oauth_code (expires_at)",
    "ALTER TABLE session ADD COLUMN client TEXT",
];
