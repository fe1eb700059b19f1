//! The programming languages of this site as the schema shows them.

use actors::execution::toolchain::Toolchain;
use async_graphql::{Context, Description, Object, Result};
use entity::execution::language;

use crate::graphql::context::{Request, request};

/// A programming language that programs can be in.
#[derive(Description)]
pub struct Language(language::Language);

impl From<&language::Language> for Language {
    fn from(language: &language::Language) -> Self {
        Self(language.clone())
    }
}

impl Language {
    /// None if the site had it once and has it no more.
    fn toolchain<'r>(&self, request: &'r Request) -> Option<&'r Toolchain> {
        request.deps.workshop.toolchains.get(&self.0)
    }
}

#[Object(use_type_description)]
impl Language {
    /// Its name in content, plans and requests: small letters, digits, `_`, `+` and `-`.
    async fn name(&self) -> &str {
        self.0.as_str()
    }

    /// Its name for people.
    async fn title(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.toolchain(request(ctx)?).map_or_else(|| self.0.to_string(), |toolchain| toolchain.title.clone()))
    }

    /// What can be done with a program here: `run`, `compile`, `check`, `prove` … Modes whose tools are not installed are left out.
    async fn modes(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let modes = self.toolchain(request(ctx)?).map(Toolchain::usable_modes).unwrap_or_default();
        Ok(modes.into_iter().map(str::to_owned).collect())
    }

    /// Whether its tools are installed here.
    async fn available(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.toolchain(request(ctx)?).is_some_and(|toolchain| toolchain.missing().is_none()))
    }

    /// The version of its tools, as they tell it themselves; null if they are not installed or do not tell.
    #[graphql(complexity = 10)]
    async fn version(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let request = request(ctx)?;
        let Some(toolchain) = self.toolchain(request) else { return Ok(None) };
        Ok(request.deps.workshop.version(toolchain).await)
    }
}

/// Questions about languages.
#[derive(Default)]
pub struct LanguageQuery;

#[Object]
impl LanguageQuery {
    /// The languages of this site, by name; also those whose tools are not installed.
    #[graphql(complexity = "child_complexity.saturating_mul(20)")]
    async fn languages(&self, ctx: &Context<'_>) -> Result<Vec<Language>> {
        let toolchains = &request(ctx)?.deps.workshop.toolchains;
        Ok(toolchains.iter().map(|toolchain| Language::from(&toolchain.name)).collect())
    }
}
