//! What goes from process to process, and how it is sealed.
//!
//! A message is the version of its form, a seal, and JSON. The seal is made with a key that only the processes of one site in one
//! database have, and covers the channel: so what others write into the same Redis is noticed and left, and two sites do not hear
//! each other. Messages of another version, and parcels that are not known, are left as well: while a site is renewed, old and new
//! processes share a Redis.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use entity::clock::Timestamp;
use entity::execution::record::{self, RecordKind};
use entity::job::event::{Event, Stream};
use serde::{Deserialize, Serialize};

use crate::budget::Spent;
use crate::live::Topic;
use crate::runner::new_token;

const VERSION: u8 = b'1';
/// Bytes before the JSON: version and seal.
const HEAD: usize = 1 + 32;
/// The longest message that is looked at, in bytes.
const LONGEST: usize = 1 << 20;

/// What is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parcel {
    /// There may be work in these lanes.
    Wake(Vec<String>),
    /// Somebody wants this job to be stopped.
    Stop { lane: String, job: i64 },
    /// The sender follows these topics.
    Following(Vec<Topic>),
    /// What do you follow?
    WhoFollows,
    /// The rows of the topic have something new.
    Look(Topic),
    /// These events are in the rows.
    Events(Vec<Event>),
    /// Somebody's rights have changed, or a sign-in has ended.
    Rights,
    /// Requests that the sender has answered have cost so much.
    Spent(Spent),
    /// These records of a run will be in the rows soon.
    Records { run: i64, records: Vec<Record> },
}

/// A record of a run on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    attempt: i32,
    position: i64,
    kind: RecordKind,
    step: i32,
    case: Option<i64>,
    /// In base64: programs write what they like.
    bytes: String,
    at: Timestamp,
}

impl From<&record::Model> for Record {
    fn from(record: &record::Model) -> Self {
        Self {
            attempt: record.attempt,
            position: record.position,
            kind: record.kind,
            step: record.step,
            case: record.case_number,
            bytes: STANDARD_NO_PAD.encode(&record.bytes),
            at: record.at,
        }
    }
}

impl Record {
    /// The record as a row of that run; none if its bytes are none.
    #[must_use]
    pub fn of_run(self, run: i64) -> Option<record::Model> {
        Some(record::Model {
            run_id: run,
            attempt: self.attempt,
            position: self.position,
            kind: self.kind,
            step: self.step,
            case_number: self.case,
            bytes: STANDARD_NO_PAD.decode(self.bytes).ok()?,
            at: self.at,
        })
    }
}

#[derive(Serialize)]
struct Outgoing<'p> {
    from: i64,
    parcel: &'p Parcel,
}

#[derive(Deserialize)]
struct Incoming {
    from: i64,
    parcel: Parcel,
}

/// The names of a site's channels, and the key that seals what goes through them.
#[derive(Debug)]
pub(super) struct Seal {
    key: hmac::Key,
    site: String,
    /// The name of this process.
    from: i64,
}

impl Seal {
    /// For the site with that secret in that database.
    pub fn new(secret: &str, database: &str) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let derived = |what: &str| hmac::sign(&master, format!("courier {what} {database}").as_bytes());
        let site = hex::encode(derived("channels").as_ref().get(..8).unwrap_or_default());
        let key = hmac::Key::new(hmac::HMAC_SHA256, derived("seal").as_ref());
        Self { key, site, from: new_token() }
    }

    /// The channel that every process of the site hears.
    pub fn everybody(&self) -> String {
        format!("lectern:{}:all", self.site)
    }

    /// The channel of a topic.
    pub fn channel(&self, topic: Topic) -> String {
        let site = &self.site;
        match topic {
            Topic::Stream(Stream::Job(job)) => format!("lectern:{site}:job:{job}"),
            Topic::Stream(Stream::Course(course)) => format!("lectern:{site}:course:{course}"),
            Topic::Run(run) => format!("lectern:{site}:run:{run}"),
        }
    }

    fn seal(&self, channel: &str) -> hmac::Context {
        let mut seal = hmac::Context::with_key(&self.key);
        seal.update(channel.as_bytes());
        seal.update(&[0, VERSION]);
        seal
    }

    /// The bytes to publish.
    pub fn close(&self, channel: &str, parcel: &Parcel) -> Result<Vec<u8>, serde_json::Error> {
        let json = serde_json::to_vec(&Outgoing { from: self.from, parcel })?;
        let mut seal = self.seal(channel);
        seal.update(&json);
        let mut bytes = Vec::with_capacity(HEAD + json.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(seal.sign().as_ref());
        bytes.extend_from_slice(&json);
        Ok(bytes)
    }

    /// What another process of this site has published; none for anything else, and for our own.
    pub fn open(&self, channel: &str, bytes: &[u8]) -> Option<Parcel> {
        if bytes.len() > LONGEST || bytes.first() != Some(&VERSION) {
            return None;
        }
        let (tag, json) = bytes.get(1..)?.split_at_checked(HEAD - 1)?;
        let mut sealed = channel.as_bytes().to_vec();
        sealed.extend_from_slice(&[0, VERSION]);
        sealed.extend_from_slice(json);
        hmac::verify(&self.key, &sealed, tag).ok()?;
        let incoming: Incoming = serde_json::from_slice(json).ok()?;
        (incoming.from != self.from).then_some(incoming.parcel)
    }
}

#[cfg(test)]
mod tests {
    use super::{HEAD, Parcel, Seal};

    const CHANNEL: &str = "somewhere";

    fn pair() -> (Seal, Seal) {
        (Seal::new("secret", "db"), Seal::new("secret", "db"))
    }

    #[test]
    fn another_process_of_the_site_opens_it_and_nobody_else() {
        let (sender, receiver) = pair();
        let parcel = Parcel::Wake(vec!["mail".to_owned()]);
        let bytes = sender.close(CHANNEL, &parcel).unwrap();
        assert_eq!(receiver.open(CHANNEL, &bytes), Some(parcel));
        assert_eq!(receiver.everybody(), sender.everybody());
        assert_eq!(sender.open(CHANNEL, &bytes), None, "its own");
        assert_eq!(receiver.open("elsewhere", &bytes), None, "said again on another channel");
        for other in [Seal::new("secret", "another db"), Seal::new("another secret", "db")] {
            assert_eq!(other.open(CHANNEL, &bytes), None);
            assert_ne!(other.everybody(), sender.everybody());
        }
    }

    #[test]
    fn what_is_broken_or_unknown_is_left() {
        let (sender, receiver) = pair();
        let bytes = sender.close(CHANNEL, &Parcel::WhoFollows).unwrap();
        for cut in 0..bytes.len() {
            assert_eq!(receiver.open(CHANNEL, &bytes[..cut]), None);
            let mut broken = bytes.clone();
            broken[cut] ^= 1;
            assert_eq!(receiver.open(CHANNEL, &broken), None, "byte {cut}");
        }
        // A later version has parcels that this one does not know.
        for json in [r#"{"from":1,"parcel":{"teleport":3}}"#, r#"{"from":1}"#, "[]"] {
            let mut seal = sender.seal(CHANNEL);
            seal.update(json.as_bytes());
            let mut bytes = vec![bytes[0]];
            bytes.extend_from_slice(seal.sign().as_ref());
            bytes.extend_from_slice(json.as_bytes());
            assert!(bytes.len() > HEAD);
            assert_eq!(receiver.open(CHANNEL, &bytes), None, "{json}");
        }
    }
}
