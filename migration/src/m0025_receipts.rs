//! Receipts for what was handed in: a chain of signed blocks for each course, and what proves that something is in a block.

crate::step::step!("m0025_receipts");

const UP: &[&str] = &[
    // The public halves of all keys that ever signed. They stay also where a restore forgets the keys themselves.
    "CREATE TABLE receipt_key (
        kid TEXT NOT NULL PRIMARY KEY,
        public {bytes} NOT NULL,
        created_at BIGINT NOT NULL)",
    // What the next block follows, and where; locked last.
    "CREATE TABLE receipt_chain (
        course_id BIGINT NOT NULL PRIMARY KEY REFERENCES course (id),
        position BIGINT NOT NULL,
        hash {bytes} NOT NULL)",
    "CREATE TABLE receipt_block (
        course_id BIGINT NOT NULL REFERENCES course (id),
        position BIGINT NOT NULL,
        site TEXT NOT NULL,
        course TEXT NOT NULL,
        previous {bytes} NOT NULL,
        root {bytes} NOT NULL,
        leaves BIGINT NOT NULL,
        incarnation TEXT NOT NULL,
        issued_at BIGINT NOT NULL,
        kid TEXT NOT NULL REFERENCES receipt_key (kid),
        signature {bytes} NOT NULL,
        hash {bytes} NOT NULL UNIQUE,
        PRIMARY KEY (course_id, position))",
    "CREATE TABLE receipt (
        backup_id BIGINT NOT NULL PRIMARY KEY REFERENCES backup (id),
        course_id BIGINT NOT NULL,
        position BIGINT NOT NULL,
        place BIGINT NOT NULL,
        assignment TEXT NOT NULL,
        handed_in BOOLEAN NOT NULL,
        received_at BIGINT NOT NULL,
        files {bytes} NOT NULL,
        messages {bytes} NOT NULL,
        person {bytes} NOT NULL,
        path {bytes} NOT NULL,
        UNIQUE (course_id, position, place),
        FOREIGN KEY (course_id, position) REFERENCES receipt_block (course_id, position))",
    // What opens the hash of the person; it goes when they are forgotten.
    "CREATE TABLE receipt_holder (
        backup_id BIGINT NOT NULL PRIMARY KEY REFERENCES receipt (backup_id),
        user_id BIGINT NOT NULL REFERENCES \"user\" (id),
        email TEXT NOT NULL,
        salt {bytes} NOT NULL)",
    "CREATE INDEX receipt_holder_user ON receipt_holder (user_id)",
    "{append only}receipt_key",
    "{append only}receipt_block",
    "{append only}receipt",
];
