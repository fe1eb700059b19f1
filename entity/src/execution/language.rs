//! The name of a programming language that a run may be in. Which languages there are, their toolchains say.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// The most letters of a name.
const LONGEST: usize = 32;

/// A language's name in content, plans and rows: 1 to 32 of `a` to `z`, digits, `_`, `+` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType)]
#[serde(try_from = "String", into = "String")]
#[sea_orm(value_type = "String")]
pub struct Language(String);

/// It cannot be the name of a language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be a language's name: write 1 to 32 of a-z, 0-9, _, + and -")]
pub struct NotALanguage(String);

impl Language {
    /// CPython 3: the one language of missions.
    #[must_use]
    pub fn python3() -> Self {
        Self("python3".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Language {
    type Err = NotALanguage;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_+-".contains(&byte);
        if (1..=LONGEST).contains(&name.len()) && name.bytes().all(plain) {
            Ok(Self(name.to_owned()))
        } else {
            Err(NotALanguage(name.to_owned()))
        }
    }
}

impl TryFrom<String> for Language {
    type Error = NotALanguage;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn names_are_short_and_plain() {
        for name in ["c", "c++", "python3", "objective-c", "a_b"] {
            assert_eq!(name.parse::<Language>().map(String::from).as_deref(), Ok(name));
        }
        for name in ["", "C", "c#", "../c", "c d", "é", &"x".repeat(33)] {
            assert!(name.parse::<Language>().is_err(), "{name}");
        }
        assert!(serde_json::from_str::<Language>("\"a/b\"").is_err());
    }
}
