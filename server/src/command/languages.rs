//! `doctor` on languages: which work here, in which version, and what those lack that do not.

use std::fmt;

use actors::execution::toolchain::Toolchain;
use actors::execution::try_out::try_out;
use actors::execution::workshop::Workshop;
use entity::execution::language::Language as Name;
use serde::Serialize;

/// What was found out about one language.
#[derive(Debug, Serialize)]
pub struct Language {
    name: String,
    title: String,
    state: State,
    version: Option<String>,
    /// The modes that work here.
    modes: Vec<String>,
    /// What is missing or wrong, each with the way out.
    remarks: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Works,
    /// Its tools are not installed, which is no trouble unless somebody wants it.
    Missing,
    /// Its tools are there, and its example does not run.
    Trouble,
}

impl Language {
    /// Whether that is something to be put right.
    pub fn is_trouble(&self) -> bool {
        self.state == State::Trouble
    }
}

/// Tries every language that is installed with its own example.
pub async fn look(workshop: &Workshop) -> Vec<Language> {
    let mut found = Vec::new();
    for toolchain in workshop.toolchains.iter() {
        found.push(one(workshop, toolchain).await);
    }
    found
}

async fn one(workshop: &Workshop, toolchain: &Toolchain) -> Language {
    let (state, remarks) = match toolchain.missing() {
        // Without Python there are no missions.
        Some(missing) if toolchain.name == Name::python3() => (State::Trouble, vec![missing]),
        Some(missing) => (State::Missing, vec![missing]),
        None => match try_out(workshop, toolchain).await {
            Ok(()) => (State::Works, missing_modes(toolchain)),
            Err(trouble) => (State::Trouble, vec![trouble]),
        },
    };
    Language {
        name: toolchain.name.to_string(),
        title: toolchain.title.clone(),
        state,
        version: workshop.version(toolchain).await,
        modes: toolchain.usable_modes().into_iter().map(str::to_owned).collect(),
        remarks,
    }
}

/// Why modes do not work, each reason once.
fn missing_modes(toolchain: &Toolchain) -> Vec<String> {
    let mut reasons: Vec<String> = toolchain.modes.keys().filter_map(|mode| toolchain.missing_for(mode)).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Works => "works",
            State::Missing => "MISSING",
            State::Trouble => "TROUBLE",
        };
        write!(f, "{state:<8} {} ({}", self.title, self.name)?;
        if let Some(version) = &self.version {
            write!(f, ", version {version}")?;
        }
        if self.modes.is_empty() {
            write!(f, ")")?
        } else {
            write!(f, "): {}", self.modes.join(", "))?
        }
        self.remarks.iter().try_for_each(|remark| write!(f, "\n         {remark}"))
    }
}
