//! The rules that content has to keep, each with its name and its weight.
//!
//! A name is written here and nowhere else. What breaks a rule is found in the files beside this one; the rules `run.*`,
//! `exercise.syntax` and `sync.*` need a sandbox or the stored state and are raised by those who have them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a broken rule stops the mission from being stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The mission or assignment keeps its stored version until this is mended.
    Error,
    /// Worth knowing; stops nothing.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// Makes the enum, its names, its weights and the list of all rules from one table.
macro_rules! rules {
    ($($rule:ident $severity:ident $name:literal,)*) => {
        /// A rule of the content format. Its name is what teachers see and what is stored.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum Rule {
            $(#[serde(rename = $name)] $rule,)*
        }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            /// The name, such as `screen.key-missing`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)* }
            }

            /// Whether breaking it is an error or a warning.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$rule => Severity::$severity,)* }
            }
        }
    };
}

rules! {
    RepoSectionMissing Error "repo.section-missing",
    RepoCourseMissing Error "repo.course-missing",
    RepoConceptsMissing Error "repo.concepts-missing",
    RepoEncoding Error "repo.encoding",
    RepoSymlink Error "repo.symlink",
    RepoTooLarge Error "repo.too-large",
    RepoUnreadable Error "repo.unreadable",
    YamlSyntax Error "yaml.syntax",
    YamlDuplicateKey Error "yaml.duplicate-key",
    SectionKeyMissing Error "section.key-missing",
    SectionKeyDuplicate Error "section.key-duplicate",
    SectionUnknownCourse Error "section.unknown-course",
    SectionCourseTwice Error "section.course-twice",
    SectionMissingField Error "section.missing-field",
    SectionUnknownField Error "section.unknown-field",
    SectionWrongType Error "section.wrong-type",
    SectionBadValue Error "section.bad-value",
    CourseKeyMissing Error "course.key-missing",
    CourseKeyDuplicate Error "course.key-duplicate",
    CourseUnlisted Error "course.unlisted",
    CourseUnknownMission Error "course.unknown-mission",
    CourseMissionTwice Error "course.mission-twice",
    CourseMissingField Error "course.missing-field",
    CourseUnknownField Error "course.unknown-field",
    CourseWrongType Error "course.wrong-type",
    CourseBadValue Error "course.bad-value",
    ConceptNone Error "concept.none",
    ConceptUnknown Error "concept.unknown",
    ConceptBadFile Error "concept.bad-file",
    ConceptUnused Warning "concept.unused",
    MissionDirectoryName Error "mission.directory-name",
    MissionNumberDuplicate Error "mission.number-duplicate",
    MissionNotInCourse Error "mission.not-in-course",
    MissionCourseNotInSection Error "mission.course-not-in-section",
    MetaMissingFile Error "meta.missing-file",
    MetaMissingKey Error "meta.missing-key",
    MetaWrongType Error "meta.wrong-type",
    MetaUnknownKey Error "meta.unknown-key",
    MetaBadValue Error "meta.bad-value",
    MetaNumberMismatch Error "meta.number-mismatch",
    MetaBadLanguage Error "meta.bad-language",
    MetaFileMissing Error "meta.file-missing",
    MetaFileOutside Error "meta.file-outside",
    MetaFileReserved Error "meta.file-reserved",
    MetaUnknownPrerequisite Error "meta.unknown-prerequisite",
    MetaPrerequisiteCycle Error "meta.prerequisite-cycle",
    NotebookNone Error "notebook.none",
    NotebookMany Error "notebook.many",
    NotebookJson Error "notebook.json",
    NotebookVersion Error "notebook.version",
    NotebookSchema Error "notebook.schema",
    NotebookCellId Error "notebook.cell-id",
    NotebookKernel Error "notebook.kernel",
    NotebookNumberMismatch Error "notebook.number-mismatch",
    NotebookNoScreens Error "notebook.no-screens",
    NotebookCodeBeforeScreen Error "notebook.code-before-screen",
    NotebookOutputsPresent Warning "notebook.outputs-present",
    ScreenMarkerSyntax Error "screen.marker-syntax",
    ScreenMarkerNotFirst Error "screen.marker-not-first",
    ScreenMarkerConflict Error "screen.marker-conflict",
    ScreenUnknownAttribute Error "screen.unknown-attribute",
    ScreenDuplicateAttribute Error "screen.duplicate-attribute",
    ScreenBadAttribute Error "screen.bad-attribute",
    ScreenKeyMissing Error "screen.key-missing",
    ScreenKeyFormat Error "screen.key-format",
    ScreenKeyDuplicate Error "screen.key-duplicate",
    ScreenKeyTaken Error "screen.key-taken",
    ScreenTypeMissing Error "screen.type-missing",
    ScreenTypeUnknown Error "screen.type-unknown",
    ScreenTitleMissing Error "screen.title-missing",
    ScreenTitleMany Error "screen.title-many",
    ScreenBodyEmpty Error "screen.body-empty",
    ScreenInstructionsMissing Error "screen.instructions-missing",
    ScreenInstructionsMany Error "screen.instructions-many",
    ScreenInstructionsOnText Error "screen.instructions-on-text",
    ScreenHintEmpty Error "screen.hint-empty",
    ScreenHintMisspelled Warning "screen.hint-misspelled",
    ScreenFenceOpen Warning "screen.fence-open",
    ScreenExerciseMissing Error "screen.exercise-missing",
    ScreenTextHasCode Error "screen.text-has-code",
    ScreenRawCell Error "screen.raw-cell",
    ScreenBodyAfterExercise Error "screen.body-after-exercise",
    ScreenAssetMissing Error "screen.asset-missing",
    ScreenAssetRefused Error "screen.asset-refused",
    ScreenHtmlUnsafe Error "screen.html-unsafe",
    ScreenHtmlShown Warning "screen.html-shown",
    ExerciseExtraCell Error "exercise.extra-cell",
    ExerciseUnknownSection Error "exercise.unknown-section",
    ExerciseDuplicateSection Error "exercise.duplicate-section",
    ExerciseEmptySection Error "exercise.empty-section",
    ExerciseDisplayMissing Error "exercise.display-missing",
    ExerciseAnswerMissing Error "exercise.answer-missing",
    ExerciseCheckMissing Error "exercise.check-missing",
    ExerciseCheckIgnored Warning "exercise.check-ignored",
    ExerciseMagic Warning "exercise.magic",
    ExerciseShell Error "exercise.shell",
    ExerciseSyntax Error "exercise.syntax",
    ExerciseSyntaxWarning Warning "exercise.syntax-warning",
    ExerciseDisplaySyntax Warning "exercise.display-syntax",
    CheckVarsFormat Error "check.vars-format",
    CheckValFormat Error "check.val-format",
    RunInitialFails Error "run.initial-fails",
    RunAnswerFails Error "run.answer-fails",
    RunErrorExpected Error "run.error-expected",
    RunVarUndefined Error "run.var-undefined",
    RunAnswerFailsCheck Error "run.answer-fails-check",
    RunTimeout Error "run.timeout",
    RunOutputLimit Error "run.output-limit",
    RunNondeterministic Error "run.nondeterministic",
    RunDisplayPasses Warning "run.display-passes",
    SyncUnknownMission Error "sync.unknown-mission",
    SyncUnknownAssignment Error "sync.unknown-assignment",
    SyncKeyMoved Warning "sync.key-moved",
    SyncTypeChanged Warning "sync.type-changed",
    AssignmentDirectoryName Error "assignment.directory-name",
    AssignmentMissingFile Error "assignment.missing-file",
    AssignmentMissingKey Error "assignment.missing-key",
    AssignmentUnknownKey Error "assignment.unknown-key",
    AssignmentWrongType Error "assignment.wrong-type",
    AssignmentBadValue Error "assignment.bad-value",
    AssignmentUnknownCourse Error "assignment.unknown-course",
    AssignmentCourseNotInSection Error "assignment.course-not-in-section",
    AssignmentBadLanguage Error "assignment.bad-language",
    AssignmentFileName Error "assignment.file-name",
    AssignmentFileDuplicate Error "assignment.file-duplicate",
    AssignmentFileUnlisted Warning "assignment.file-unlisted",
    AssignmentMainNotInFiles Error "assignment.main-not-in-files",
    AssignmentBadDue Error "assignment.bad-due",
    AssignmentDueSkipped Error "assignment.due-skipped",
    AssignmentDueAmbiguous Warning "assignment.due-ambiguous",
    AssignmentUnknownTimeZone Error "assignment.unknown-time-zone",
    AssignmentTestDuplicate Error "assignment.test-duplicate",
    AssignmentTestKind Error "assignment.test-kind",
    AssignmentBadPoints Error "assignment.bad-points",
    AssignmentOkSyntax Error "assignment.ok-syntax",
    AssignmentOkFormat Error "assignment.ok-format",
    AssignmentOkLocked Error "assignment.ok-locked",
    AssignmentOkNotGradable Error "assignment.ok-not-gradable",
    AssignmentOkNotRun Warning "assignment.ok-not-run",
    AssignmentDoctestFormat Error "assignment.doctest-format",
    AssignmentDoctestMissing Error "assignment.doctest-missing",
    AssignmentTestFile Error "assignment.test-file",
    AssignmentTestLanguage Error "assignment.test-language",
    AssignmentTestReport Error "assignment.test-report",
    AssignmentTestShares Error "assignment.test-shares",
    AssignmentAssetMissing Error "assignment.asset-missing",
    AssignmentAssetRefused Error "assignment.asset-refused",
    AssignmentHtmlUnsafe Error "assignment.html-unsafe",
    AssignmentHtmlShown Warning "assignment.html-shown",
    AssignmentFenceOpen Warning "assignment.fence-open",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
