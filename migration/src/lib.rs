//! The steps by which a database comes to its present shape. Each step is frozen history: it is never edited after a release.
//!
//! A step is plain SQL, the same for both databases but for a few words (see `step.rs`). Migrations only run forward.

mod m0001_identity;
mod m0002_course;
mod m0003_content;
mod m0004_assignment;
mod m0005_submission;
mod m0006_execution;
mod m0007_grading;
mod m0008_mail;
mod m0009_job;
mod m0010_program;
mod m0011_job_in_sight;
mod m0012_task_queue;
mod m0013_site;
mod m0014_sight;
mod m0015_job_history;
mod m0016_job_postponed;
mod m0017_rhythm;
mod m0018_points;
mod m0019_ways_in;
mod m0020_programs;
mod m0021_roles;
mod m0022_external_identities;
mod m0023_messages;
mod m0024_work;
mod m0025_receipts;
mod m0027_people;
mod m0028_staff;
mod m0029_walls;
mod m0030_grace;
mod m0031_learning;
mod step;

use sea_orm_migration::MigrationTrait;
pub use sea_orm_migration::MigratorTrait;

/// All steps, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_identity::Step),
            Box::new(m0002_course::Step),
            Box::new(m0003_content::Step),
            Box::new(m0004_assignment::Step),
            Box::new(m0005_submission::Step),
            Box::new(m0006_execution::Step),
            Box::new(m0007_grading::Step),
            Box::new(m0008_mail::Step),
            Box::new(m0009_job::Step),
            Box::new(m0010_program::Step),
            Box::new(m0011_job_in_sight::Step),
            Box::new(m0012_task_queue::Step),
            Box::new(m0013_site::Step),
            Box::new(m0014_sight::Step),
            Box::new(m0015_job_history::Step),
            Box::new(m0016_job_postponed::Step),
            Box::new(m0017_rhythm::Step),
            Box::new(m0018_points::Step),
            Box::new(m0019_ways_in::Step),
            Box::new(m0020_programs::Step),
            Box::new(m0021_roles::Step),
            Box::new(m0022_external_identities::Step),
            Box::new(m0023_messages::Step),
            Box::new(m0024_work::Step),
            Box::new(m0025_receipts::Step),
            Box::new(m0027_people::Step),
            Box::new(m0028_staff::Step),
            Box::new(m0029_walls::Step),
            Box::new(m0030_grace::Step),
            Box::new(m0031_learning::Step),
        ]
    }
}
