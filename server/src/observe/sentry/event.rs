//! An event, and its envelope, as the protocol has them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use entity::clock::Timestamp;
use sentry_types::Dsn;
use sentry_types::protocol::v7::{
    ClientSdkInfo, Event as Told, Exception, Frame, Level, Request, Stacktrace, User, Values,
};
use serde_json::json;

use crate::http_client::Failure;
use crate::observe::record::Record;

/// The version that runs.
const RELEASE: &str = concat!("lectern@", env!("CARGO_PKG_VERSION"));

/// Something broke.
#[derive(Clone, Debug, Default)]
pub(super) struct Event {
    /// When, in microseconds since 1970.
    at: i64,
    /// The part of the program that says so.
    part: String,
    pub message: String,
    /// From what it comes.
    pub error: Option<String>,
    /// File and line, if it was a panic.
    pub panic: Option<(String, u64)>,
    pub tags: BTreeMap<String, String>,
    request: Option<Request>,
    transaction: Option<String>,
    user: Option<String>,
}

fn time(micros: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

impl Event {
    pub fn new(at: Timestamp, part: &str) -> Self {
        Self { at: at.0, part: part.to_owned(), ..Self::default() }
    }

    /// Says in which request it was: its route and operation, never what it sent.
    pub fn of_request(&mut self, record: &Record, public_url: &str) {
        let facts = record.facts();
        let url = format!("{public_url}{}", record.route).parse().ok();
        self.request = Some(Request { url, method: Some(record.method.to_owned()), ..Request::default() });
        let name = facts.name.as_deref().unwrap_or_default();
        self.transaction = Some(format!("{} {} {name}", record.method, record.route).trim_end().to_owned());
        self.user = facts.user();
        self.tags.insert("request_id".to_owned(), record.id.to_string());
        let operation = facts.kind.map(|kind| ("operation".to_owned(), format!("{kind} {name}").trim_end().to_owned()));
        self.tags.extend(operation);
    }

    /// The bytes that are sent: three lines, of which the second says how long the third is.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn envelope(&self, dsn: &Dsn, sent: Timestamp) -> Result<Vec<u8>, Failure> {
        let event = self.told();
        let head = json!({
            "event_id": event.event_id.simple().to_string(),
            "sent_at": chrono::DateTime::<chrono::Utc>::from(time(sent.0)).to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            // The library writes a colon for the secret that there is no more.
            "dsn": dsn.to_string().replacen(":@", "@", 1),
        });
        let level = event.level;
        let mut event = serde_json::to_value(event)?;
        // The library leaves out what is meant by default.
        event["level"] = serde_json::to_value(level)?;
        let event = serde_json::to_vec(&event)?;
        let mut envelope = Vec::with_capacity(event.len() + 256);
        writeln!(envelope, "{head}")?;
        writeln!(envelope, "{}", json!({ "type": "event", "length": event.len() }))?;
        envelope.extend(event);
        envelope.push(b'\n');
        Ok(envelope)
    }

    fn told(&self) -> Told<'static> {
        let frames = self.panic.as_ref().map(|(file, line)| Stacktrace {
            frames: vec![Frame {
                filename: Some(file.clone()),
                lineno: Some(*line),
                in_app: Some(true),
                ..Frame::default()
            }],
            ..Stacktrace::default()
        });
        let kind = match &self.panic {
            Some(_) => "panic".to_owned(),
            None => self.tags.get("error.kind").cloned().unwrap_or_else(|| self.part.clone()),
        };
        let exception = Exception {
            ty: kind,
            value: Some(self.error.clone().unwrap_or_else(|| self.message.clone())),
            stacktrace: frames,
            ..Exception::default()
        };
        Told {
            level: if self.panic.is_some() { Level::Fatal } else { Level::Error },
            platform: "native".into(),
            timestamp: time(self.at),
            logger: Some(self.part.clone()),
            message: Some(self.message.clone()),
            transaction: self.transaction.clone(),
            release: Some(RELEASE.into()),
            environment: Some("production".into()),
            exception: Values::from(vec![exception]),
            request: self.request.clone(),
            user: self.user.clone().map(|id| User { id: Some(id), ..User::default() }),
            tags: self.tags.clone().into_iter().collect(),
            sdk: Some(std::borrow::Cow::Owned(ClientSdkInfo {
                name: "lectern".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                integrations: Vec::new(),
                packages: Vec::new(),
            })),
            ..Told::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Event, Timestamp};

    #[test]
    fn an_envelope_is_as_the_protocol_has_it() {
        let mut event = Event::new(Timestamp(1_700_000_000_500_000), "server::graphql");
        event.message = "a request failed".to_owned();
        event.panic = Some(("server/src/app.rs".to_owned(), 7));
        let dsn = "http://key@127.0.0.1:9000/path/42".parse().unwrap();
        let bytes = event.envelope(&dsn, Timestamp(1_700_000_001_000_000)).unwrap();
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let read = |line: usize| serde_json::from_slice::<Value>(lines[line]).unwrap();
        let (head, item, event) = (read(0), read(1), read(2));
        assert_eq!((lines.len(), lines[3]), (4, &b""[..]), "three lines, each with an end");
        assert_eq!(head["event_id"], event["event_id"]);
        assert_eq!(head["event_id"].as_str().map(str::len), Some(32));
        assert_eq!(head["sent_at"], "2023-11-14T22:13:21.000Z");
        assert_eq!((item["type"].as_str(), item["length"].as_u64()), (Some("event"), Some(lines[2].len() as u64)));
        assert_eq!((&event["level"], &event["timestamp"]), (&"fatal".into(), &1_700_000_000.5.into()));
        assert_eq!(event["exception"]["values"][0]["stacktrace"]["frames"][0]["lineno"], 7);
    }
}
