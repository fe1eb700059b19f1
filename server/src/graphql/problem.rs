//! The expected outcomes of a mutation, as the schema shows them: a code from a list of its own, words for a person, and the part of the
//! input that it is about.

/// Declares the problems of a mutation for the codes of its operation, or of several mutations whose operations share them:
/// `problems! { /// Why. NameProblem, /// Which. NameProblemCode; … = "operation::Code" as operation::Code => { /// What. Variant, … } }`.
macro_rules! problems {
    (
        $($(#[$doc:meta])* $problem:ident, $(#[$code_doc:meta])* $code:ident;)+
        = $remote:literal as $path:path => $variants:tt
    ) => {
        $($crate::graphql::problem::problems! {
            @one [$(#[$doc])* $problem] [$(#[$code_doc])* $code] $remote, $path, $variants
        })+
    };
    (
        @one [$(#[$doc:meta])* $problem:ident] [$(#[$code_doc:meta])* $code:ident] $remote:literal, $path:path,
        { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $problem {
            /// What kind of problem it is.
            code: $code,
            /// The same for a person.
            message: String,
            /// The part of the input that it is about.
            path: Vec<String>,
        }

        impl From<actors::problem::Refused<$path>> for $problem {
            fn from(refused: actors::problem::Refused<$path>) -> Self {
                Self { code: refused.code.into(), message: refused.message, path: refused.path }
            }
        }

        $(#[$code_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
        #[graphql(remote = $remote)]
        pub enum $code {
            $($(#[$variant_doc])* $variant),+
        }
    };
}
pub(crate) use problems;
