//! As what somebody takes part in a course, as the command line says it.

use clap::ValueEnum;

/// As what somebody takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleKind {
    Student,
    #[value(alias = "lab_assistant")]
    LabAssistant,
    Grader,
    #[value(alias = "teaching_assistant")]
    TeachingAssistant,
    Instructor,
}

impl RoleKind {
    /// The kind as the schema has it.
    #[must_use]
    pub fn in_schema(self) -> &'static str {
        match self {
            Self::Student => "STUDENT",
            Self::LabAssistant => "LAB_ASSISTANT",
            Self::Grader => "GRADER",
            Self::TeachingAssistant => "TEACHING_ASSISTANT",
            Self::Instructor => "INSTRUCTOR",
        }
    }
}
