//! Asks the real schema, as somebody.

use std::sync::Arc;
use std::time::Duration;

use actors::budget::{Budgets, Rates};
use async_graphql::{Request as Operation, Response};
use entity::viewer::ViewerScope;
use futures_util::StreamExt as _;
use serde_json::Value;
use server::config::Introspection;
use server::graphql::context::{Caller, Request};
use server::graphql::terms::Terms;
use server::graphql::{LecternSchema, schema};
use tests::world::World;

use super::campus::{NEVER, STAFF};

/// How long the first event of a stream may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Points for each request.
const BUDGET: u64 = 1_000_000;

/// An answer: what came, and the code of what did not, by place.
pub struct Answer {
    data: Value,
    errors: Vec<(Vec<String>, String)>,
}

pub struct Asker {
    schema: LecternSchema,
    pub deps: actors::deps::Deps,
    pub scope: Arc<ViewerScope>,
}

impl Asker {
    pub fn new(world: &World, scope: &Arc<ViewerScope>) -> Self {
        Self { schema: schema(), deps: world.deps().clone(), scope: Arc::clone(scope) }
    }

    fn operation(&self, text: &str) -> Operation {
        let (deps, scope) = (self.deps.clone(), Arc::clone(&self.scope));
        let now = deps.clock.now();
        let rates = Rates { user: Some(BUDGET), session: None, address: Some(BUDGET) };
        let (budgets, policy) = (Budgets::new(rates), Introspection::Nobody);
        let terms = Terms::for_viewer(&budgets, &deps.clock, policy, &scope, 0).expect("nothing is spent yet");
        Operation::new(text).data(Request::new(Arc::new(deps), scope, Caller::default(), now)).data(terms)
    }

    pub async fn ask(&self, text: &str) -> Answer {
        Answer::of(text, self.schema.execute(self.operation(text)).await)
    }

    /// The first that a subscription tells.
    pub async fn follow(&self, text: &str) -> Answer {
        let mut stream = self.schema.execute_stream(self.operation(text));
        let first = tokio::time::timeout(PATIENCE, stream.next()).await.expect("there are events already");
        Answer::of(text, first.expect("something is told"))
    }
}

impl Answer {
    fn of(text: &str, response: Response) -> Self {
        let errors = response.errors.iter().map(|error| {
            let path = error.path.iter().map(|part| match part {
                async_graphql::PathSegment::Field(name) => name.clone(),
                async_graphql::PathSegment::Index(index) => index.to_string(),
            });
            let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code").cloned());
            let code = code.and_then(|code| code.into_json().ok()).and_then(|code| code.as_str().map(str::to_owned));
            (path.collect(), code.unwrap_or_else(|| panic!("an error without a code: {error:?}\n{text}")))
        });
        let errors = errors.collect();
        let data = response.data.into_json().expect("JSON");
        assert!(!data.to_string().contains(NEVER), "something has left the server:\n{text}\n{data}");
        Self { data, errors }
    }

    /// The error at a place, if there is one.
    pub fn error(&self, path: &[&str]) -> Option<&str> {
        self.errors.iter().find(|(place, _)| place == path).map(|(_, code)| code.as_str())
    }

    /// Why there is nothing at all.
    fn refusal(&self) -> Option<&str> {
        self.errors.first().filter(|_| self.data.is_null()).map(|(_, code)| code.as_str())
    }

    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.data, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
    }

    /// What is at a place, in a few characters.
    pub fn cell(&self, path: &[&str]) -> String {
        match (self.error(path).or(self.refusal()), self.at(path)) {
            (Some(code), _) => code.to_owned(),
            (None, Some(value)) => cell(value),
            (None, None) => ".".to_owned(),
        }
    }
}

pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        other if other.to_string().contains(STAFF) => "SECRET".to_owned(),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) => format!("[{}]", items.len()),
        Value::Object(fields) => fields.get("nodes").map_or_else(|| "value".to_owned(), cell),
        Value::Number(_) | Value::String(_) => "value".to_owned(),
    }
}
