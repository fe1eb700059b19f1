//! The job kernel on both databases: what is enqueued happens, exactly once, whoever dies.

mod accept;
mod actors;
mod cron;
mod drain;
mod ending;
mod event;
mod express;
mod key;
mod lease;
mod machine;
mod migration;
mod model;
mod plan;
mod queue;
mod sight;
mod steer;
mod turn;
mod writer;
