//! `LECTERN_TASK_QUEUE` and `LECTERN_TASK_QUEUE_TOKENS`: whether other programs may keep tasks here, and which.

use actors::taskqueue::caller::{SHORTEST_TOKEN, Tokens};

use super::Secret;

/// How the Task Queue door stands.
#[derive(Clone, Debug)]
pub enum TaskQueue {
    /// There is no such door.
    Off,
    /// Whoever reaches the site may use it.
    Open,
    /// Whoever has one of these.
    Tokens(Tokens),
}

impl TaskQueue {
    /// What the settings mean; what is wrong with them goes to the list.
    pub(super) fn read(door: &str, tokens: Option<&Secret>, mistakes: &mut Vec<String>) -> Self {
        match (door, tokens) {
            ("off", _) => Self::Off,
            ("open", None) => Self::Open,
            ("open", Some(_)) => {
                mistakes.push(
                    "LECTERN_TASK_QUEUE is open, but LECTERN_TASK_QUEUE_TOKENS is set; set LECTERN_TASK_QUEUE to tokens"
                        .to_owned(),
                );
                Self::Off
            }
            ("tokens", tokens) => {
                let list = tokens.map(Secret::reveal).unwrap_or_default();
                Tokens::read(list).map_or_else(
                    |wrong| {
                        mistakes.push(format!(
                            "LECTERN_TASK_QUEUE_TOKENS: {wrong}; it must be a list with commas of secrets of at least \
                             {SHORTEST_TOKEN} characters, or of address:secret"
                        ));
                        Self::Off
                    },
                    Self::Tokens,
                )
            }
            (other, _) => {
                mistakes.push(format!("LECTERN_TASK_QUEUE is `{other}`; it must be off, open or tokens"));
                Self::Off
            }
        }
    }
}
