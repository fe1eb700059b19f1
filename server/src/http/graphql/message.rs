//! The messages of the protocol `graphql-transport-ws`, and the codes with which a socket is closed.

use async_graphql::{Response as Answer, ServerError};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::graphql::error::Code;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    ConnectionInit {
        #[serde(default)]
        payload: Option<serde_json::Map<String, serde_json::Value>>,
    },
    Ping {
        #[serde(default)]
        #[allow(dead_code, reason = "the protocol lets a ping carry anything")]
        payload: Option<serde_json::Value>,
    },
    Pong {
        #[serde(default)]
        #[allow(dead_code, reason = "the protocol lets a pong carry anything")]
        payload: Option<serde_json::Value>,
    },
    Subscribe {
        id: String,
        /// The parameters of a request.
        payload: serde_json::Value,
    },
    Complete {
        id: String,
    },
}

/// What we say.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromServer<'m> {
    ConnectionAck,
    Pong,
    Next { id: &'m str, payload: &'m Answer },
    Error { id: &'m str, payload: &'m [ServerError] },
    Complete { id: &'m str },
}

/// Why a socket is closed: a code of the protocol and a reason of at most 123 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closing {
    pub code: u16,
    pub reason: String,
}

impl Closing {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        // More does not fit into a control frame.
        while reason.len() > 123 {
            reason.pop();
        }
        Self { code, reason }
    }

    pub fn invalid(what: impl std::fmt::Display) -> Self {
        Self::new(4400, format!("Invalid message: {what}"))
    }

    pub fn unauthorized() -> Self {
        Self::new(4401, "Unauthorized")
    }

    pub fn forbidden(why: &str) -> Self {
        Self::new(4403, why)
    }

    /// Why somebody is not let in: forbidden, or, while that cannot be told, to come again later.
    pub fn refused(refusal: &Refusal) -> Self {
        match refusal.code() {
            Code::Unavailable => Self::new(1013, refusal.message()),
            Code::Internal => Self::new(1011, refusal.message()),
            _ => Self::forbidden(refusal.message()),
        }
    }

    /// Clients connect again by themselves, and go on from their cursors.
    pub fn restart() -> Self {
        Self::new(1012, "The server stops; connect again")
    }

    pub fn init_timeout() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    pub fn not_acceptable() -> Self {
        Self::new(4406, "Subprotocol not acceptable")
    }

    pub fn subscriber_exists(id: &str) -> Self {
        Self::new(4409, format!("Subscriber for {id} already exists"))
    }

    pub fn too_many_inits() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    pub fn too_many_operations(limit: usize) -> Self {
        Self::new(4429, format!("More than {limit} operations at once"))
    }

    pub fn too_slow() -> Self {
        Self::new(4408, "The reader is too slow")
    }

    pub fn gone() -> Self {
        Self::new(4408, "No sign of life")
    }
}

/// A message as text; none if it cannot be written, which no message of ours can be.
pub(super) fn text(message: &FromServer<'_>) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Closing, FromClient};

    #[test]
    fn reasons_fit_into_a_frame() {
        let closing = Closing::subscriber_exists(&"ä".repeat(200));
        assert!(closing.reason.len() <= 123);
    }

    #[test]
    fn messages_are_read() {
        for (text, good) in [
            (r#"{"type":"connection_init"}"#, true),
            (r#"{"type":"connection_init","payload":{"a":1}}"#, true),
            (r#"{"type":"ping"}"#, true),
            (r#"{"type":"subscribe","id":"1","payload":{"query":"{a}"}}"#, true),
            (r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#, false),
            (r#"{"type":"subscribe","payload":{"query":"{a}"}}"#, false),
            (r#"{"type":"start","id":"1"}"#, false),
            ("[]", false),
            ("x", false),
        ] {
            assert_eq!(serde_json::from_str::<FromClient>(text).is_ok(), good, "{text}");
        }
    }
}
