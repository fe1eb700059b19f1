//! What came of a run, and who is to answer for it.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// What came of a run. The classes that the sandbox reports keep their names; `Passed`, `Failed` and `BuildFailed` are the
/// grader's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Verdict {
    /// Ran to its end, and every check passed.
    #[sea_orm(string_value = "passed")]
    Passed,
    /// Ran to its end, and a check did not pass.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// Could not be built.
    #[sea_orm(string_value = "build_failed")]
    BuildFailed,
    /// Ended by itself with an exit status other than 0.
    #[sea_orm(string_value = "nonzero")]
    Nonzero,
    /// Ended by a signal of its own making.
    #[sea_orm(string_value = "signal")]
    Signal,
    /// Used up its processor time.
    #[sea_orm(string_value = "cpu_time_limit")]
    CpuTimeLimit,
    /// Was still there when its wall time was over.
    #[sea_orm(string_value = "wall_time_limit")]
    WallTimeLimit,
    /// Wanted more memory than it may have.
    #[sea_orm(string_value = "memory_limit")]
    MemoryLimit,
    /// Wrote more than is kept.
    #[sea_orm(string_value = "output_limit")]
    OutputLimit,
    /// Wanted more room for files than it may have.
    #[sea_orm(string_value = "disk_limit")]
    DiskLimit,
    /// Wanted more processes than it may have.
    #[sea_orm(string_value = "process_limit")]
    ProcessLimit,
    /// Was stopped by somebody who may.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
    /// The sandbox could not be made or broke; says nothing about the program.
    #[sea_orm(string_value = "sandbox_error")]
    SandboxError,
    /// A test broke, or cannot be passed by any program; says nothing about the program.
    #[sea_orm(string_value = "test_error")]
    TestError,
}

impl Verdict {
    /// Those of runs that came to nothing, by whosever doing: nobody is scored by them, and they can be carried out after all.
    pub const VOID: [Self; 3] = [Self::SandboxError, Self::Cancelled, Self::TestError];

    /// Whether it is one of those.
    #[must_use]
    pub fn is_void(self) -> bool {
        Self::VOID.contains(&self)
    }
}

/// Who is to answer for a verdict that is not `Passed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Blame {
    /// The program that was handed in.
    #[sea_orm(string_value = "student")]
    Student,
    /// The test itself: it cannot be passed by any program.
    #[sea_orm(string_value = "test")]
    Test,
    /// The machine or the platform. Never costs an attempt.
    #[sea_orm(string_value = "infrastructure")]
    Infrastructure,
}
