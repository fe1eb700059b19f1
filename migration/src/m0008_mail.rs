//! Letters.

crate::step::step!("m0008_mail");

const UP: &[&str] = &[
    "CREATE TABLE letter (
        id {key},
        cause TEXT NOT NULL,
        recipient_id BIGINT NOT NULL REFERENCES \"user\" (id),
        kind TEXT NOT NULL,
        course_id BIGINT REFERENCES course (id),
        state TEXT NOT NULL,
        message {bytes},
        created_at BIGINT NOT NULL,
        sent_at BIGINT,
        UNIQUE (cause, recipient_id, kind))",
    "CREATE INDEX letter_recipient ON letter (recipient_id, id)",
];
