//! The programming languages that a run may be in.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// A language with a toolchain. Its name in content, plans and rows is the lower-case form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "lowercase")]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Language {
    /// CPython 3.
    #[sea_orm(string_value = "python3")]
    Python3,
    /// C, compiled by gcc.
    #[sea_orm(string_value = "c")]
    C,
}
