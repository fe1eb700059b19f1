//! How much later than due work of an assignment is still on time stands in a column of its own, beside the policy that says so: lists of what
//! is late are statements.

crate::step::step!("m0030_grace");

const UP: &[&str] = &[
    // Microseconds.
    "ALTER TABLE assignment ADD COLUMN grace BIGINT NOT NULL DEFAULT 0",
    "{on postgres}UPDATE assignment SET grace = CAST(late_policy::jsonb ->> 'grace_s' AS BIGINT) * 1000000
        WHERE late_policy::jsonb ->> 'grace_s' IS NOT NULL",
    "{on sqlite}UPDATE assignment SET grace = json_extract(late_policy, '$.grace_s') * 1000000
        WHERE json_extract(late_policy, '$.grace_s') IS NOT NULL",
];
