//! Who somebody is elsewhere: the provider at which they sign in, and what it calls them.

crate::step::step!("m0022_external_identities");

const UP: &[&str] = &[
    "CREATE TABLE external_identity (
        id {key},
        user_id BIGINT NOT NULL REFERENCES \"user\" (id),
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        last_used_at BIGINT NOT NULL,
        ended_at BIGINT,
        UNIQUE (issuer, subject))",
    "CREATE INDEX external_identity_user ON external_identity (user_id)",
];
