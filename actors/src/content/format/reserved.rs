//! Keys that no course may have: a course's pages lie below its key, beside the platform's own addresses.

/// The first words of addresses that mean something else than a course, here or on the servers whose clients come here.
pub const RESERVED: [&str; 21] = [
    "about",
    "account",
    "admin",
    "api",
    "assets",
    "batch",
    "client",
    "comments",
    "download",
    "graphiql",
    "graphql",
    "healthz",
    "login",
    "logout",
    "metrics",
    "oauth",
    "readyz",
    "rq",
    "static",
    "taskqueue",
    "testing-login",
];
