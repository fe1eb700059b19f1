//! The house in which the stories of `it/` are told: what they share.
