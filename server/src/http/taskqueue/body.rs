//! What a request brings. Fields that the service decides itself, such as how often a task was leased, are not read.

use actors::taskqueue::bare_project;
use actors::taskqueue::insert::NewTask;
use entity::clock::Timestamp;
use entity::taskqueue::QueueKey;
use hyper::body::Bytes;
use poem::error::ReadBodyError;

use super::encoding;
use super::field::{Field, Fields};
use super::refusal::Refusal;

/// The bytes of a body.
pub(super) struct Body(Bytes);

impl Body {
    pub async fn receive(body: poem::Body, limit: usize) -> Result<Self, Refusal> {
        let bytes = body.into_bytes_limit(limit).await.map_err(|error| match error {
            ReadBodyError::PayloadTooLarge => Refusal::too_large(limit),
            other => Refusal::parse(format!("The body cannot be read: {other}.")),
        })?;
        Ok(Self(bytes))
    }

    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    pub fn text(&self) -> Result<&str, Refusal> {
        std::str::from_utf8(&self.0).map_err(|_| Refusal::parse("The body is not UTF-8."))
    }

    pub fn object(&self) -> Result<Object, Refusal> {
        let text = self.text()?.trim();
        if text.is_empty() {
            return Err(Refusal::parse("The body is missing; it must be a JSON object."));
        }
        let object = serde_json::from_str(text).map_err(|error| match text.starts_with('{') {
            true => Refusal::parse(format!("The body is not JSON: {error}.")),
            false => Refusal::parse("The body must be a JSON object."),
        })?;
        Ok(Object(object))
    }
}

/// A task as it was sent.
pub(super) struct Object(Fields);

impl Object {
    fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Field::Null) => Ok(None),
            Some(Field::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::invalid(format!("{name} must be a string."))),
        }
    }

    /// Microseconds, as a string or a number.
    fn instant(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let micros = match self.0.get(name) {
            None | Some(Field::Null) => return Ok(None),
            Some(Field::Text(text)) => text.parse::<i64>().ok(),
            Some(Field::Number(number)) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            Some(Field::Other) => None,
        };
        let micros = micros.filter(|micros| *micros >= 0);
        micros.map(Timestamp).map(Some).ok_or_else(|| {
            Refusal::invalid(format!("{name} must be microseconds since 1970, as a string or a number."))
        })
    }

    /// The task of an insert.
    pub fn new_task(&self, queue: &QueueKey) -> Result<NewTask, Refusal> {
        self.queue_named(queue, false)?;
        let payload = self.text("payloadBase64")?.ok_or_else(|| Refusal::required_field("payloadBase64"))?;
        let payload = encoding::bytes(payload).ok_or_else(|| Refusal::invalid("payloadBase64 is not base64."))?;
        Ok(NewTask {
            name: self.text("id")?.map(str::to_owned),
            tag: self.text("tag")?.unwrap_or_default().to_owned(),
            payload,
            not_before: self.instant("leaseTimestamp")?,
        })
    }

    /// Insists that it is for this queue, by its short or its long name.
    pub fn queue_named(&self, queue: &QueueKey, required: bool) -> Result<(), Refusal> {
        let Some(named) = self.text("queueName")? else {
            return if required { Err(Refusal::required_field("queueName")) } else { Ok(()) };
        };
        let long = named.strip_prefix("projects/").and_then(|rest| rest.split_once("/taskqueues/"));
        let same = match long {
            Some((project, name)) => bare_project(project) == queue.project && name == queue.name,
            None => named == queue.name,
        };
        if same {
            Ok(())
        } else {
            Err(Refusal::invalid(format!("queueName is `{named}`, but the address names `{}`.", queue.name)))
        }
    }

    /// When the lease of the task with that name ends, if that is said.
    pub fn held(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        match self.text("id")? {
            Some(id) if id != name => Err(Refusal::invalid(format!("id is `{id}`, but the address names `{name}`."))),
            _ => self.instant("leaseTimestamp"),
        }
    }
}

/// A number with a point behind which there is nothing. Up to 2⁵³ no digit is lost.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::{Body, Object, QueueKey, Refusal, Timestamp};
    use serde_json::{Value, json};

    fn object(value: &Value) -> Object {
        Body(value.to_string().into()).object().unwrap_or_else(|_| panic!("an object"))
    }

    #[test]
    fn instants() {
        let read = |value: Value| object(&json!({ "leaseTimestamp": value })).held("x");
        assert_eq!(read(json!("17")), Ok(Some(Timestamp(17))));
        assert_eq!(read(json!(17)), Ok(Some(Timestamp(17))));
        assert_eq!(read(json!(1.8e15)), Ok(Some(Timestamp(1_800_000_000_000_000))));
        assert_eq!(read(Value::Null), Ok(None));
        for bad in [json!("x"), json!(""), json!(-1), json!(1.5), json!(1e300), json!(true), json!([])] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn queues_have_two_names() {
        let queue = QueueKey { project: "demo".to_owned(), name: "q".to_owned() };
        let named = |name: &str| object(&json!({ "queueName": name })).queue_named(&queue, true).is_ok();
        assert!(named("q") && named("projects/demo/taskqueues/q") && named("projects/b~demo/taskqueues/q"));
        assert!(
            !named("") && !named("Q") && !named("projects/other/taskqueues/q") && !named("projects/demo/taskqueues/p")
        );
        assert_eq!(object(&json!({})).queue_named(&queue, true), Err(Refusal::required_field("queueName")));
    }
}
