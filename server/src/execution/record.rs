//! The log of a run as the schema shows it.

use async_graphql::{Context, Description, Enum, Object, Result};
use entity::execution::record::{self, Place};
use entity::execution::run;

use super::object::Run;
use crate::graphql::context::request;
use crate::graphql::scalar::DateTime;
use crate::job::cursor;

/// Whether a record is for this viewer.
pub(super) fn may_see(record: &record::Model, staff: bool) -> bool {
    staff || record.kind != record::RecordKind::Internal
}

/// Where the text of a record comes from, or what it says about the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum RunRecordKind {
    /// The site: the command that starts, the test that passed.
    Console,
    /// The program's standard output.
    Stdout,
    /// The program's standard error.
    Stderr,
    /// The site, to staff only: why the sandbox did not work.
    Internal,
    /// How the cases of a lab went: JSON, once, when all were tried.
    Lab,
    /// Why a program of one's own was not run, or not to its end.
    Fault,
    /// What was shown so far is void: the run begins anew.
    Restarted,
    /// The run has its verdict; nothing comes after this.
    Finished,
}

impl From<record::RecordKind> for RunRecordKind {
    fn from(kind: record::RecordKind) -> Self {
        match kind {
            record::RecordKind::Console => Self::Console,
            record::RecordKind::Stdout => Self::Stdout,
            record::RecordKind::Stderr => Self::Stderr,
            record::RecordKind::Internal => Self::Internal,
            record::RecordKind::Lab => Self::Lab,
            record::RecordKind::Fault => Self::Fault,
            record::RecordKind::End => Self::Finished,
        }
    }
}

/// A piece of the log of a run.
#[derive(Description)]
pub enum RunRecord {
    /// Something was written.
    Written(record::Model),
    /// The run begins anew.
    Restarted(Place),
    /// The run is done.
    Finished(Box<run::Model>, Place),
}

#[Object(use_type_description)]
impl RunRecord {
    /// Where to go on after this: pass it as `after`.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<String> {
        let place = match self {
            Self::Written(record) => record.place(),
            Self::Restarted(place) | Self::Finished(_, place) => *place,
        };
        Ok(cursor::encode_place(&request(ctx)?.deps.site.incarnation, place))
    }

    /// Where it comes from, or what it says about the log.
    async fn kind(&self) -> RunRecordKind {
        match self {
            Self::Written(record) => record.kind.into(),
            Self::Restarted(_) => RunRecordKind::Restarted,
            Self::Finished(..) => RunRecordKind::Finished,
        }
    }

    /// The index of the step that it belongs to, from 0.
    async fn step(&self) -> Option<i32> {
        match self {
            Self::Written(record) => Some(record.step),
            Self::Restarted(_) | Self::Finished(..) => None,
        }
    }

    /// The text; bytes that are not UTF-8 show as U+FFFD. Show it as text, never as HTML: a program wrote it.
    async fn text(&self) -> String {
        match self {
            Self::Written(record) => String::from_utf8_lossy(&record.bytes).into_owned(),
            Self::Restarted(_) | Self::Finished(..) => String::new(),
        }
    }

    /// The number of the case, in what the cases of a lab wrote.
    async fn case(&self) -> Option<i32> {
        match self {
            Self::Written(record) => record.case_number.and_then(|number| i32::try_from(number).ok()),
            Self::Restarted(_) | Self::Finished(..) => None,
        }
    }

    /// When it was written.
    async fn at(&self) -> Option<DateTime> {
        match self {
            Self::Written(record) => Some(DateTime(record.at)),
            Self::Finished(run, _) => run.finished_at.map(DateTime),
            Self::Restarted(_) => None,
        }
    }

    /// With `FINISHED`: the run, with its verdict.
    async fn run(&self) -> Option<Run> {
        match self {
            Self::Finished(run, _) => Some(Run((**run).clone())),
            Self::Written(_) | Self::Restarted(_) => None,
        }
    }
}
