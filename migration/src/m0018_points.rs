//! A submission knows its total, so that lists show it and are put in its order without a look at every score.

crate::step::step!("m0018_points");

const UP: &[&str] = &[
    // In 1/10,000 of a point; none while there is no total.
    "ALTER TABLE submission ADD COLUMN points BIGINT",
    "UPDATE submission SET points = (SELECT value FROM score WHERE score.submission_id = submission.id AND score.kind = 'total'
        ORDER BY score.id DESC LIMIT 1)",
];
