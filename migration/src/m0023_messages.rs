//! What the `ok` client sends with a backup, kind by kind.

crate::step::step!("m0023_messages");

const UP: &[&str] = &["CREATE TABLE message (
        backup_id BIGINT NOT NULL REFERENCES backup (id),
        kind TEXT NOT NULL,
        digest TEXT NOT NULL REFERENCES blob (digest),
        PRIMARY KEY (backup_id, kind))"];
