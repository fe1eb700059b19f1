//! What a token is for. A sign-in may do what its person may; a token, or a program that somebody let in, only what its scopes say, and
//! never more than the person.

use std::collections::BTreeSet;
use std::fmt;

use crate::viewer::Permission;

/// One purpose of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Know who the person is, and in which courses they take part; nothing of their work.
    Email,
    /// See what the person sees, and change nothing.
    Read,
    /// Work as a student does: attempt exercises, hand in, run programs.
    Submit,
    /// Review work, give scores, and see to it that it is graded.
    Grade,
    /// Synchronise missions and assignments.
    Content,
    /// Change who takes part in a course, and as what.
    Roster,
    /// Run the site.
    Admin,
    /// Whatever the person may, but for their account itself.
    All,
}

impl Scope {
    /// All of them, the narrowest first.
    pub const ALL: [Self; 8] =
        [Self::Email, Self::Read, Self::Submit, Self::Grade, Self::Content, Self::Roster, Self::Admin, Self::All];

    /// The word for it, as it is stored and as programs ask for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Read => "read",
            Self::Submit => "submit",
            Self::Grade => "grade",
            Self::Content => "content",
            Self::Roster => "roster",
            Self::Admin => "admin",
            Self::All => "all",
        }
    }

    /// The permissions that a token of this scope can use, if its person has them.
    fn covers(self, permission: Permission) -> bool {
        use Permission::{
            Attend, GrantExtensions, ManageContent, ManageRoles, ManageRoster, Preview, ReviewWork, SeeRoster,
        };
        match self {
            Self::Email => false,
            Self::Submit => permission == Attend,
            Self::Grade => {
                matches!(permission, Attend | Preview | ReviewWork | Permission::Grade | SeeRoster | GrantExtensions)
            }
            Self::Content => matches!(permission, Attend | Preview | ManageContent),
            Self::Roster => matches!(permission, Attend | SeeRoster | ManageRoster | ManageRoles),
            Self::Read | Self::Admin | Self::All => true,
        }
    }
}

/// The scopes of one token; at least one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scopes(BTreeSet<Scope>);

/// What is no list of scopes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopesError {
    #[error("a scope is missing; there are {}", all())]
    Empty,
    #[error("`{0}` is no scope; there are {all}", all = all())]
    Unknown(String),
}

fn all() -> String {
    Scope::ALL.map(Scope::word).join(", ")
}

impl Scopes {
    /// These scopes.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Result<Self, ScopesError> {
        let scopes: BTreeSet<Scope> = scopes.into_iter().collect();
        if scopes.is_empty() { Err(ScopesError::Empty) } else { Ok(Self(scopes)) }
    }

    /// The scopes that are named, with spaces between them, in any order.
    ///
    /// # Errors
    /// When there is none, or a word that is no scope.
    pub fn parse(text: &str) -> Result<Self, ScopesError> {
        let find = |word: &str| Scope::ALL.into_iter().find(|scope| scope.word() == word);
        let scope = |word: &str| find(word).ok_or_else(|| ScopesError::Unknown(word.chars().take(40).collect()));
        Self::of(text.split_whitespace().map(scope).collect::<Result<BTreeSet<_>, _>>()?)
    }

    /// Whether something that needs this scope is allowed.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope) || self.0.contains(&Scope::All)
    }

    /// Whether one of them can use the permission.
    #[must_use]
    pub fn cover(&self, permission: Permission) -> bool {
        self.0.iter().any(|scope| scope.covers(permission))
    }

    /// Whether they say who somebody is, and let nothing else be seen.
    #[must_use]
    pub fn only_introduce(&self) -> bool {
        self.0.iter().all(|scope| *scope == Scope::Email)
    }

    /// Each of them, the narrowest first.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

/// With spaces between them, as they are stored.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|scope| scope.word()).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, Scopes, ScopesError};
    use crate::viewer::Permission;

    #[test]
    fn a_list_is_read_as_it_is_written() {
        for (text, written) in [("read", "read"), (" submit  read\nread ", "read submit"), ("all", "all")] {
            assert_eq!(Scopes::parse(text).map(|scopes| scopes.to_string()), Ok(written.to_owned()), "{text}");
        }
        assert_eq!(Scopes::parse(" "), Err(ScopesError::Empty));
        assert_eq!(Scopes::parse("read Read"), Err(ScopesError::Unknown("Read".to_owned())));
    }

    #[test]
    fn only_all_allows_what_is_not_said() {
        let scopes = |text| Scopes::parse(text).unwrap();
        for scope in Scope::ALL {
            assert!(scopes("all").allow(scope));
            assert_eq!(scopes("read").allow(scope), scope == Scope::Read, "{scope:?}");
        }
        assert!(
            !scopes("submit").cover(Permission::ReviewWork) && scopes("submit grade").cover(Permission::ReviewWork)
        );
    }
}
